import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, type RunningServer, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, readServer, rowsOf, until, WITNESS_TABLE, writeServer, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir, type WeirOptions } from '../support/weir.js';

const READ_ONLY_INTERVAL_MS = 1_000;
/** What statements, the wait for a connection and a busy machine take besides. */
const LEEWAY_MS = 1_500;

describeEachFlavour('roles', (flavour) => {
  let cluster: Cluster;
  let old: RunningServer;
  let next: RunningServer;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
    [old, next] = cluster.servers as [RunningServer, RunningServer];
  });
  afterAll(() => cluster?.stop());
  afterEach(async () => {
    await weir?.kill();
    await setReadOnly(next, true);
    await setReadOnly(old, false);
  });

  async function start(mysqlVariables: WeirOptions['mysqlVariables'] = {}): Promise<Connection> {
    weir = await startWeir({ cluster, mysqlVariables: { connect_timeout_server_max: 1_500, ...mysqlVariables } });
    return weir.connect();
  }

  function setReadOnly(server: RunningServer, isReadOnly: boolean): Promise<unknown> {
    const variable = flavour === 'mysql' && isReadOnly ? 'super_read_only' : 'read_only';
    return withRoot(server, (root) => root.query(`SET GLOBAL ${variable} = ${isReadOnly ? 'ON' : 'OFF'}`));
  }

  /** The servers on which so many writes ran. */
  async function writers(connection: Connection, count: number): Promise<Set<number>> {
    const seen = new Set<number>();
    for (let turn = 0; turn < count; turn++) seen.add(await writeServer(connection, `turn ${turn} ${performance.now()}`));
    return seen;
  }

  async function readers(connection: Connection, count: number): Promise<Set<number>> {
    const seen = new Set<number>();
    for (let turn = 0; turn < count; turn++) seen.add(await readServer(connection));
    return seen;
  }

  const alarm = (): Promise<unknown> => weir.waitForLog((line) => line.msg?.startsWith('more than one server accepts writes') === true);

  async function runtimeWriters(): Promise<string[]> {
    const admin = await weir.connectAdmin();
    const rows = await rowsOf(admin, 'SELECT port, status FROM runtime_mysql_servers WHERE hostgroup_id = 0 ORDER BY port');
    admin.destroy();
    return rows.map(({ port, status }) => `${Number(port) === old.port ? 'old' : 'next'} ${status}`).sort();
  }

  it('a promoted replica takes writes within one read_only interval, and no statement outside transactions fails', async () => {
    const connection = await start({
      monitor_read_only_interval: READ_ONLY_INTERVAL_MS,
      monitor_read_only_timeout: 800,
      connect_timeout_server_max: 10_000,
    });
    expect(await writers(connection, 1)).toEqual(new Set([old.serverId]));
    await setReadOnly(old, true);
    await setReadOnly(next, false);
    const promotedAt = performance.now();
    await writeWitness(connection, 'promoted');
    expect(performance.now() - promotedAt).toBeLessThan(READ_ONLY_INTERVAL_MS + LEEWAY_MS);
    expect(await numberOf(connection, "SELECT server FROM witness WHERE note = 'promoted' FOR UPDATE")).toBe(next.serverId);
    expect(await writers(connection, 10)).toEqual(new Set([next.serverId]));
    expect(weir.logs.filter((line) => line.msg?.startsWith('more than one') === true)).toEqual([]);
    connection.destroy();
  });

  it('keep: two writable servers are an alarm, and writes stay where they were until that server is read only', async () => {
    const connection = await start();
    await setReadOnly(next, false);
    expect(await alarm()).toMatchObject({
      level: 'error',
      event: 'conflict',
      server: `127.0.0.1:${old.port}`,
      hostgroups: [0, 1],
      reason: `127.0.0.1:${next.port} accepts writes too; only the known writer gets them`,
    });
    expect(await writers(connection, 20)).toEqual(new Set([old.serverId]));
    const admin = await weir.connectAdmin();
    const explained = JSON.stringify(await rowsOf(admin, "EXPLAIN ROUTE USER 'app' SCHEMA 'app' INSERT INTO witness (note) VALUES ('x')"));
    expect(explained).toContain(`127.0.0.1:${old.port} and 127.0.0.1:${next.port} accept writes (mysql-writer_conflict=keep)`);
    admin.destroy();
    await setReadOnly(old, true);
    await until(
      'writes on the other one',
      async () => (await writeServer(connection, `after ${performance.now()}`)) === next.serverId,
      5_000,
    );
    await weir.waitForLog('writer conflict has ended');
    connection.destroy();
  });

  it('refuse: while two servers are writable writes end with 9001 that names them, and reads go on', async () => {
    const connection = await start({ writer_conflict: 'refuse' });
    await setReadOnly(next, false);
    await alarm();
    expect(await runtimeWriters()).toEqual(['old SHUNNED']);
    const begun = performance.now();
    const failure = await writeServer(connection, 'refused').catch((error: unknown) => error);
    expect(failure).toMatchObject({ errno: 9001 });
    expect(String((failure as Error).message)).toContain(
      `writer conflict: 127.0.0.1:${old.port} and 127.0.0.1:${next.port} accept writes (mysql-writer_conflict=refuse)`,
    );
    expect(performance.now() - begun).toBeGreaterThan(1_400);
    expect((await readers(connection, 10)).size).toBeGreaterThan(0);
    await setReadOnly(next, true);
    await weir.waitForLog('writer conflict has ended');
    expect(await writers(connection, 5)).toEqual(new Set([old.serverId]));
    connection.destroy();
  });

  it('all: both writable servers take writes, still with an alarm; the choice changes at runtime', async () => {
    const connection = await start({ writer_conflict: 'all' });
    await setReadOnly(next, false);
    await alarm();
    expect(await runtimeWriters()).toEqual(['next ONLINE', 'old ONLINE']);
    // Fresh sessions, since a session goes back to the connection that it had.
    const seen = new Set<number>();
    await until('both have written', async () => {
      const session = await weir.connect();
      // Read in the same transaction, so that the row's own server answers; nothing is left that the other one would have to take over.
      await session.query('BEGIN');
      seen.add(Number((await rowsOf(session, 'SELECT @@server_id AS id FOR UPDATE'))[0]?.['id']));
      await session.query('ROLLBACK');
      session.destroy();
      return seen.size === 2;
    });
    expect(seen).toEqual(new Set([old.serverId, next.serverId]));
    const admin = await weir.connectAdmin();
    await admin.query("SET mysql-writer_conflict = 'keep'");
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    admin.destroy();
    expect(await writers(connection, 20)).toEqual(new Set([old.serverId]));
    connection.destroy();
  });

  it('writer_is_also_reader decides whether a promoted server goes on to serve reads', async () => {
    for (const isAlsoReader of [true, false]) {
      const connection = await start({ monitor_writer_is_also_reader: isAlsoReader });
      await setReadOnly(old, true);
      await setReadOnly(next, false);
      await until('writes on the new primary', async () => (await writeServer(connection, `also ${performance.now()}`)) === next.serverId);
      await until('the old primary reads', async () => (await readers(connection, 1)).has(old.serverId));
      const expected = isAlsoReader ? cluster.servers : cluster.servers.filter((server) => server !== next);
      const seen = new Set<number>();
      for (let turn = 0; turn < 30; turn++) {
        const session = await weir.connect();
        for (const id of await readers(session, 3)) seen.add(id);
        session.destroy();
      }
      expect(seen).toEqual(new Set(expected.map((server) => server.serverId)));
      connection.destroy();
      await weir.kill();
      await setReadOnly(next, true);
      await setReadOnly(old, false);
    }
  });
});
