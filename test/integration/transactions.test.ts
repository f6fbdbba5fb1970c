import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, rowsOf } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { errorOf, WireClient } from '../support/wire-client.js';

const DEADLOCK = 1213;
const LOCK_WAIT = 1205;

describeEachFlavour('transactions', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let first: Connection;
  let second: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute('CREATE TABLE app.accounts (id INT PRIMARY KEY, amount INT NOT NULL)');
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });
  beforeEach(async () => {
    await cluster.execute('DELETE FROM app.accounts', 'INSERT INTO app.accounts VALUES (1, 10), (2, 20)');
    [first, second] = [await weir.connect(), await weir.connect()];
  });
  afterEach(() => {
    first?.destroy();
    second?.destroy();
  });

  const serverOf = (client: Connection): Promise<number> => numberOf(client, 'SELECT @@server_id');
  const amounts = async (client: Connection): Promise<number[]> =>
    (await rowsOf(client, 'SELECT amount FROM accounts ORDER BY id FOR UPDATE')).map(({ amount }) => amount as number);

  it('end with a deadlock, for the one that is its victim alone', async () => {
    const clients = [first, second];
    for (const [index, client] of clients.entries()) {
      await client.beginTransaction();
      await client.query(`UPDATE accounts SET amount = amount + 1 WHERE id = ${index + 1}`);
    }
    const results = await Promise.allSettled(
      clients.map((client, index) => client.query(`UPDATE accounts SET amount = amount + 100 WHERE id = ${2 - index}`)),
    );
    const [victim, winner] = results[0]!.status === 'rejected' ? [first, second] : [second, first];
    expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { errno: DEADLOCK, sqlState: '40001' } }]);
    await winner.commit();
    // Nothing of it is left, and what comes now is no part of a transaction.
    await victim.query('INSERT INTO accounts VALUES (3, 30)');
    await victim.query('ROLLBACK');
    expect(await numberOf(winner, 'SELECT COUNT(*) FROM accounts FOR UPDATE')).toBe(3);
    expect([...(await amounts(winner))].sort((a, b) => a - b)[0]).toBeGreaterThan(10);
    expect(await serverOf(victim)).toBe(cluster.replicas[0]!.serverId);
  });

  it('go on behind a lock wait that was too long', async () => {
    await first.beginTransaction();
    await first.query('UPDATE accounts SET amount = 11 WHERE id = 1');
    await second.query('SET SESSION innodb_lock_wait_timeout = 1');
    await second.beginTransaction();
    await second.query('UPDATE accounts SET amount = 22 WHERE id = 2');
    await expect(second.query('UPDATE accounts SET amount = 12 WHERE id = 1')).rejects.toMatchObject({ errno: LOCK_WAIT });
    expect(await serverOf(second)).toBe(cluster.primary.serverId);
    await second.commit();
    await first.rollback();
    expect(await amounts(second)).toEqual([10, 22]);
  });

  it('begin at the primary with the first read, without autocommit', async () => {
    await first.query('SET autocommit = 0');
    expect(await serverOf(first)).toBe(cluster.primary.serverId);
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(10);
    await second.query('UPDATE accounts SET amount = 11 WHERE id = 1');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(10);
    await first.query('COMMIT');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(11);
    await first.query('SET autocommit = 1');
    expect(await serverOf(first)).toBe(cluster.replicas[0]!.serverId);
  });

  it('have the characteristics that were set for the next of them', async () => {
    await first.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await first.query('START TRANSACTION READ ONLY');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(10);
    await second.query('UPDATE accounts SET amount = 12 WHERE id = 1');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(12);
    await expect(first.query('UPDATE accounts SET amount = 0')).rejects.toMatchObject({ errno: 1792, sqlState: '25006' });
    await first.commit();
    expect(await serverOf(first)).toBe(cluster.replicas[0]!.serverId);
    await first.query('SET SESSION TRANSACTION READ ONLY');
    await expect(first.query('UPDATE accounts SET amount = 0')).rejects.toMatchObject({ errno: 1792 });
    await first.query('SET SESSION TRANSACTION READ WRITE');
    await first.query('UPDATE accounts SET amount = 13 WHERE id = 1');
    expect(await amounts(second)).toEqual([13, 20]);
  });

  it('read on a reader when they are READ ONLY, and refuse writes as at the primary', async () => {
    for (const begin of ['START TRANSACTION READ ONLY', 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY']) {
      await first.query(begin);
      expect(await serverOf(first), begin).toBe(cluster.replicas[0]!.serverId);
      for (const sql of ['UPDATE accounts SET amount = 0', 'DELETE FROM accounts', 'INSERT INTO accounts VALUES (9, 9)'])
        await expect(first.query(sql), sql).rejects.toMatchObject({ errno: 1792, sqlState: '25006' });
      await first.query('COMMIT');
    }
    expect(await amounts(first)).toEqual([10, 20]);
  });

  it.each(['killed', 'closed on one side', 'told to quit', 'killed while a statement runs'])(
    'are rolled back at once when their client is %s',
    async (how) => {
      const client = await WireClient.login(weir.port, { schema: 'app' });
      for (const sql of ['BEGIN', 'UPDATE accounts SET amount = 99 WHERE id = 1']) expect(errorOf(await client.query(sql)).errno).toBe(0);
      if (how === 'told to quit') client.send(Buffer.from([1]));
      else if (how === 'closed on one side') client.socket.end();
      else {
        if (how !== 'killed') void client.query('SELECT SLEEP(30)').catch(() => {});
        if (how !== 'killed') await untilSleeping();
        client.socket.resetAndDestroy();
      }
      await first.query('SET SESSION innodb_lock_wait_timeout = 10');
      await first.query('UPDATE accounts SET amount = amount + 1 WHERE id = 1');
      expect(await amounts(first)).toEqual([11, 20]);
      client.destroy();
    },
  );

  async function untilSleeping(): Promise<void> {
    await withRoot(cluster.primary, async (root) => {
      const sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(30)%'";
      for (const end = Date.now() + 10_000; (await numberOf(root, sql)) === 0; ) {
        if (Date.now() > end) throw new Error('the statement did not begin within 10 s');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  }
});

describeEachFlavour('transactions of a server that rolls back behind each lock wait', (flavour) => {
  it('are over, for client and session', async () => {
    const cluster = await startCluster({ flavour, replicas: 1, extraArgs: ['--innodb-rollback-on-timeout=ON'] });
    const weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
    try {
      await cluster.execute(
        'CREATE TABLE app.accounts (id INT PRIMARY KEY, amount INT NOT NULL)',
        'INSERT INTO app.accounts VALUES (1, 10), (2, 20)',
      );
      const [first, second] = [await weir.connect(), await weir.connect()];
      await first.beginTransaction();
      await first.query('UPDATE accounts SET amount = 11 WHERE id = 1');
      await second.query('SET SESSION innodb_lock_wait_timeout = 1');
      await second.beginTransaction();
      await second.query('UPDATE accounts SET amount = 22 WHERE id = 2');
      await expect(second.query('UPDATE accounts SET amount = 12 WHERE id = 1')).rejects.toMatchObject({ errno: LOCK_WAIT });
      await second.query('INSERT INTO accounts VALUES (3, 30)');
      await second.query('ROLLBACK');
      await first.rollback();
      expect(await rowsOf(first, 'SELECT amount FROM accounts ORDER BY id FOR UPDATE')).toEqual([
        { amount: 10 },
        { amount: 20 },
        { amount: 30 },
      ]);
      expect(await numberOf(second, 'SELECT @@server_id')).toBe(cluster.replicas[0]!.serverId);
      first.destroy();
      second.destroy();
    } finally {
      await weir.kill();
      await cluster.stop();
    }
  });
});
