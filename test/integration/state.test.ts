import mariadb from 'mariadb';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, ROOT, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, sleep, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** What a session sets, and the read that shows it: each read may run on any server. */
const STATES: readonly (readonly [set: string, show: string])[] = [
  ['SET NAMES latin1', 'SELECT @@character_set_client, @@character_set_results, @@collation_connection'],
  ['SET NAMES utf8mb4 COLLATE utf8mb4_bin', "SELECT @@collation_connection, COLLATION('x')"],
  ["SET sql_mode = 'ANSI_QUOTES'", 'SELECT @@sql_mode'],
  ["SET SESSION sql_mode = ''", 'SELECT @@sql_mode'],
  ["SET time_zone = '+05:30'", 'SELECT @@time_zone, FROM_UNIXTIME(0)'],
  ['SET SESSION group_concat_max_len = 77', 'SELECT @@group_concat_max_len'],
  ["SET time_zone = '-03:00', SESSION max_join_size = 12345", 'SELECT @@time_zone, @@max_join_size'],
  ['SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', 'SELECT @@session.ISOLATION'],
  ['USE sbtest', 'SELECT DATABASE()'],
];

describeEachFlavour('session state', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  const open: Connection[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute('CREATE TABLE app.held (id INT PRIMARY KEY, value INT)', 'INSERT INTO app.held VALUES (1, 0)');
    weir = await startWeir({
      servers: cluster.servers.map(({ host, port }, index) => ({
        address: host,
        port,
        hostgroup: index === 0 ? 0 : 1,
        more: { max_connections: index === 0 ? 3 : 1 },
      })),
      mysqlVariables: { threads: 1, connect_timeout_server_max: 3000 },
    });
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.destroy();
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  async function connect(options = {}): Promise<Connection> {
    const connection = await weir.connect(options);
    open.push(connection);
    return connection;
  }

  async function row(connection: Connection, sql: string): Promise<unknown[]> {
    const isolation = flavour === 'mariadb' ? 'tx_isolation' : 'transaction_isolation';
    const [rows] = await connection.query<RowDataPacket[][]>({ sql: sql.replace('ISOLATION', isolation), rowsAsArray: true });
    return rows[0] as unknown as unknown[];
  }

  it('has the character set of its schema as it is, whenever its connections have chosen that', async () => {
    const user = `'${APP.username}'@'%'`;
    await cluster.execute('CREATE DATABASE changing CHARACTER SET latin1', `GRANT ALL ON changing.* TO ${user}`);
    const sessions = [await connect({ database: 'changing' }), await connect({ database: 'changing' })];
    const all = (sql: string): Promise<unknown[][]> => Promise.all(sessions.map((session) => row(session, sql)));
    const run = (sql: string): Promise<unknown> => Promise.all(sessions.map((session) => session.query(sql)));
    // One connection each to the primary, and one to each replica, stand in the schema.
    await run('BEGIN');
    await run('COMMIT');
    await all('SELECT 1');
    await cluster.execute('ALTER DATABASE changing CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
    for (const index of sessions.keys()) sessions[index] = await connect({ database: 'changing' });
    const now = ['utf8mb4', 'utf8mb4_bin'];
    const read = 'SELECT @@character_set_database, @@session.collation_database';
    expect(await all(read)).toEqual([now, now]);
    expect(await all("SHOW VARIABLES LIKE 'collation_database'")).toEqual([
      ['collation_database', now[1]],
      ['collation_database', now[1]],
    ]);
    await run('BEGIN');
    expect(await all(read)).toEqual([now, now]);
    await run('COMMIT');
    const executed = sessions.map((session) => session.execute<RowDataPacket[][]>({ sql: read, rowsAsArray: true }));
    for (const [rows] of await Promise.all(executed)) expect(rows).toEqual([now]);
    await cluster.execute('DROP DATABASE changing');
  });

  for (const [set, show] of STATES) {
    it(`follows the session and nobody else: ${set}`, async () => {
      const [changed, plain] = [await connect(), await connect()];
      const straight = await cluster.primary.connect({ user: APP.username, password: APP.password, database: 'app' });
      open.push(straight);
      const before = await row(straight, show);
      expect(await row(plain, show)).toEqual(before);
      await changed.query(set);
      await straight.query(set);
      const after = await row(straight, show);
      for (let turn = 0; turn < 6; turn++) {
        expect(await row(changed, show), 'the session that set it').toEqual(after);
        expect(await row(plain, show), 'the other session').toEqual(before);
      }
      expect(await row(changed, `${show} FROM app.held FOR UPDATE`), 'on the primary').toEqual(after);
      expect(await row(plain, `${show} FROM app.held FOR UPDATE`), 'on the primary').toEqual(before);
    });
  }

  it('is forgotten by COM_RESET_CONNECTION', async () => {
    const client = await mariadb.createConnection({
      host: weir.host,
      port: weir.port,
      user: APP.username,
      password: APP.password,
      database: 'app',
    });
    try {
      await client.query("SET @a = 1, sql_mode = 'ANSI_QUOTES', time_zone = '+01:00'");
      await client.query('CREATE TEMPORARY TABLE gone (a INT)');
      await client.query('BEGIN');
      await client.query('UPDATE held SET value = 99');
      await client.reset();
      const [seen] = await client.query('SELECT @a AS a, @@sql_mode AS mode, @@time_zone AS zone, DATABASE() AS name');
      expect(seen).toMatchObject({ a: null, zone: 'SYSTEM', name: 'app' });
      expect(seen.mode).not.toContain('ANSI_QUOTES');
      await expect(client.query('SELECT * FROM gone FOR UPDATE')).rejects.toMatchObject({ errno: 1146 });
      expect(Number((await client.query('SELECT value AS v FROM held FOR UPDATE'))[0].v)).toBe(0);
    } finally {
      client.destroy();
    }
  });

  it('is forgotten by COM_CHANGE_USER, which changes the user', async () => {
    const client = await connect();
    await client.query("SET @a = 1, time_zone = '+01:00'");
    await client.query('BEGIN');
    await client.query('UPDATE held SET value = 98');
    await client.changeUser({ user: ROOT.username, password: ROOT.password, database: 'sbtest' });
    const [user, variable, zone, schema] = await row(client, 'SELECT CURRENT_USER(), @a, @@time_zone, DATABASE()');
    expect([user, variable, zone, schema]).toEqual(['root@%', null, 'SYSTEM', 'sbtest']);
    await client.changeUser({ user: APP.username, password: APP.password, database: 'app' });
    expect(await row(client, 'SELECT CURRENT_USER(), DATABASE(), value FROM held FOR UPDATE')).toEqual(['app@%', 'app', 0]);
    const refused = client.changeUser({ user: APP.username, password: 'wrong', database: 'app' });
    await expect(refused).rejects.toMatchObject({ errno: 1045 });
  });

  it('is cleaned up when a client goes in the middle of a transaction', async () => {
    for (const leave of ['destroy', 'end'] as const) {
      const [leaver, next] = [await connect(), await connect()];
      await leaver.query('BEGIN');
      await leaver.query('UPDATE held SET value = value + 100');
      await numberOf(leaver, "SELECT GET_LOCK('of the leaver', 1)");
      await leaver[leave]();
      const begun = Date.now();
      await next.query('SET innodb_lock_wait_timeout = 2');
      await next.query('UPDATE held SET value = value + 0');
      expect(await numberOf(next, "SELECT GET_LOCK('of the leaver', 2)")).toBe(1);
      expect(Date.now() - begun, leave).toBeLessThan(1500);
      expect(await numberOf(next, 'SELECT value FROM held FOR UPDATE')).toBe(0);
      next.destroy();
    }
  });

  it('begins with a schema that exists and is allowed', async () => {
    const missing = await weir.connect({ database: 'app_nowhere' }).catch((error: unknown) => error);
    const straight = await cluster.primary
      .connect({ user: APP.username, password: APP.password, database: 'app_nowhere' })
      .catch((error: unknown) => error);
    expect(missing).toMatchObject({ errno: 1049, sqlMessage: (straight as { sqlMessage: string }).sqlMessage });
    await expect(weir.connect({ database: 'mysql' })).rejects.toMatchObject({ errno: 1044 });
    const client = await connect();
    await expect(client.query('USE app_nowhere')).rejects.toMatchObject({ errno: 1049 });
    await expect(client.query('USE mysql')).rejects.toMatchObject({ errno: 1044 });
    expect(await row(client, 'SELECT DATABASE()')).toEqual(['app']);
  });

  it('knows whom a KILL means', async () => {
    const [victim, killer] = [await connect(), await connect()];
    victim.on('error', () => {});
    const sleeping = victim.query('SELECT SLEEP(20) FROM held FOR UPDATE').catch((error: unknown) => error);
    await sleep(200);
    const begun = Date.now();
    await killer.query(`KILL QUERY ${victim.threadId}`);
    await sleeping;
    expect(Date.now() - begun).toBeLessThan(2000);
    expect(await numberOf(victim, 'SELECT 1')).toBe(1);
    await victim.query('BEGIN');
    await victim.query('UPDATE held SET value = 5');
    await killer.query(`KILL ${victim.threadId}`);
    await expect(victim.query('SELECT 1')).rejects.toThrow();
    await until('the killed transaction being rolled back', () =>
      withRoot(cluster.primary, async (root) => (await numberOf(root, 'SELECT value FROM app.held FOR UPDATE')) === 0),
    );
    await expect(killer.query(`KILL ${victim.threadId}`)).rejects.toMatchObject({ errno: 1094 });
  });
});
