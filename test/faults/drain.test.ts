import { readFileSync } from 'node:fs';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readErr } from '../../src/protocol/packets/err.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, sleep, until, WITNESS_TABLE, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir, type WeirOptions } from '../support/weir.js';
import { comQuery, WireClient } from '../support/wire-client.js';

/** The error that ends a connection which does nothing; mysql2 has the server's number as its code. */
function endOf(connection: Connection): Promise<unknown> {
  return new Promise((resolve) => connection.once('error', resolve));
}

const ended = (connection: Connection): Promise<unknown> =>
  connection.query('SELECT 1').then(
    () => null,
    (error: unknown) => error,
  );

/** What a client that connects now gets: an errno, or 0 when it is let in. */
async function lateClient(weir: RunningWeir): Promise<number> {
  try {
    (await weir.connect()).destroy();
    return 0;
  } catch (error) {
    return (error as { errno: number }).errno;
  }
}

/** Process ids of weir's workers. */
function workersOf(weir: RunningWeir): number[] {
  const children = readFileSync(`/proc/${weir.pid}/task/${weir.pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('worker.js'));
}

describeEachFlavour('the end of weir', (flavour) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0 });
    await cluster.execute(WITNESS_TABLE);
  });
  afterAll(() => cluster?.stop());

  async function withWeir(options: WeirOptions['mysqlVariables'], work: (weir: RunningWeir) => Promise<void>): Promise<void> {
    const weir = await startWeir({ cluster, mysqlVariables: { ...options } });
    try {
      await work(weir);
    } finally {
      await weir.kill();
    }
  }

  it('tells idle clients, lets a transaction and a statement finish, and refuses new clients', async () => {
    await withWeir({}, async (weir) => {
      const [idle, pinned, busy, slow] = await Promise.all([weir.connect(), weir.connect(), weir.connect(), weir.connect()]);
      await idle.query('SELECT 1');
      await pinned.query('CREATE TEMPORARY TABLE kept (id INT)');
      await busy.beginTransaction();
      await writeWitness(busy, 'drain');
      const sleeping = slow.query('SELECT SLEEP(1.5) AS slept');
      await sleep(200);
      const ends = [endOf(idle), endOf(pinned)];
      weir.signal('SIGTERM');
      for (const error of await Promise.all(ends)) expect(error).toMatchObject({ code: 1053 });
      await until('no more clients', async () => (await lateClient(weir)) !== 0);
      await writeWitness(busy, 'drain');
      await busy.commit();
      expect((await sleeping)[0]).toEqual([{ slept: 0 }]);
      expect(await weir.exited).toEqual({ code: 0, signal: null });
      const count = "SELECT COUNT(*) FROM app.witness WHERE note = 'drain'";
      expect(await withRoot(cluster.primary, (root) => numberOf(root, count))).toBe(2);
    });
  });

  it('waits for clients that still read what servers have answered long ago', async () => {
    const [rows, rowBytes] = [16, 1_000_000];
    await withWeir({ client_buffer_max_bytes: 2 * rows * rowBytes, threads: 1 }, async (weir) => {
      const admin = await weir.connectAdmin();
      const client = await WireClient.login(weir.port);
      client.socket.pause();
      const row = `SELECT REPEAT('x', ${rowBytes}) AS filler`;
      client.send(comQuery([row, ...Array.from({ length: rows - 1 }, () => row)].join(' UNION ALL ')));
      const answered = "SELECT COUNT(*) FROM stats_mysql_query_digest WHERE digest_text LIKE '%UNION ALL%'";
      await until('the end of the statement', async () => (await numberOf(admin, answered)) === 1);
      weir.signal('SIGTERM');
      await weir.waitForLog('weir stops');
      // Long enough for a worker that waits for nobody.
      await sleep(500);
      client.socket.resume();
      const packets = await client.reply('result');
      expect(packets.filter(({ payload }) => payload.length > rowBytes)).toHaveLength(rows);
      const end = await client.packet();
      expect(readErr(end.payload, 0, end.payload.length).errno).toBe(1053);
      expect(await weir.exited).toEqual({ code: 0, signal: null });
      admin.destroy();
    });
  });

  it('tells who is not done within mysql-shutdown_drain_ms, and ends what the server does for them', async () => {
    await withWeir({ shutdown_drain_ms: 500 }, async (weir) => {
      const [busy, transaction] = await Promise.all([weir.connect(), weir.connect()]);
      await transaction.beginTransaction();
      await writeWitness(transaction, 'never committed');
      const failure = busy.query('SELECT SLEEP(30)').catch((error: unknown) => error);
      const end = endOf(transaction);
      await sleep(200);
      weir.signal('SIGTERM');
      expect(await failure).toMatchObject({ errno: 1053, sqlState: '08S01' });
      expect(await end).toMatchObject({ code: 1053 });
      expect(await weir.exited).toEqual({ code: 0, signal: null });
      const running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(30)%'";
      await until('the end on the server', () => withRoot(cluster.primary, async (root) => (await numberOf(root, running)) === 0), 1_500);
    });
  });

  it('is at once when it is asked for twice', async () => {
    await withWeir({}, async (weir) => {
      const busy = await weir.connect();
      const end = endOf(busy);
      await busy.beginTransaction();
      weir.signal('SIGTERM');
      await weir.waitForLog('weir stops');
      await sleep(300);
      const begun = Date.now();
      weir.signal('SIGTERM');
      expect(await weir.exited).toEqual({ code: 0, signal: null });
      expect(Date.now() - begun).toBeLessThan(2_000);
      await end;
    });
  });

  it('does not wait for a worker that dies meanwhile, nor start it again', async () => {
    await withWeir({}, async (weir) => {
      const busy = await weir.connect();
      const end = endOf(busy);
      await busy.beginTransaction();
      weir.signal('SIGTERM');
      await weir.waitForLog('weir stops');
      await sleep(300);
      for (const pid of workersOf(weir)) process.kill(pid, 'SIGKILL');
      await end;
      expect(await weir.exited).toEqual({ code: 0, signal: null });
      expect(weir.logs.filter('worker died')).toEqual([]);
    });
  });

  it('of its traffic side is the same: PROXYSQL STOP drains, START begins anew', async () => {
    await withWeir({ shutdown_drain_ms: 5_000 }, async (weir) => {
      const admin = await weir.connectAdmin();
      const [idle, busy] = await Promise.all([weir.connect(), weir.connect()]);
      const end = endOf(idle);
      const busyEnd = endOf(busy);
      await busy.beginTransaction();
      const stopped = admin.query('PROXYSQL STOP');
      expect(await end).toMatchObject({ code: 1053 });
      await writeWitness(busy, 'stop');
      await busy.commit();
      expect(await busyEnd).toMatchObject({ code: 1053 });
      await stopped;
      await admin.query('PROXYSQL START');
      const again = await weir.connect();
      expect(await numberOf(again, "SELECT COUNT(*) FROM witness WHERE note = 'stop'")).toBe(1);
      again.destroy();
      admin.destroy();
    });
  });

  it('is not PROXYSQL PAUSE: sessions go on, also in new transactions, and only new clients are refused', async () => {
    await withWeir({}, async (weir) => {
      const admin = await weir.connectAdmin();
      const session = await weir.connect();
      await admin.query('PROXYSQL PAUSE');
      await until('new clients being refused', async () => (await lateClient(weir)) === 1053);
      await session.beginTransaction();
      await writeWitness(session, 'paused');
      await session.commit();
      expect(await numberOf(session, "SELECT COUNT(*) FROM witness WHERE note = 'paused'")).toBe(1);
      await admin.query('PROXYSQL RESUME');
      await until('new clients', async () => (await lateClient(weir)) === 0);
      session.destroy();
      admin.destroy();
    });
  });
});

describe('a worker that is frozen', () => {
  it('is told of, killed and started again, while the other goes on', async () => {
    const weir = await startWeir({
      pairs: [],
      rules: [{ rule_id: 1, active: 1, match_pattern: '^SELECT', OK_msg: 'fine', apply: 1 }],
      mysqlVariables: { monitor_enabled: false, threads: 2 },
    });
    try {
      const connections = await Promise.all(Array.from({ length: 40 }, () => weir.connect({ database: '' })));
      const [frozen] = workersOf(weir);
      const number = Number(readFileSync(`/proc/${frozen}/cmdline`, 'latin1').split('\0').at(-2));
      const mine = connections.filter(({ threadId }) => (threadId & 0xff) === number);
      const others = connections.filter(({ threadId }) => (threadId & 0xff) !== number);
      const ends = mine.map(endOf);
      // Notices are for those that hang; whoever is not asked yet must not end the test.
      for (const connection of connections) connection.on('error', () => undefined);
      process.kill(frozen!, 'SIGSTOP');
      const begun = Date.now();
      await weir.waitForLog('worker does not answer', 6_000);
      for (const other of others) expect(await ended(other)).toBeNull();
      expect(await weir.waitForLog('worker is frozen and is killed', 12_000)).toMatchObject({ worker: number, pid: frozen });
      await Promise.all(ends);
      await until('its successor', () => weir.logs.filter('worker started').length === 3, 3_000);
      expect(Date.now() - begun).toBeLessThan(15_000);
      const again = await weir.connect({ database: '' });
      expect(await ended(again)).toBeNull();
      for (const connection of [...connections, again]) connection.destroy();
    } finally {
      await weir.kill();
    }
  }, 30_000);
});
