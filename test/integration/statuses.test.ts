import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type FaultRelay, startFaultRelay } from '../support/fault-relay.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, type RunningServer, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, readServer, rowsOf, until, WITNESS_TABLE, writeServer, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const VARIABLES = {
  connect_timeout_server_max: 2_000,
  default_max_latency_ms: 1_000,
  monitor_connect_timeout: 5_000,
  monitor_enabled: true,
  monitor_ping_interval: 250,
  monitor_ping_timeout: 3_000,
  monitor_read_only_timeout: 2_000,
  monitor_writer_is_also_reader: false,
  shun_on_failures: 0,
  shun_recovery_time_sec: 10,
};

/** One weir for all: what is configured changes by SQL at runtime. Hostgroup 0 writes, 1 reads, 2 has the second replica and is no pair's. */
describeEachFlavour('statuses', (flavour) => {
  let cluster: Cluster;
  let primary: RunningServer;
  let first: RunningServer;
  let second: RunningServer;
  let toPrimary: FaultRelay;
  let toFirst: FaultRelay;
  let weir: RunningWeir;
  let admin: Connection;
  let client: Connection;
  let other: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
    [primary, first, second] = cluster.servers as [RunningServer, RunningServer, RunningServer];
    const relayTo = ({ port }: RunningServer): Promise<FaultRelay> => startFaultRelay({ host: '127.0.0.1', port });
    [toPrimary, toFirst] = await Promise.all([relayTo(primary), relayTo(first)]);
    const rows = [
      [toPrimary.port, 0],
      [toFirst.port, 1],
      [second.port, 1],
      [second.port, 2, { status: 'OFFLINE_SOFT' }],
    ] as const;
    weir = await startWeir({
      servers: rows.map(([port, hostgroup, more = {}]) => ({ address: '127.0.0.1', port, hostgroup, more })),
      mysqlVariables: VARIABLES,
    });
    [admin, client, other] = await Promise.all([weir.connectAdmin(), weir.connect(), weir.connect()]);
  });
  afterAll(async () => {
    await weir?.kill();
    await Promise.all([toPrimary?.stop(), toFirst?.stop()]);
    await cluster?.stop();
  });
  afterEach(async () => {
    for (const relay of [toPrimary, toFirst]) relay.setMode({ kind: 'pass' });
    await toFirst.resume();
    await setVariables(VARIABLES);
    await change("status = 'ONLINE', weight = 1, max_latency_ms = 0", '1 = 1');
    await until('all serve', async () => (await readers(client)).length === 2 && (await writeServer(other, 'all')) === primary.serverId);
  });

  /** Changes mysql_servers as an operator does; the answer comes when all workers run by it. */
  async function change(set: string, where: string): Promise<void> {
    await admin.query(`UPDATE mysql_servers SET ${set} WHERE ${where}`);
    await admin.query('LOAD MYSQL SERVERS TO RUNTIME');
  }

  async function setVariables(values: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await admin.query(`SET mysql-${name} = '${value}'`);
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
  }

  /** As both tables show it. */
  async function statusOf(port: number, hostgroup: number): Promise<string> {
    const inRuntime = `SELECT status FROM runtime_mysql_servers WHERE port = ${port} AND hostgroup_id = ${hostgroup}`;
    const inPool = `SELECT status FROM stats_mysql_connection_pool WHERE srv_port = ${port} AND hostgroup = ${hostgroup}`;
    const [[runtime], [pool]] = [await rowsOf(admin, inRuntime), await rowsOf(admin, inPool)];
    return runtime?.['status'] === pool?.['status'] ? String(runtime?.['status']) : `${runtime?.['status']} and ${pool?.['status']}`;
  }

  const connectionsOn = (server: RunningServer): Promise<number> =>
    withRoot(server, (root) => numberOf(root, `SELECT COUNT(*) FROM information_schema.processlist WHERE user = '${APP.username}'`));

  /** A read that takes a while; resolves when it runs, with its answer to come. */
  async function slowRead(server: RunningServer, prefix = ''): Promise<{ answer: Promise<number> }> {
    const answer = numberOf(client, `${prefix}SELECT @@server_id + SLEEP(2)`);
    answer.catch(() => undefined);
    const running = `SELECT COUNT(*) FROM information_schema.processlist WHERE user = '${APP.username}' AND info LIKE '%SLEEP(2)'`;
    await until('it runs', () => withRoot(server, async (root) => (await numberOf(root, running)) === 1));
    return { answer };
  }

  async function readers(connection: Connection, turns = 30): Promise<number[]> {
    const seen = new Set<number>();
    for (let turn = 0; turn < turns; turn++) seen.add(await readServer(connection));
    return [...seen].sort();
  }

  async function explain(sql: string): Promise<string> {
    const steps = await rowsOf(admin, `EXPLAIN ROUTE USER 'app' SCHEMA 'app' ${sql}`);
    return steps.map((step) => Object.values(step).join(' ')).join('\n');
  }

  it('a status holds for its hostgroup alone, from the configuration file on', async () => {
    expect([await statusOf(second.port, 1), await statusOf(second.port, 2)]).toEqual(['ONLINE', 'OFFLINE_SOFT']);
    expect(await readers(client)).toEqual([first.serverId, second.serverId]);
    await expect(client.query('/* hostgroup=2 */ SELECT 1')).rejects.toMatchObject({ errno: 9001 });
    await change("status = CASE hostgroup_id WHEN 2 THEN 'ONLINE' ELSE 'OFFLINE_SOFT' END", `port = ${second.port}`);
    expect(await readers(client)).toEqual([first.serverId]);
    const { answer } = await slowRead(second, '/* hostgroup=2 */ ');
    await change("status = 'OFFLINE_HARD'", `port = ${second.port} AND hostgroup_id = 1`);
    expect(await answer).toBe(second.serverId);
    expect(await readers(client)).toEqual([first.serverId]);
  });

  it('OFFLINE_SOFT: a transaction finishes, then there is no connection; ONLINE takes writes again', async () => {
    await client.beginTransaction();
    await writeWitness(client, 'soft');
    await change("status = 'OFFLINE_SOFT'", 'hostgroup_id = 0');
    expect(await statusOf(toPrimary.port, 0)).toBe('OFFLINE_SOFT');
    await expect(writeWitness(other, 'refused')).rejects.toMatchObject({ errno: 9001, message: expect.stringContaining('OFFLINE_SOFT') });
    expect((await readers(other)).length).toBe(2);
    expect(await numberOf(client, "SELECT server FROM witness WHERE note = 'soft'")).toBe(primary.serverId);
    await client.commit();
    await until('no connection', async () => (await connectionsOn(primary)) === 0);
    const waits = writeServer(other, 'waits');
    await change("status = 'ONLINE'", 'hostgroup_id = 0');
    expect(await waits).toBe(primary.serverId);
  });

  it('OFFLINE_SOFT: a read that runs finishes there, and new ones go elsewhere', async () => {
    await change("status = 'OFFLINE_SOFT'", `port = ${second.port}`);
    const { answer } = await slowRead(first);
    await change(`status = CASE port WHEN ${second.port} THEN 'ONLINE' ELSE 'OFFLINE_SOFT' END`, 'hostgroup_id = 1');
    expect(await readers(other)).toEqual([second.serverId]);
    expect(await answer).toBe(first.serverId);
    await until('no connection', async () => (await connectionsOn(first)) === 0);
  });

  it('OFFLINE_HARD: connections are closed at once; a read moves on, a transaction is lost, clients stay', async () => {
    await change("status = 'OFFLINE_HARD'", `port = ${second.port}`);
    const { answer } = await slowRead(first);
    await other.beginTransaction();
    await writeWitness(other, 'hard');
    await change("status = 'ONLINE'", `port = ${second.port}`);
    await change("status = 'OFFLINE_HARD'", `port <> ${second.port}`);
    expect([await statusOf(toPrimary.port, 0), await statusOf(toFirst.port, 1)]).toEqual(['OFFLINE_HARD', 'OFFLINE_HARD']);
    await until('closed', () => toPrimary.open + toFirst.open === 0);
    expect(await answer).toBe(second.serverId);
    await expect(other.query('SELECT 1')).rejects.toMatchObject({ errno: 1213 });
    await change("status = 'ONLINE'", '1 = 1');
    expect(await writeServer(other, 'hard again')).toBe(primary.serverId);
    expect(await numberOf(other, "SELECT COUNT(*) FROM witness WHERE note = 'hard'")).toBe(0);
  });

  it('weight 0: no traffic, not even when nobody else is there; EXPLAIN ROUTE tells', async () => {
    await change('weight = 0', `port = ${toFirst.port}`);
    expect(await readers(client)).toEqual([second.serverId]);
    expect(await statusOf(toFirst.port, 1)).toBe('ONLINE');
    expect(await explain('SELECT 1')).toContain(`server 127.0.0.1:${toFirst.port} left out ONLINE: weight 0`);
    await change('weight = 0', 'hostgroup_id = 1');
    expect(await readers(client)).toEqual([primary.serverId]);
    await change('weight = 0', 'hostgroup_id = 0');
    await expect(writeWitness(client, 'weight')).rejects.toMatchObject({
      errno: 9001,
      message: expect.stringContaining('ONLINE: weight 0'),
    });
  });

  it('max_latency_ms: a server whose pings take longer serves no more and returns by itself', async () => {
    await change('max_latency_ms = 250', `port = ${toFirst.port}`);
    toFirst.setMode({ kind: 'delay', ms: 250 });
    const told = /^latency [\d.]+ ms > 250 ms$/;
    await weir.waitForLog((line) => line.msg === 'server is online and gets no statements' && told.test(String(line['reason'])));
    await until('only the other one reads', async () => (await readers(client, 10)).join() === String(second.serverId));
    expect(await statusOf(toFirst.port, 1)).toBe('ONLINE');
    expect(await explain('SELECT 1')).toMatch(/left out ONLINE: latency [\d.]+ ms > 250 ms/);
    toFirst.setMode({ kind: 'pass' });
    await until('both read again', async () => (await readers(client)).length === 2);
  });

  it('mysql-default_max_latency_ms holds where max_latency_ms is 0, for all but the writer', async () => {
    toPrimary.setMode({ kind: 'delay', ms: 150 });
    toFirst.setMode({ kind: 'delay', ms: 150 });
    await setVariables({ default_max_latency_ms: 200 });
    await until('it is too slow', async () => (await explain('SELECT 1')).includes(`${toFirst.port} left out ONLINE: latency`));
    expect(await writeServer(client, 'slow writer')).toBe(primary.serverId);
    await setVariables({ default_max_latency_ms: 0 });
    await until('it serves', async () => (await explain('SELECT 1')).includes(`${toFirst.port} could serve`));
  });

  const becomes = (status: string): Promise<void> =>
    until(`${status}`, async () => (await readers(client, 3)).length > 0 && (await statusOf(toFirst.port, 1)) === status);

  async function breakConnections(): Promise<void> {
    await toFirst.refuse();
    toFirst.setMode({ kind: 'reset' });
  }

  async function mendConnections(): Promise<void> {
    toFirst.setMode({ kind: 'pass' });
    await toFirst.resume();
  }

  /** Connections to a server that has failed are opened one by one, behind a pause: reads that come at once go to the other. */
  const bothRead = (): Promise<void> => until('both read', async () => (await readers(client)).length === 2);

  it('shun_on_failures: so many failed connections within a second shun; it is back shun_recovery_time_sec later; 0 never shuns', async () => {
    await setVariables({ monitor_enabled: false, shun_on_failures: 3, shun_recovery_time_sec: 3 });
    await breakConnections();
    await becomes('SHUNNED');
    const shunnedAt = performance.now();
    const line = await weir.waitForLog((each) => each.msg === 'server is left out' && /within 1 s/.test(String(each['reason'])));
    expect(line['reason']).toMatch(/^3 connection errors within 1 s: /);
    await mendConnections();
    await becomes('ONLINE');
    expect(performance.now() - shunnedAt).toBeGreaterThan(2_000);
    await bothRead();
    await setVariables({ shun_on_failures: 0 });
    await breakConnections();
    await until('its connections are lost', async () => (await readers(client)).join() === String(second.serverId));
    for (let turn = 0; turn < 30; turn++) expect(await readServer(client)).toBe(second.serverId);
    expect(await statusOf(toFirst.port, 1)).toBe('ONLINE');
  });

  it('two good pings of the monitor end a shunning before its time', async () => {
    await setVariables({ monitor_enabled: false, shun_on_failures: 3, shun_recovery_time_sec: 600 });
    await breakConnections();
    await becomes('SHUNNED');
    await mendConnections();
    await setVariables({ monitor_enabled: true });
    await becomes('ONLINE');
    await bothRead();
  });
});
