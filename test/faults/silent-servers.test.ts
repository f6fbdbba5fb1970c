import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type FaultRelay, startFaultRelay } from '../support/fault-relay.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { numberOf, readServer, rowsOf, until, WITNESS_TABLE, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const CLIENTS = 12;
const CONNECT_TIMEOUT_MS = 1_000;
const SESSION_STATE_LOST = 9100;
/** The replica behind the relay gets nearly all reads. */
const PREFERRED = 1_000_000;

describeEachFlavour('a server that says nothing', (flavour) => {
  let cluster: Cluster;
  let toPrimary: FaultRelay;
  let toReplica: FaultRelay;
  let weir: RunningWeir;
  let clients: Connection[];

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  beforeEach(async () => {
    toPrimary = await startFaultRelay({ host: '127.0.0.1', port: cluster.primary.port });
    toReplica = await startFaultRelay({ host: '127.0.0.1', port: cluster.replicas[0]!.port });
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await weir?.kill();
    await toPrimary?.stop();
    await toReplica?.stop();
  });

  async function start(mysqlVariables: Record<string, number | boolean>): Promise<void> {
    weir = await startWeir({
      servers: [
        { address: '127.0.0.1', port: toPrimary.port, hostgroup: 0 },
        { address: '127.0.0.1', port: toReplica.port, hostgroup: 1, more: { weight: PREFERRED } },
        { address: '127.0.0.1', port: cluster.replicas[1]!.port, hostgroup: 1, more: { weight: 1 } },
      ],
      mysqlVariables: { threads: 1, connect_timeout_server: CONNECT_TIMEOUT_MS, ...mysqlVariables },
    });
    clients = await Promise.all(Array.from({ length: CLIENTS }, () => weir.connect()));
  }

  async function poolRow(port: number): Promise<{ used: number; free: number; failed: number; status: string }> {
    const admin = await weir.connectAdmin();
    const [row] = await rowsOf(admin, `SELECT * FROM stats_mysql_connection_pool WHERE srv_port = ${port}`);
    admin.destroy();
    return {
      used: Number(row!['ConnUsed']),
      free: Number(row!['ConnFree']),
      failed: Number(row!['ConnERR']),
      status: String(row!['status']),
    };
  }

  it('on connections that rest is found by pings: statements go over new ones, a session is told what it lost', async () => {
    // Without the monitor: only the pings of the workers can find out.
    await start({ monitor_enabled: false, ping_interval_server_msec: 1000, ping_timeout_server: 300 });
    await Promise.all(clients.map((client) => readServer(client)));
    await Promise.all(clients.map((client, number) => writeWitness(client, `before ${flavour} ${number}`)));
    const pinned = await weir.connect();
    clients.push(pinned);
    await pinned.query('SET @kept = 1');
    expect((await poolRow(toPrimary.port)).used).toBe(1);

    for (const relay of [toPrimary, toReplica]) relay.setMode({ kind: 'drop', only: 'open' });
    for (const relay of [toPrimary, toReplica])
      await until(
        'the end of the dead connections',
        async () => {
          const { used, free } = await poolRow(relay.port);
          return used + free === 0;
        },
        20_000,
      );

    const begun = Date.now();
    await Promise.all(clients.slice(0, CLIENTS).map((client, number) => writeWitness(client, `after ${flavour} ${number}`)));
    const servers = await Promise.all(clients.slice(0, CLIENTS).map((client) => readServer(client)));
    expect(servers.filter((server) => server === cluster.replicas[0]!.serverId).length).toBeGreaterThan(CLIENTS / 2);
    expect(await pinned.query('SELECT @kept').catch((error: Error) => error)).toMatchObject({ errno: SESSION_STATE_LOST });
    expect(await numberOf(pinned, 'SELECT 1')).toBe(1);
    expect(Date.now() - begun).toBeLessThan(5_000);
    for (const relay of [toPrimary, toReplica]) expect(await poolRow(relay.port)).toMatchObject({ used: 0, status: 'ONLINE' });
  });

  it('to newcomers costs a read the connect timeout at most, and counts for its shunning', async () => {
    await start({});
    await Promise.all(clients.map((client) => readServer(client)));
    toReplica.setMode({ kind: 'drop', only: 'new' });
    // More at once than there are connections.
    const reads = clients.map((client) => numberOf(client, 'SELECT @@server_id + SLEEP(0.2)'));
    const others = await Promise.all(Array.from({ length: CLIENTS }, () => weir.connect()));
    clients.push(...others);
    const begun = Date.now();
    reads.push(...others.map((client) => numberOf(client, 'SELECT @@server_id + SLEEP(0.2)')));
    const replicas = cluster.replicas.map(({ serverId }) => serverId);
    for (const server of await Promise.all(reads)) expect(replicas).toContain(server);
    expect(Date.now() - begun).toBeLessThan(CONNECT_TIMEOUT_MS + 3_000);
    await weir.waitForLog(/connection errors within 1 s/);

    // It answers the monitor, so it comes back; but nobody waits any more to find out.
    await until('its return', async () => (await poolRow(toReplica.port)).status === 'ONLINE', 15_000);
    const { failed } = await poolRow(toReplica.port);
    let longestMs = 0;
    await until('another attempt', async () => {
      const since = Date.now();
      expect(await readServer(clients[0]!)).toBe(cluster.replicas[1]!.serverId);
      longestMs = Math.max(longestMs, Date.now() - since);
      return (await poolRow(toReplica.port)).failed > failed;
    });
    expect(longestMs).toBeLessThan(CONNECT_TIMEOUT_MS);
    toReplica.setMode({ kind: 'pass' });
    await until('reads there again', async () => (await readServer(clients[0]!)) === cluster.replicas[0]!.serverId, 15_000);
    await until('no connection in use', async () => (await poolRow(toReplica.port)).used === 0);
  });
});
