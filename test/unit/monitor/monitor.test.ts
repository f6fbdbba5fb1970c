import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { hostgroupId, serverKey } from '../../../src/base/ids.js';
import type { HostTable, ReplicationPair, ServerConfig } from '../../../src/config/snapshot.js';
import type { ServerEvent } from '../../../src/monitor/events/event.js';
import { EMPTY_MEMORY, type MonitorMemory } from '../../../src/monitor/memory-file.js';
import { Monitor } from '../../../src/monitor/monitor.js';
import { monitorSettings } from '../../../src/monitor/settings.js';
import { probeGreeting } from '../../../src/net/probe.js';
import { FakeMysql } from './fake-mysql.js';

const quick = monitorSettings(
  new Map([
    ['mysql-monitor_ping_interval', '100'],
    ['mysql-monitor_read_only_interval', '100'],
    ['mysql-monitor_ping_timeout', '3000'],
  ]),
);
const pairs: ReplicationPair[] = [{ writer: hostgroupId(10), reader: hostgroupId(20), checkType: 'read_only' }];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function row(hostgroup: number, port: number): ServerConfig {
  const place = { hostgroup: hostgroupId(hostgroup), hostname: '127.0.0.1', port, key: serverKey('127.0.0.1', port) };
  return {
    ...place,
    status: 'ONLINE',
    weight: 1,
    maxConnections: 10,
    maxReplicationLagSec: 0,
    maxLatencyMs: 0,
    useSsl: false,
    comment: '',
  };
}

async function fake(): Promise<FakeMysql> {
  const server = new FakeMysql();
  await server.start();
  cleanups.push(() => server.stop());
  return server;
}

function monitorOf(servers: readonly ServerConfig[], memory = { kept: EMPTY_MEMORY }) {
  const tables: HostTable[] = [];
  const events: ServerEvent[] = [];
  const store = {
    load: () => memory.kept,
    save: (next: MonitorMemory) => {
      memory.kept = structuredClone(next);
    },
  };
  const options = {
    log: pino({ level: 'silent' }),
    probe: probeGreeting,
    memory: store,
    onHosts: (table: HostTable) => tables.push(table),
    onEvents: (happened: readonly ServerEvent[]) => events.push(...happened),
  };
  const monitor = new Monitor(options, { servers, replicationHostgroups: pairs }, quick);
  cleanups.push(() => monitor.stop());
  const standing = () => monitor.hosts.placements.map((each) => `${each.hostgroup} ${each.port} ${each.status}`).sort();
  const told = () => events.map(({ kind, server, from, to }) => `${kind} ${server.split(':')[1]} ${from} ${to}`);
  return { monitor, tables, standing, events, told };
}

async function eventually(check: () => void, withinMs = 3_000): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe('Monitor', () => {
  it('finds roles and identity in the first round, follows a switch, leaves out the dead and takes them back', async () => {
    const [a, b] = [await fake(), await fake()];
    b.readOnly = 1;
    const { monitor, standing, tables, told } = monitorOf([row(10, a.port), row(10, b.port)]);
    await monitor.start();
    expect(standing()).toEqual([`10 ${a.port} ONLINE`, `20 ${b.port} ONLINE`]);
    expect(monitor.hosts.identity).toMatchObject({ version: '8.4.0-fake', flavour: 'mysql' });
    a.readOnly = 1;
    b.readOnly = 0;
    await eventually(() => expect(standing()).toEqual([`10 ${b.port} ONLINE`, `20 ${a.port} ONLINE`, `20 ${b.port} ONLINE`].sort()));
    a.stop();
    await eventually(() => expect(standing()).toContain(`20 ${a.port} SHUNNED`));
    await a.start();
    await eventually(() => expect(standing()).toContain(`20 ${a.port} ONLINE`));
    expect(tables.map((table) => table.version)).toEqual([...tables.keys()].map((index) => index + tables[0]!.version));
    // Each change once, though checks go on all the time; the first looks are one change.
    expect(told()[0]).toBe(`role ${b.port} writer reader`);
    expect(
      told()
        .filter((line) => line.startsWith('role'))
        .sort(),
    ).toEqual([`role ${b.port} writer reader`, `role ${a.port} writer reader`, `role ${b.port} reader writer`].sort());
    expect(told().filter((line) => !line.startsWith('role'))).toEqual([
      `status ${a.port} ONLINE SHUNNED`,
      `recovery ${a.port} SHUNNED ONLINE`,
    ]);
  });

  it('looks and decides the same after a restart while the primary is down', async () => {
    const [a, b] = [await fake(), await fake()];
    b.readOnly = 1;
    const memory = { kept: EMPTY_MEMORY };
    const servers = [row(10, a.port), row(20, b.port)];
    const first = monitorOf(servers, memory);
    await first.monitor.start();
    await first.monitor.stop();
    a.stop();
    b.stop();
    const second = monitorOf(servers, memory);
    expect(second.monitor.hosts.identity).toEqual(first.monitor.hosts.identity);
    await second.monitor.start();
    expect(second.standing()).toEqual([`10 ${a.port} SHUNNED`, `20 ${b.port} SHUNNED`]);
    expect(second.monitor.hosts.identity.version).toBe('8.4.0-fake');
  });

  it('takes no single answer for a change of roles', async () => {
    const [a, b] = [await fake(), await fake()];
    b.readOnly = 1;
    const { monitor, standing, tables, told } = monitorOf([row(10, a.port), row(20, b.port)]);
    await monitor.start();
    const before = [standing(), tables.length];
    a.nextReadOnly.push(1);
    b.nextReadOnly.push(0);
    await eventually(() => expect([...a.nextReadOnly, ...b.nextReadOnly]).toEqual([]));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([standing(), tables.length]).toEqual(before);
    expect(told()).toEqual([]);
  });

  it('follows a switchover by the look at the new writer alone, without an alarm', async () => {
    const [a, b] = [await fake(), await fake()];
    b.readOnly = 1;
    const { monitor, standing, told } = monitorOf([row(10, a.port), row(10, b.port)]);
    await monitor.start();
    // As if the old writer were asked for its role seldom: what it said last would speak against the new one.
    const settings = { ...quick, readOnlyIntervalMs: 2_000 };
    await monitor.reconfigure({ servers: [row(10, a.port), row(10, b.port)], replicationHostgroups: pairs }, settings);
    await new Promise((resolve) => setTimeout(resolve, 300));
    a.readOnly = 1;
    b.readOnly = 0;
    monitor.onFault(serverKey('127.0.0.1', b.port), { phase: 'query', errno: 1290, message: 'read only' });
    await eventually(() => expect(standing()).toContain(`10 ${b.port} ONLINE`), 1_000);
    expect(told().filter((line) => line.startsWith('conflict'))).toEqual([]);
  });

  it('tells a conflict once, and its end', async () => {
    const [a, b] = [await fake(), await fake()];
    b.readOnly = 1;
    const { monitor, standing, told, events } = monitorOf([row(10, a.port), row(20, b.port)]);
    await monitor.start();
    b.readOnly = 0;
    await eventually(() => expect(told()).toEqual([`conflict ${a.port} none conflict`]));
    expect(events[0]!.reason).toBe(`127.0.0.1:${b.port} accepts writes too; only the known writer gets them`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(standing()).toEqual([`10 ${a.port} ONLINE`, `20 ${b.port} ONLINE`]);
    b.readOnly = 1;
    await eventually(() => expect(told()).toEqual([`conflict ${a.port} none conflict`, `recovery ${a.port} conflict none`]));
  });

  it('reports a refused account and leaves roles as configured', async () => {
    const a = await fake();
    a.refuses = true;
    a.readOnly = 1;
    const { monitor, standing, events } = monitorOf([row(10, a.port)]);
    await monitor.start();
    expect(standing()).toEqual([`10 ${a.port} ONLINE`]);
    expect(events).toMatchObject([
      {
        kind: 'monitor_refusal',
        server: `127.0.0.1:${a.port}`,
        from: 'accepted',
        to: 'refused',
        details: { cause: 'privilege', errno: 1227 },
      },
    ]);
    expect(events[0]!.reason).toBe('read_only: no privilege [privilege 1227]');
    expect(monitor.observation(serverKey('127.0.0.1', a.port))?.refusal).toBe('no privilege');
  });

  it('a fault of a worker is looked at once, and connect failures shun', async () => {
    const a = await fake();
    const { monitor, standing } = monitorOf([row(10, a.port)]);
    await monitor.reconfigure(
      { servers: [row(10, a.port)], replicationHostgroups: pairs },
      { ...quick, pingIntervalMs: 3_600_000, readOnlyIntervalMs: 3_600_000 },
    );
    const key = serverKey('127.0.0.1', a.port);
    for (let i = 0; i < 5; i++) monitor.onFault(key, { phase: 'connect', errno: 0, message: 'ECONNREFUSED' });
    expect(standing()).toEqual([`10 ${a.port} SHUNNED`]);
    // Two pings that succeed prove it healthy long before mysql-shun_recovery_time_sec is over.
    await eventually(() => expect(standing()).toEqual([`10 ${a.port} ONLINE`]));
    a.stop();
    monitor.onFault(key, { phase: 'query', errno: 0, message: 'connection lost' });
    await eventually(() => expect(standing()).toEqual([`10 ${a.port} SHUNNED`]), 4_000);
  });

  it('a shunning ends in time also behind a LOAD, where no ping may end it', async () => {
    const a = await fake();
    a.locksOut = true;
    const config = { servers: [row(10, a.port)], replicationHostgroups: pairs };
    const settings = { ...quick, shunRecoveryMs: 500 };
    const { monitor, standing } = monitorOf(config.servers);
    await monitor.reconfigure(config, settings);
    for (let i = 0; i < 5; i++) monitor.onFault(serverKey('127.0.0.1', a.port), { phase: 'connect', errno: 0, message: 'ECONNREFUSED' });
    expect(standing()).toEqual([`10 ${a.port} SHUNNED`]);
    await monitor.reconfigure(config, settings);
    await eventually(() => expect(standing()).toEqual([`10 ${a.port} ONLINE`]));
  });
});
