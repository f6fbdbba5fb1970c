import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MonitorConnections } from '../../../src/monitor/monitor-connections.js';
import { type FaultRelay, type RelayMode, startFaultRelay } from '../../support/fault-relay.js';
import { FakeMysql } from './fake-mysql.js';

/** A login is a greeting, its answer and a SET: three of these, more than a check has in all. */
const ROUND_TRIP_MS = 400;
const CHECK_MS = 700;

describe('MonitorConnections', () => {
  const server = new FakeMysql();
  let relay: FaultRelay;
  const opened: MonitorConnections[] = [];

  beforeEach(async () => {
    await server.start();
    relay = await startFaultRelay({ host: '127.0.0.1', port: server.port });
  });

  afterEach(async () => {
    for (const connections of opened.splice(0)) await connections.close();
    await relay.stop();
    server.stop();
  });

  function connectionsTo(mode: RelayMode, connectTimeoutMs: number): MonitorConnections {
    relay.setMode(mode);
    const target = { hostname: '127.0.0.1', port: relay.port, useSsl: false };
    const tls = { serverCaPem: null, serverCertPem: null, serverKeyPem: null };
    const connections = new MonitorConnections(
      () => target,
      { username: 'monitor', password: 'monitor', tls, connectTimeoutMs, waitTimeoutSec: 100 },
      60_000,
    );
    opened.push(connections);
    return connections;
  }

  it('does not take a login of several slow round trips for silence', async () => {
    const connections = connectionsTo({ kind: 'delay', ms: ROUND_TRIP_MS / 2 }, 10_000);
    const begunMs = performance.now();
    const pingMs = await connections.run(CHECK_MS, (connection) => connection.ping());
    expect(performance.now() - begunMs).toBeGreaterThan(CHECK_MS);
    expect(pingMs).toBeLessThan(CHECK_MS);
  });

  it('takes a server that accepts and says nothing for silent after the time of the check', async () => {
    const connections = connectionsTo({ kind: 'drop' }, 10_000);
    const ping = connections.run(CHECK_MS, (connection) => connection.ping());
    await expect(ping).rejects.toThrow(`no answer within ${CHECK_MS} ms`);
  });

  it('ends a login that takes longer than it may', async () => {
    const connections = connectionsTo({ kind: 'rate', bytesPerSecond: 40 }, 100);
    const ping = connections.run(CHECK_MS, (connection) => connection.ping());
    await expect(ping).rejects.toThrow(`not logged in within ${CHECK_MS + 100} ms`);
  });
});
