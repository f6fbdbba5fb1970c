import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { hostgroupId, serverKey } from '../../../src/base/ids.js';
import type { ServerConfig } from '../../../src/config/snapshot.js';
import type { CheckName } from '../../../src/monitor/check-log.js';
import { EMPTY_MEMORY } from '../../../src/monitor/memory-file.js';
import { Monitor } from '../../../src/monitor/monitor.js';
import { monitorSettings } from '../../../src/monitor/settings.js';
import { probeGreeting } from '../../../src/net/probe.js';
import { type Behaviour, FakeServer } from './fake-servers.js';

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 3_000;
const ROUNDS = 3;
const PROMPT: Behaviour = { kind: 'answers', afterMs: 0 };
/** Of ten servers; a login takes two answers and the first check two more. */
const TEN: readonly Behaviour[] = [
  ...Array<Behaviour>(7).fill(PROMPT),
  { kind: 'answers', afterMs: 150 },
  { kind: 'silent' },
  { kind: 'refuses', errno: 1130, message: "Host 'weir' is not allowed to connect" },
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('200 servers', () => {
  it('are each checked at their interval, whatever the others do', { timeout: 120_000 }, async () => {
    const servers = await Promise.all(Array.from({ length: 200 }, (_, index) => started(TEN[index % TEN.length]!)));
    const of = (behaviour: Behaviour): FakeServer[] => servers.filter((server) => server.behaviour === behaviour);
    const [prompt, slow, silent, refusing] = [of(PROMPT), of(TEN[7]!), of(TEN[8]!), of(TEN[9]!)];
    const monitor = monitorOf(servers);
    const begunAt = performance.now();
    await monitor.start();
    // One after the other the silent ones alone would take 20 times their timeout, at the start and in each round.
    expect(performance.now() - begunAt).toBeLessThan(40_000);
    const resultsOf = (check: CheckName, server: FakeServer) => monitor.logs.entries(check).filter(({ port }) => port === server.port);
    const rounds = () => {
      const counts = new Map<number, number>();
      for (const { port } of monitor.logs.entries('read_only')) counts.set(port, (counts.get(port) ?? 0) + 1);
      return Math.min(...[...prompt, ...slow].map(({ port }) => counts.get(port) ?? 0));
    };
    const startedAt = performance.now();
    const before = rounds();
    while (rounds() < before + ROUNDS) await new Promise((resolve) => setTimeout(resolve, 50));
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeLessThan(50_000);
    for (const check of ['connect', 'ping', 'read_only'] as const) {
      const results = prompt.flatMap((server) => resultsOf(check, server));
      // On a machine that is busy with other things an answer may be late once.
      const late = results.filter(({ error }) => error !== null);
      expect(late.length, late[0]?.error ?? '').toBeLessThanOrEqual(results.length / 50);
    }
    for (const server of prompt) {
      expect(server.connections).toBeLessThanOrEqual(5);
      // Those that are kept, and one for each connect check.
      expect(server.logins).toBeLessThanOrEqual(8 + resultsOf('connect', server).length);
    }
    const stateOf = (server: FakeServer) => {
      const placement = monitor.hosts.placements.find(({ port }) => port === server.port)!;
      return `${placement.status} ${placement.reason}`.trim();
    };
    expect(new Set([...prompt, ...slow, ...refusing].map(stateOf))).toEqual(new Set(['ONLINE']));
    expect(new Set(silent.map((server) => stateOf(server).split(' ')[0]))).toEqual(new Set(['SHUNNED']));
    expect(monitor.refusals().filter(({ check }) => check === 'ping')).toHaveLength(refusing.length);
  });
});

async function started(behaviour: Behaviour): Promise<FakeServer> {
  const server = new FakeServer(behaviour);
  await server.listen();
  cleanups.push(() => server.stop());
  return server;
}

/** Each the writer of a pair of its own. */
function monitorOf(servers: readonly FakeServer[]): Monitor {
  const rows = servers.map(({ port }, index): ServerConfig => {
    const place = { hostgroup: hostgroupId(index * 2), hostname: '127.0.0.1', port, key: serverKey('127.0.0.1', port) };
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
  });
  const pairs = rows.map(({ hostgroup }) => ({ writer: hostgroup, reader: hostgroupId(hostgroup + 1), checkType: 'read_only' as const }));
  const settings = monitorSettings(
    new Map([
      ['mysql-monitor_ping_interval', String(2 * INTERVAL_MS)],
      ['mysql-monitor_ping_timeout', String(TIMEOUT_MS)],
      ['mysql-monitor_read_only_interval', String(INTERVAL_MS)],
      ['mysql-monitor_read_only_timeout', String(TIMEOUT_MS)],
      ['mysql-monitor_connect_interval', String(4 * INTERVAL_MS)],
      ['mysql-monitor_connect_timeout', String(TIMEOUT_MS)],
    ]),
  );
  const memory = { load: () => EMPTY_MEMORY, save: () => undefined };
  const options = { log: pino({ level: 'silent' }), probe: probeGreeting, memory, onHosts: () => undefined, onEvents: () => undefined };
  const monitor = new Monitor(options, { servers: rows, replicationHostgroups: pairs }, settings);
  cleanups.push(() => monitor.stop());
  return monitor;
}
