import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, rowsOf } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const WHERE = 'SELECT @@server_id AS server';

describeEachFlavour('reads of sessions that keep a connection, or have changed definitions', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let client: Connection;
  let primary: number;
  let replica: number;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    [primary, replica] = [cluster.primary.serverId, cluster.replicas[0]!.serverId];
    await cluster.execute('CREATE TABLE app.things (id INT PRIMARY KEY)', 'INSERT INTO app.things VALUES (1), (2)');
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1, connect_timeout_server_max: 3000 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });
  beforeEach(async () => {
    client = await weir.connect();
  });
  afterEach(() => client?.destroy());

  const serverOf = async (sql: string): Promise<unknown> => (await rowsOf(client, sql))[0]?.['server'];

  async function preparedServer(sql: string): Promise<unknown> {
    const [rows] = await client.execute<RowDataPacket[]>(sql);
    return rows[0]?.['server'];
  }

  it.each([
    ['a user variable', 'SET @a = 5', 'SELECT @a = 5 AS there, @@server_id AS server'],
    ['a temporary table', 'CREATE TEMPORARY TABLE own AS SELECT 1 AS there', 'SELECT there, @@server_id AS server FROM own'],
    [
      'one of another schema',
      'CREATE TEMPORARY TABLE sbtest.own AS SELECT 1 AS there',
      'SELECT *, @@server_id AS server FROM sbtest . `own`',
    ],
    [
      'one that hides a table',
      'CREATE TEMPORARY TABLE things AS SELECT 1 AS there',
      'SELECT *, @@server_id AS server FROM (SELECT * FROM things) AS d',
    ],
    ['HANDLER', 'HANDLER things OPEN', null],
    ['GET_LOCK', "DO GET_LOCK('reads', 0)", "SELECT IS_USED_LOCK('reads') > 0 AS there, @@server_id AS server"],
    ['SQL PREPARE', "PREPARE p FROM 'SELECT 1'", null],
  ])('go to readers beside %s, unless they may see it', async (_, begin, sees) => {
    await client.query(begin);
    for (let turn = 0; turn < 2; turn++) {
      expect(await serverOf(WHERE)).toBe(replica);
      expect(await preparedServer(WHERE)).toBe(replica);
      if (sees === null) continue;
      expect((await rowsOf(client, sees))[0]).toEqual({ there: 1, server: primary });
      expect(await preparedServer(sees)).toBe(primary);
    }
    await client.beginTransaction();
    expect(await serverOf(WHERE)).toBe(primary);
    await client.commit();
    await client.reset();
    expect(await serverOf(WHERE)).toBe(replica);
  });

  it.each([
    ['LOCK TABLES', 'LOCK TABLES things READ'],
    ['a transaction without autocommit', 'SET autocommit = 0, @a = 1'],
    ['SET TRANSACTION', 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED'],
    ['a variable of the moment', 'SET timestamp = 1000000000'],
    ['a renamed temporary table', 'CREATE TEMPORARY TABLE first_name (a INT); ALTER TABLE first_name RENAME second_name'],
    ['a name that is not plain', 'CREATE TEMPORARY TABLE `of its own` (a INT)'],
    ['XA', "XA START 'reads'"],
  ])('stay with %s', async (_, begin) => {
    for (const sql of begin.split('; ')) await client.query(sql);
    expect(await serverOf(WHERE)).toBe(primary);
    expect(await preparedServer(WHERE)).toBe(primary);
  });

  it('stay where their answer belongs to a connection', async () => {
    await client.query('SET @a = 1');
    await client.query('INSERT INTO things VALUES (3) ON DUPLICATE KEY UPDATE id = 3');
    for (const sql of ['SELECT LAST_INSERT_ID(), @@server_id AS server', 'SELECT CONNECTION_ID(), @@server_id AS server'])
      expect(await serverOf(sql), sql).toBe(primary);
    expect(await rowsOf(client, 'SHOW TABLES')).toHaveLength(1);
  });

  it('leave their diagnostics where they ran', async () => {
    await client.query('SET @a = 1');
    await client.query('SELECT SQL_CALC_FOUND_ROWS id FROM things ORDER BY id LIMIT 1');
    expect(await numberOf(client, 'SELECT FOUND_ROWS()')).toBe(await numberOf(client, 'SELECT COUNT(*) FROM things'));
    expect(await rowsOf(client, `${WHERE}, 1/0 AS nothing`)).toEqual([{ server: replica, nothing: null }]);
    expect(await rowsOf(client, 'SHOW WARNINGS')).toMatchObject([{ Code: 1365 }]);
    await expect(client.query('SELECT no_such_column FROM things')).rejects.toMatchObject({ errno: 1054 });
    expect(await numberOf(client, 'SELECT @a')).toBe(1);
  });

  it('need no second connection of the writer', async () => {
    const servers = cluster.servers.map(({ host, port }, index) => ({
      address: host,
      port,
      hostgroup: index,
      more: { max_connections: 1 },
    }));
    const narrow = await startWeir({ servers, mysqlVariables: { threads: 1, connect_timeout_server_max: 2000 } });
    try {
      const [busy, pinned] = [await narrow.connect(), await narrow.connect()];
      await pinned.query('SET @a = 1');
      await expect(pinned.query('SELECT * FROM missing')).rejects.toMatchObject({ errno: 1146 });
      await expect(pinned.execute('SELECT * FROM missing')).rejects.toMatchObject({ errno: 1146 });
      // Nor a reader that is busy for longer than a statement waits.
      const sleeping = busy.query('SELECT SLEEP(4)');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await rowsOf(pinned, WHERE)).toEqual([{ server: primary }]);
      await sleeping;
      expect(await rowsOf(pinned, WHERE)).toEqual([{ server: replica }]);
      for (const each of [pinned, busy]) each.destroy();
    } finally {
      await narrow.kill();
    }
  });

  it('find what a prepared statement names when it is executed', async () => {
    const prepared = await client.prepare('SELECT COUNT(*) AS n, @@server_id AS server FROM things');
    const run = async (): Promise<unknown> => ((await prepared.execute([])) as unknown as [RowDataPacket[]])[0][0];
    expect(await run()).toMatchObject({ server: replica });
    await client.query('CREATE TEMPORARY TABLE things (id INT)');
    expect(await run()).toEqual({ n: 0, server: primary });
    await client.query('DROP TEMPORARY TABLE things');
    expect(await run()).toMatchObject({ server: replica });
  });

  it('stay altogether with mysql-pinned_reads_on_readers=false', async () => {
    const admin = await weir.connectAdmin();
    const set = async (value: boolean): Promise<void> => {
      await admin.query(`SET mysql-pinned_reads_on_readers='${value}'`);
      await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    };
    await client.query('SET @a = 1');
    await set(false);
    expect(await serverOf(WHERE)).toBe(primary);
    await set(true);
    expect(await serverOf(WHERE)).toBe(replica);
    admin.destroy();
  });

  const replication = (verb: 'STOP' | 'START'): Promise<unknown> =>
    withRoot(cluster.replicas[0]!, (root) => root.query(`${verb} ${flavour === 'mysql' ? 'REPLICA' : 'SLAVE'} SQL_THREAD`));

  it('find their own definitions while the replica stands still', async () => {
    await replication('STOP');
    try {
      await client.query('CREATE TABLE late (id INT PRIMARY KEY, name VARCHAR(20), KEY by_name (name))');
      expect(await rowsOf(client, 'SHOW INDEX FROM late')).toHaveLength(2);
      expect(await rowsOf(client, "SHOW TABLES LIKE 'late'")).toHaveLength(1);
      expect(await rowsOf(client, 'DESCRIBE late')).toHaveLength(2);
      await client.query('EXPLAIN SELECT * FROM late');
      await client.query('ALTER TABLE late ADD more INT');
      const columns = "SELECT COUNT(*) AS n FROM information_schema.columns WHERE table_name = 'late'";
      expect(await numberOf(client, columns)).toBe(3);
      expect(await numberOf(client, `/* weir:reader */ ${columns}`)).toBe(0);
      await client.query('USE information_schema');
      expect(await numberOf(client, "SELECT COUNT(*) AS n FROM columns WHERE table_name = 'late'")).toBe(3);
      await client.query('USE app');
      // Data are read from replicas all the same.
      expect(await serverOf(WHERE)).toBe(replica);
      // Until the session is another one.
      await client.reset();
      expect(await numberOf(client, columns)).toBe(0);
    } finally {
      await replication('START');
      await cluster.waitInSync();
    }
  });

  it('find at the primary what a replica does not know yet, whoever made it', async () => {
    const other = await weir.connect();
    await replication('STOP');
    try {
      await other.query('CREATE TABLE newer (id INT)');
      await other.query('INSERT INTO newer VALUES (7)');
      await other.query('ALTER TABLE things ADD later INT');
      expect(await rowsOf(client, 'SELECT id, @@server_id AS server FROM newer')).toEqual([{ id: 7, server: primary }]);
      expect(await preparedServer('SELECT @@server_id AS server FROM newer')).toBe(primary);
      expect(await preparedServer('SELECT @@server_id AS server, later FROM things')).toBe(primary);
      expect(await rowsOf(client, 'SHOW INDEX FROM newer')).toEqual([]);
      await client.query('SET @a = 1');
      expect(await serverOf('SELECT @@server_id AS server FROM newer')).toBe(primary);
      await other.query('CREATE DATABASE app_newer');
      await client.query('USE app_newer');
      expect(await serverOf(WHERE)).toBe(primary);
      await expect(client.query('SELECT * FROM nowhere')).rejects.toMatchObject({ errno: 1146 });
      await other.query('DROP DATABASE app_newer');
    } finally {
      other.destroy();
      await replication('START');
      await cluster.waitInSync();
    }
  });
});
