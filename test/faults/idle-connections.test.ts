import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, readServer, rowsOf, sleep, until, WITNESS_TABLE, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const WAIT_TIMEOUT_SEC = 3;
const CLIENTS = 8;
const TRANSACTION_LOST = 1213;
const SESSION_STATE_LOST = 9100;
const OF_APPLICATION = "FROM information_schema.processlist WHERE user = 'app'";
const errnoOf = (attempt: Promise<unknown>): Promise<number> =>
  attempt.then(
    () => 0,
    (error: { errno: number }) => error.errno,
  );

describeEachFlavour('connections that rest', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let clients: Connection[];

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(WITNESS_TABLE);
    for (const server of cluster.servers)
      await withRoot(server, async (root) => {
        await root.query(`SET GLOBAL wait_timeout = ${WAIT_TIMEOUT_SEC}`);
      });
    weir = await startWeir({ cluster, mysqlVariables: { free_connections_pct: 100 } });
    clients = await Promise.all(Array.from({ length: CLIENTS }, () => weir.connect()));
  });
  afterAll(async () => {
    for (const client of clients ?? []) client.destroy();
    await weir?.kill();
    await cluster?.stop();
  });

  /** Each in a transaction at the same time: so many connections are free afterwards. */
  async function spreadOut(): Promise<void> {
    await Promise.all(clients.map((client) => client.beginTransaction()));
    await Promise.all(clients.map((client, number) => writeWitness(client, `spread ${number}`)));
    await Promise.all(clients.map((client) => client.commit()));
  }

  async function poolSums(): Promise<{ used: number; free: number; opened: number; failed: number }> {
    const admin = await weir.connectAdmin();
    const sums = 'SUM(ConnUsed) AS used, SUM(ConnFree) AS free, SUM(ConnOK) AS opened, SUM(ConnERR) AS failed';
    const [row] = await rowsOf(admin, `SELECT ${sums} FROM stats_mysql_connection_pool`);
    admin.destroy();
    return { used: Number(row!['used']), free: Number(row!['free']), opened: Number(row!['opened']), failed: Number(row!['failed']) };
  }

  function stored(note: string): Promise<number> {
    return withRoot(cluster.primary, (root) => numberOf(root, `SELECT COUNT(*) FROM app.witness WHERE note LIKE '${note}'`));
  }

  it('outlive the wait_timeout of their servers; what others may wait for does not', async () => {
    await spreadOut();
    const pinned = await weir.connect();
    await pinned.query('SET @kept = 7');
    await pinned.query('CREATE TEMPORARY TABLE own (id INT)');
    await pinned.query('INSERT INTO own VALUES (1), (2)');
    const inTransaction = await weir.connect();
    await inTransaction.beginTransaction();
    await writeWitness(inTransaction, 'left open');
    const locking = await weir.connect();
    await numberOf(locking, "SELECT GET_LOCK('weir', 0)");
    const before = await poolSums();
    await sleep(2.5 * WAIT_TIMEOUT_SEC * 1000);
    const isFree = await withRoot(cluster.primary, (root) => numberOf(root, "SELECT IS_FREE_LOCK('weir')"));
    expect(isFree).toBe(1);
    expect(await poolSums()).toMatchObject({ opened: before.opened, failed: 0, used: 1 });

    // Rather than the 0 that a ping leaves.
    expect(await numberOf(pinned, 'SELECT ROW_COUNT()')).toBe(2);
    expect(await numberOf(pinned, 'SELECT @kept')).toBe(7);
    expect(await numberOf(pinned, 'SELECT COUNT(*) FROM own')).toBe(2);
    await Promise.all(clients.map((client, number) => writeWitness(client, `rested ${number}`)));
    const servers = await Promise.all(clients.map((client) => readServer(client)));
    expect(new Set(servers)).toEqual(new Set([cluster.replicas[0]!.serverId]));
    expect(await stored('rested %')).toBe(CLIENTS);

    expect(await errnoOf(inTransaction.commit())).toBe(TRANSACTION_LOST);
    expect(await errnoOf(numberOf(locking, "SELECT RELEASE_LOCK('weir')"))).toBe(SESSION_STATE_LOST);
    expect(await numberOf(inTransaction, 'SELECT 1')).toBe(1);
    expect(await numberOf(locking, 'SELECT 1')).toBe(1);
    expect(await stored('left open')).toBe(0);
    for (const client of [pinned, inTransaction, locking]) client.destroy();
    await until('no connection in use', async () => (await poolSums()).used === 0);
  });

  it('that are ended while a statement is on its way lose none', async () => {
    const admin = await weir.connectAdmin();
    const pids = (await rowsOf(admin, 'SELECT pid FROM stats_weir_workers')).map((row) => Number(row['pid']));
    admin.destroy();
    for (let round = 0; round < 3; round++) {
      await spreadOut();
      // Longer than connections rest under load.
      await sleep(400);
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      let answers: Promise<[ResultSetHeader, unknown]>[];
      try {
        // The worker will find the statements first, and behind them that the servers are gone.
        answers = clients.map((client, number) =>
          client.query(`INSERT INTO witness (note, server) VALUES ('round ${round} ${number}', 1)`),
        );
        await sleep(50);
        await withRoot(cluster.primary, endConnectionsOfApplication);
      } finally {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      }
      await Promise.all(answers);
      expect(await stored(`round ${round} %`)).toBe(CLIENTS);
    }
    for (const client of clients) client.destroy();
    await until('no connection in use', async () => (await poolSums()).used === 0);
    const counts = await Promise.all(
      cluster.servers.map((server) => withRoot(server, (root) => numberOf(root, `SELECT COUNT(*) ${OF_APPLICATION}`))),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe((await poolSums()).free);
  });
});

async function endConnectionsOfApplication(root: Connection): Promise<void> {
  for (const { id } of await rowsOf(root, `SELECT id AS id ${OF_APPLICATION}`)) await root.query(`KILL ${Number(id)}`);
  await until('the end of the connections', async () => (await numberOf(root, `SELECT COUNT(*) ${OF_APPLICATION}`)) === 0);
}
