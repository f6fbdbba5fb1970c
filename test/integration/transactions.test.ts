import type { Connection } from 'mysql2/promise';
import { beforeEach, expect, it } from 'vitest';
import { Bed } from '../support/bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { withRoot } from '../support/servers/index.js';
import { numberOf, readServer, rowsOf, until } from '../support/statements.js';
import { errorOf, WireClient } from '../support/wire-client.js';

const DEADLOCK = 1213;
const LOCK_WAIT = 1205;

/** @returns what the second got whose lock wait behind the first was too long; it has changed account 2 before, in the same transaction */
async function waitTooLong(first: Connection, second: Connection): Promise<unknown> {
  await first.beginTransaction();
  await first.query('UPDATE accounts SET amount = 11 WHERE id = 1');
  await second.query('SET SESSION innodb_lock_wait_timeout = 1');
  await second.beginTransaction();
  await second.query('UPDATE accounts SET amount = 22 WHERE id = 2');
  return second.query('UPDATE accounts SET amount = 12 WHERE id = 1').catch((error: unknown) => error);
}

/** Read at the primary. */
async function amountsOf(client: Connection): Promise<number[]> {
  return (await rowsOf(client, 'SELECT amount FROM accounts ORDER BY id FOR UPDATE')).map(({ amount }) => amount as number);
}

const ACCOUNTS = 'CREATE TABLE app.accounts (id INT PRIMARY KEY, amount INT NOT NULL)';
const TWO_ACCOUNTS = 'INSERT INTO app.accounts VALUES (1, 10), (2, 20)';

describeEachFlavour('transactions', (flavour) => {
  const bed = new Bed(flavour, { schema: [ACCOUNTS] });
  let first: Connection;
  let second: Connection;

  beforeEach(async () => {
    await bed.cluster.execute('DELETE FROM app.accounts', TWO_ACCOUNTS);
    [first, second] = [await bed.connect(), await bed.connect()];
  });

  const primary = (): number => bed.cluster.primary.serverId;
  const replica = (): number => bed.cluster.replicas[0]!.serverId;

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
    expect([...(await amountsOf(winner))].sort((a, b) => a - b)[0]).toBeGreaterThan(10);
    expect(await readServer(victim)).toBe(replica());
  });

  it('go on behind a lock wait that was too long', async () => {
    expect(await waitTooLong(first, second)).toMatchObject({ errno: LOCK_WAIT });
    expect(await readServer(second)).toBe(primary());
    await second.commit();
    await first.rollback();
    expect(await amountsOf(second)).toEqual([10, 22]);
  });

  it('begin at the primary with the first read, without autocommit', async () => {
    await first.query('SET autocommit = 0');
    expect(await readServer(first)).toBe(primary());
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(10);
    await second.query('UPDATE accounts SET amount = 11 WHERE id = 1');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(10);
    await first.query('COMMIT');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(11);
    await first.query('SET autocommit = 1');
    expect(await readServer(first)).toBe(replica());
  });

  it('have the characteristics that were set for the next of them', async () => {
    await first.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await first.query('START TRANSACTION READ ONLY');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(10);
    await second.query('UPDATE accounts SET amount = 12 WHERE id = 1');
    expect(await numberOf(first, 'SELECT amount FROM accounts WHERE id = 1')).toBe(12);
    await expect(first.query('UPDATE accounts SET amount = 0')).rejects.toMatchObject({ errno: 1792, sqlState: '25006' });
    await first.commit();
    expect(await readServer(first)).toBe(replica());
    await first.query('SET SESSION TRANSACTION READ ONLY');
    await expect(first.query('UPDATE accounts SET amount = 0')).rejects.toMatchObject({ errno: 1792 });
    await first.query('SET SESSION TRANSACTION READ WRITE');
    await first.query('UPDATE accounts SET amount = 13 WHERE id = 1');
    expect(await amountsOf(second)).toEqual([13, 20]);
  });

  it('read on a reader when they are READ ONLY, and refuse writes as at the primary', async () => {
    for (const begin of ['START TRANSACTION READ ONLY', 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY']) {
      await first.query(begin);
      expect(await readServer(first), begin).toBe(replica());
      for (const sql of ['UPDATE accounts SET amount = 0', 'DELETE FROM accounts', 'INSERT INTO accounts VALUES (9, 9)'])
        await expect(first.query(sql), sql).rejects.toMatchObject({ errno: 1792, sqlState: '25006' });
      await first.query('COMMIT');
    }
    expect(await amountsOf(first)).toEqual([10, 20]);
  });

  it.each(['killed', 'closed on one side', 'told to quit', 'killed while a statement runs'])(
    'are rolled back at once when their client is %s',
    async (how) => {
      const client = await WireClient.login(bed.weir.port, { schema: 'app' });
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
      expect(await amountsOf(first)).toEqual([11, 20]);
      client.destroy();
    },
  );

  async function untilSleeping(): Promise<void> {
    const sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(30)%'";
    await withRoot(bed.cluster.primary, (root) => until('the statement begins', async () => (await numberOf(root, sql)) > 0));
  }

  it.runIf(flavour === 'mysql')(
    'hold locks of tables without transactions until their end, with autocommit=0, and not longer',
    async () => {
      await bed.cluster.execute('CREATE TABLE app.plain (a INT) ENGINE = MyISAM');
      await withRoot(bed.cluster.primary, async (root) => {
        const change = () => root.query('TRUNCATE TABLE app.plain');
        await root.query('SET lock_wait_timeout = 1');
        await first.query('SET autocommit = 0');
        for (const statement of ['SHOW COLUMNS FROM plain', 'SELECT 1']) await first.query(statement);
        await first.query('COMMIT');
        await change();
        await first.query('SELECT * FROM plain');
        await first.query('SELECT 1');
        await expect(change()).rejects.toMatchObject({ errno: LOCK_WAIT });
        await first.query('COMMIT');
        await change();
        await expect(first.query('SELECT nosuch FROM plain')).rejects.toMatchObject({ errno: 1054 });
        await first.query('SELECT 1');
        await expect(change()).rejects.toMatchObject({ errno: LOCK_WAIT });
        await first.end();
        await until('the locks are gone with the session', () =>
          change().then(
            () => true,
            () => false,
          ),
        );
      });
    },
  );
});

describeEachFlavour('transactions of a server that rolls back behind each lock wait', (flavour) => {
  const bed = new Bed(flavour, { extraArgs: ['--innodb-rollback-on-timeout=ON'], schema: [ACCOUNTS, TWO_ACCOUNTS] });

  it('are over, for client and session', async () => {
    const [first, second] = [await bed.connect(), await bed.connect()];
    expect(await waitTooLong(first, second)).toMatchObject({ errno: LOCK_WAIT });
    await second.query('INSERT INTO accounts VALUES (3, 30)');
    await second.query('ROLLBACK');
    await first.rollback();
    expect(await amountsOf(first)).toEqual([10, 20, 30]);
    expect(await readServer(second)).toBe(bed.cluster.replicas[0]!.serverId);
  });
});
