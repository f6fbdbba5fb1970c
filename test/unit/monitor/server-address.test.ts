import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hostgroupId, serverKey } from '../../../src/base/ids.js';
import type { ServerConfig } from '../../../src/config/snapshot.js';
import { EMPTY_MEMORY } from '../../../src/monitor/memory-file.js';
import { Monitor } from '../../../src/monitor/monitor.js';
import { ServerAddress } from '../../../src/monitor/server-address.js';
import { monitorSettings } from '../../../src/monitor/settings.js';
import { probeGreeting } from '../../../src/net/probe.js';
import { FakeServer } from './fake-servers.js';

const notFound = (): never => {
  throw Object.assign(new Error('getaddrinfo ENOTFOUND db.test'), { code: 'ENOTFOUND' });
};

describe('the address of a server', () => {
  function addressOf(hostname: string, port = 3306) {
    const world = { answer: (): readonly string[] => ['10.0.0.1'], nowMs: 1_000 };
    const options = { hostname, port, resolve: async () => world.answer(), ttlMs: 300, nowMs: () => world.nowMs };
    return { world, address: new ServerAddress(options) };
  }

  it('is looked at for names alone', () => {
    const named = (hostname: string, port?: number) => addressOf(hostname, port).address.isName;
    expect([named('db.test'), named('10.0.0.1'), named('fe80::1'), named('/run/s.sock', 0)]).toEqual([true, false, false, false]);
  });

  it('stays while the name has it, and moves when it has not', async () => {
    const { world, address } = addressOf('db.test');
    expect(address.current).toBe('db.test');
    expect(await address.look()).toEqual({ kind: 'none' });
    expect(address.current).toBe('10.0.0.1');
    world.answer = () => ['10.0.0.2', '10.0.0.1'];
    expect(await address.look()).toEqual({ kind: 'none' });
    world.answer = () => ['10.0.0.3', '10.0.0.2'];
    expect(await address.look()).toEqual({ kind: 'moved', from: '10.0.0.1', to: '10.0.0.3' });
    expect(address.current).toBe('10.0.0.3');
  });

  it('outlives a resolver that is away by its time to live, and tells that once', async () => {
    const { world, address } = addressOf('db.test');
    await address.look();
    world.answer = notFound;
    expect(await address.look()).toEqual({ kind: 'lost', problem: 'host name db.test does not resolve (ENOTFOUND)' });
    expect(await address.look()).toEqual({ kind: 'none' });
    world.nowMs += 300;
    expect(address.current).toBe('10.0.0.1');
    world.nowMs += 1;
    expect(address.current).toBe('db.test');
    world.answer = () => ['10.0.0.1'];
    expect(await address.look()).toEqual({ kind: 'found again' });
    expect(address.current).toBe('10.0.0.1');
  });
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('a server that is known by a name', () => {
  it('is checked where the name leads, and goes on being checked when the name leads nowhere', async () => {
    const old = new FakeServer({ kind: 'answers', afterMs: 0 }, 0);
    const next = new FakeServer({ kind: 'answers', afterMs: 0 }, 1);
    cleanups.push(
      () => old.stop(),
      () => next.stop(),
    );
    await old.listen(0, '127.0.0.1');
    await next.listen(old.port, '127.0.0.2');
    const key = serverKey('db.test', old.port);
    const server: ServerConfig = {
      ...{ hostgroup: hostgroupId(10), hostname: 'db.test', port: old.port, key, status: 'ONLINE', weight: 1, maxConnections: 10 },
      ...{ maxReplicationLagSec: 0, maxLatencyMs: 0, useSsl: false, comment: '' },
    };
    const pairs = [{ writer: hostgroupId(10), reader: hostgroupId(20), checkType: 'read_only' as const }];
    const lines: Record<string, unknown>[] = [];
    const names = { resolve: (): readonly string[] => ['127.0.0.1'] };
    const monitor = new Monitor(
      {
        ...{ log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }), probe: probeGreeting },
        ...{ memory: { load: () => EMPTY_MEMORY, save: () => undefined }, onHosts: () => undefined, onEvents: () => undefined },
        resolve: async () => names.resolve(),
      },
      { servers: [server], replicationHostgroups: pairs },
      monitorSettings(
        new Map([
          ...['ping', 'read_only', 'local_dns_cache_refresh'].map((name) => [`mysql-monitor_${name}_interval`, '100'] as const),
          ...['ping', 'read_only', 'connect'].map((name) => [`mysql-monitor_${name}_timeout`, '5000'] as const),
        ]),
      ),
    );
    cleanups.push(() => monitor.stop());
    const standing = () => monitor.hosts.placements.map(({ hostgroup, status }) => `${hostgroup} ${status}`);
    const told = (text: string) => lines.filter(({ msg }) => String(msg).includes(text));
    await monitor.start();
    expect(standing()).toEqual(['10 ONLINE']);
    names.resolve = () => ['127.0.0.2'];
    await vi.waitFor(() => expect(standing()).toEqual(['20 ONLINE']), 10_000);
    expect(told('has another address')).toEqual([expect.objectContaining({ server: key, from: '127.0.0.1', to: '127.0.0.2' })]);
    await vi.waitFor(() => expect(old.connections).toBe(0), 10_000);
    names.resolve = notFound;
    await vi.waitFor(() => expect(told('can not be looked up')).toHaveLength(1), 10_000);
    const rounds = () => monitor.logs.entries('ping').filter(({ error }) => error === null).length;
    const before = rounds();
    await vi.waitFor(() => expect(rounds()).toBeGreaterThan(before + 3), 10_000);
    expect([standing(), told('can not be looked up').length]).toEqual([['20 ONLINE'], 1]);
  });
});
