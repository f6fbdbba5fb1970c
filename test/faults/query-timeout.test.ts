import type { Connection, FieldPacket, QueryResult, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, sleep, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const TIMEOUT_MS = 1500;
const TIMED_OUT = {
  errno: 1907,
  sqlState: '70100',
  message: expect.stringContaining('Query execution was interrupted, query_timeout exceeded: mysql-default_query_timeout is 1500 ms'),
};
/** Days of work. */
const ENDLESS = 'SELECT COUNT(*) FROM many a, many b, many c, many d WHERE a.id + b.id + c.id + d.id < 0';
/** As a text, and prepared. */
const HOW = ['query', 'execute'] as const;
const LOCKED_ROW = 'UPDATE many SET note = ? WHERE id = 1';

/**
 * A statement failed that took so long that it may have been ended for itself: MariaDB 10.11 takes two seconds for some KILLs of a SLEEP, and
 * holds all others that sleep up meanwhile.
 */
class StoodStill extends Error {}

async function inTime(work: () => Promise<unknown>): Promise<void> {
  const started = Date.now();
  try {
    await work();
  } catch (error) {
    throw Date.now() - started < TIMEOUT_MS ? error : new StoodStill('the server stood still', { cause: error });
  }
}

describeEachFlavour('mysql-default_query_timeout', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let connection: Connection;
  let sessions: Connection[];

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute('CREATE TABLE app.many (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(32))');
    const rows = Array.from({ length: 1000 }, () => "('')").join();
    await cluster.execute(`INSERT INTO app.many (note) VALUES ${rows}`);
    // The monitor is not to notice a server that stands still: what is tried here is the timeout.
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1, default_query_timeout: TIMEOUT_MS, monitor_enabled: false } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });
  beforeEach(async () => {
    sessions = [];
    connection = await weir.connect();
  });
  afterEach(() => {
    for (const session of [connection, ...sessions]) session.destroy();
  });

  function run<T extends QueryResult>(how: (typeof HOW)[number], sql: string, values: string[] = []): Promise<[T, FieldPacket[]]> {
    return how === 'query' ? connection.query<T>(sql, values) : connection.execute<T>(sql, values);
  }

  /** Statements like this that a server executes. */
  function running(server: Cluster['primary'], text: string): Promise<number> {
    const sql = `SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%${text}%' AND id <> CONNECTION_ID()`;
    return withRoot(server, (root) => numberOf(root, sql));
  }

  function stored(note: string): Promise<number> {
    return withRoot(cluster.primary, (root) => numberOf(root, `SELECT COUNT(*) FROM app.many WHERE note = '${note}'`));
  }

  /** Runs `work` while somebody else has the row. */
  function withLockedRow<T>(work: () => Promise<T>): Promise<T> {
    return withRoot(cluster.primary, async (root) => {
      await root.beginTransaction();
      await root.query('SELECT id FROM app.many WHERE id = 1 FOR UPDATE');
      try {
        return await work();
      } finally {
        await root.rollback();
      }
    });
  }

  async function ofGlobalStatus(name: string): Promise<number> {
    const admin = await weir.connectAdmin();
    const [rows] = await admin.query<RowDataPacket[]>(`SELECT Variable_Value AS v FROM stats_mysql_global WHERE Variable_Name = '${name}'`);
    admin.destroy();
    return Number(rows[0]?.['v']);
  }

  async function usedConnections(): Promise<number> {
    const admin = await weir.connectAdmin();
    const [rows] = await admin.query<RowDataPacket[]>('SELECT SUM(ConnUsed) AS used FROM stats_mysql_connection_pool');
    admin.destroy();
    return Number(rows[0]?.['used']);
  }

  it.each(HOW)('ends a long read on its server, which nobody else is sent (%s)', async (how) => {
    const killed = await ofGlobalStatus('mysql_killed_backend_queries');
    const reading = run(how, ENDLESS);
    await until('the read running', async () => (await running(cluster.replicas[0]!, 'many d')) === 1);
    await expect(reading).rejects.toMatchObject(TIMED_OUT);
    expect(await running(cluster.replicas[0]!, 'many d')).toBe(0);
    expect(await running(cluster.primary, 'many d')).toBe(0);
    expect(await ofGlobalStatus('mysql_killed_backend_queries')).toBe(killed + 1);
    const [rows] = await run<RowDataPacket[]>(how, 'SELECT COUNT(*) AS count FROM many');
    expect(rows[0]).toEqual({ count: 1000 });
    await until('no connection in use', async () => (await usedConnections()) === 0);
  });

  it('wakes a SLEEP, which MySQL answers with a 1 and MariaDB with the error', async () => {
    const sleeping = connection.query<RowDataPacket[]>('SELECT SLEEP(50) AS woken');
    if (flavour === 'mysql') expect((await sleeping)[0]).toEqual([{ woken: 1 }]);
    else await expect(sleeping).rejects.toMatchObject(TIMED_OUT);
    expect(await numberOf(connection, 'SELECT 7')).toBe(7);
  });

  it.each(HOW)('ends a write that waits for a lock, and it is not executed later (%s)', async (how) => {
    await withLockedRow(() => expect(run(how, LOCKED_ROW, [`waited, ${how}`])).rejects.toMatchObject(TIMED_OUT));
    const [done] = await run<ResultSetHeader>(how, LOCKED_ROW, ['next']);
    expect(done.affectedRows).toBe(1);
    expect(await stored(`waited, ${how}`)).toBe(0);
    expect(await stored('next')).toBe(1);
    await until('no connection in use', async () => (await usedConnections()) === 0);
  });

  it.each(HOW)('leaves the transaction of the statement open (%s)', async (how) => {
    const note = `kept, ${how}`;
    await connection.beginTransaction();
    await connection.query('INSERT INTO many (note) VALUES (?)', [note]);
    const server = await numberOf(connection, 'SELECT CONNECTION_ID()');
    await withLockedRow(() => expect(run(how, LOCKED_ROW, ['in a transaction'])).rejects.toMatchObject(TIMED_OUT));
    await expect(run(how, ENDLESS)).rejects.toMatchObject(TIMED_OUT);
    expect(await numberOf(connection, 'SELECT CONNECTION_ID()')).toBe(server);
    expect(await stored(note)).toBe(0);
    await connection.commit();
    expect(await stored(note)).toBe(1);
    await until('no connection in use', async () => (await usedConnections()) === 0);
  });

  it('hits no statement behind one that ended by itself', async () => {
    sessions = await Promise.all(Array.from({ length: 16 }, () => weir.connect()));
    let committed = 0;
    const one = async (session: Connection, sleepsMs: number): Promise<void> => {
      await session.query('ROLLBACK');
      await session.beginTransaction();
      await session.query(`DO SLEEP(${sleepsMs / 1000})`).catch((error) => expect(error).toMatchObject(TIMED_OUT));
      // Each runs to its end, a KILL for the one before it notwithstanding.
      for (let turn = 0; turn < 5; turn++)
        await inTime(async () => expect(await numberOf(session, `SELECT SLEEP(0.02) + ${turn}`)).toBe(turn));
      await inTime(() => session.query("INSERT INTO many (note) VALUES ('behind')"));
      await inTime(() => session.commit());
      committed += 1;
    };
    const failures: unknown[] = [];
    await until(
      'most sessions on a server that does not stand still',
      async () => {
        const results = await Promise.allSettled(sessions.map((session, index) => one(session, TIMEOUT_MS + index * 15)));
        const rejected = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown);
        failures.push(...rejected.filter((reason) => !(reason instanceof StoodStill)));
        return failures.length > 0 || rejected.length < sessions.length / 2;
      },
      60_000,
    );
    expect(failures).toEqual([]);
    expect(await stored('behind')).toBeGreaterThanOrEqual(committed);
  });

  it('counts the time on a server, not the wait for a connection', async () => {
    const admin = await weir.connectAdmin();
    const one = async (count: number): Promise<void> => {
      await admin.query(`UPDATE mysql_servers SET max_connections = ${count} WHERE hostgroup_id = 0`);
      await admin.query('LOAD MYSQL SERVERS TO RUNTIME');
    };
    await one(1);
    const holder = await weir.connect();
    sessions.push(holder);
    await holder.beginTransaction();
    await holder.query('UPDATE many SET note = note WHERE id = 2');
    const waiting = connection.query<ResultSetHeader>("INSERT INTO many (note) VALUES (CONCAT('late', SLEEP(0.5)))");
    await sleep(TIMEOUT_MS * 2);
    await holder.commit();
    const [{ affectedRows }] = await waiting;
    expect(affectedRows).toBe(1);
    await one(1000);
    admin.destroy();
  });

  it("takes the time of a paused machine for nobody's fault", async () => {
    await connection.beginTransaction();
    await connection.query("INSERT INTO many (note) VALUES ('before the pause')");
    await withLockedRow(async () => {
      const write = connection.query(LOCKED_ROW, ['paused']).catch((error) => error);
      await until('the write waiting', async () => (await running(cluster.primary, 'UPDATE many')) === 1);
      await sleep(TIMEOUT_MS / 2);
      process.kill(cluster.primary.pid, 'SIGSTOP');
      // KILL QUERY is under way.
      await sleep(TIMEOUT_MS);
      process.kill(-weir.pid, 'SIGSTOP');
      await sleep(TIMEOUT_MS * 4);
      process.kill(cluster.primary.pid, 'SIGCONT');
      process.kill(-weir.pid, 'SIGCONT');
      expect(await write).toMatchObject(TIMED_OUT);
    });
    await connection.commit();
    expect(await stored('before the pause')).toBe(1);
  });

  it('gives a server up that does not react to KILL QUERY either', async () => {
    const inTransaction = await weir.connect();
    sessions.push(inTransaction);
    await inTransaction.beginTransaction();
    await inTransaction.query("INSERT INTO many (note) VALUES ('never committed')");
    await withLockedRow(async () => {
      const write = connection.query(LOCKED_ROW, ['never known']).catch((error) => error);
      const lost = inTransaction.query(LOCKED_ROW, ['never done']).catch((error) => error);
      await until('both writes waiting', async () => (await running(cluster.primary, 'UPDATE many')) === 2);
      process.kill(cluster.primary.pid, 'SIGSTOP');
      try {
        const cause = 'no end within mysql-default_query_timeout (1500 ms), nor after KILL QUERY';
        const mayHave = expect.stringMatching(/may have been executed and is not sent twice/);
        expect(await write).toMatchObject({ errno: 2013, message: mayHave });
        expect((await write).message).toContain(cause);
        expect(await lost).toMatchObject({ errno: 1213, sqlState: '40001' });
        expect((await lost).message).toContain(cause);
        // Reads go on meanwhile.
        expect(await numberOf(connection, 'SELECT COUNT(*) FROM many WHERE id = 3')).toBe(1);
      } finally {
        process.kill(cluster.primary.pid, 'SIGCONT');
      }
      await until('no write waiting on the server', async () => (await running(cluster.primary, 'UPDATE many')) === 0);
    });
    expect(await stored('never committed')).toBe(0);
    expect((await stored('never known')) + (await stored('never done'))).toBe(0);
    await connection.query(LOCKED_ROW, ['at last']);
    expect(await stored('at last')).toBe(1);
  });
});
