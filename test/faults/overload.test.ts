import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStorm } from '../support/connect-storm.js';
import { APP } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, rowsOf, sleep, until } from '../support/statements.js';
import { type RunningWeir, startWeir, type WeirOptions } from '../support/weir.js';
import { WireClient } from '../support/wire-client.js';

/** weir answers itself: what is measured is weir, and no server is needed. */
const ALONE: WeirOptions = {
  pairs: [],
  rules: [{ rule_id: 1, active: 1, match_pattern: '^SELECT', OK_msg: 'fine', apply: 1 }],
};
const QUIET = { monitor_enabled: false, threads: 2 };
const LIMITED = { username: 'limited', password: 'limited', hostgroup: 0, more: { max_connections: 30 } };

async function globalStatus(weir: RunningWeir): Promise<Record<string, number>> {
  const admin = await weir.connectAdmin();
  const rows = await rowsOf(admin, 'SELECT Variable_Name AS name, Variable_Value AS value FROM stats_mysql_global');
  admin.destroy();
  return Object.fromEntries(rows.map(({ name, value }) => [name, Number(value)]));
}

/** Clients that weir counts as connected. */
const connected = async (weir: RunningWeir): Promise<number> => (await globalStatus(weir))['Client_Connections_connected']!;

/** Latencies, ms, of point statements from a thread of their own while `work` goes on. */
async function latenciesDuring(traffic: Worker, work: () => Promise<unknown>): Promise<{ count: number; p99: number; max: number }> {
  traffic.postMessage('measure');
  await work();
  traffic.postMessage('report');
  const [report] = await once(traffic, 'message');
  return report;
}

describe('a storm of connects', () => {
  let weir: RunningWeir;
  let traffic: Worker;

  beforeAll(async () => {
    weir = await startWeir({ ...ALONE, mysqlVariables: QUIET });
    const connection = { host: weir.host, port: weir.port, user: APP.username, password: APP.password };
    traffic = new Worker(new URL('../support/traffic-thread.mjs', import.meta.url), { workerData: { connection, clients: 4 } });
    await until('the traffic', async () => (await connected(weir)) === 4);
  });
  afterAll(async () => {
    if (traffic !== undefined) {
      const ended = once(traffic, 'exit');
      traffic.postMessage('stop');
      await ended;
    }
    await weir?.kill();
  });

  it.each([
    { storm: '5,000 in a second', options: { count: 5_000, overMs: 1_000 } },
    { storm: '5,000 at once', options: { count: 5_000 } },
    { storm: '1,000 with TLS', options: { count: 1_000, overMs: 500, tls: true } },
  ])('of $storm lets all in and does not starve running sessions', async ({ options }) => {
    const calm = await latenciesDuring(traffic, () => sleep(1_000));
    let outcomes = {};
    const stormy = await latenciesDuring(traffic, async () => {
      const storm = await connectStorm({ port: weir.port, ...options });
      outcomes = storm.outcomes;
    });
    expect(outcomes).toEqual({ login: options.count });
    // Two cores are shared with the storm itself: what is bounded is how long one statement waits, not how many there are.
    expect(stormy.p99, JSON.stringify({ calm, stormy })).toBeLessThan(30 + 20 * calm.p99);
    expect(stormy.max, JSON.stringify({ calm, stormy })).toBeLessThan(400);
    expect(stormy.count).toBeGreaterThan(calm.count / 100);
    await until('their end', async () => (await connected(weir)) === 4);
    expect(weir.logs.filter('worker died')).toEqual([]);
  });

  it('leaves nothing behind: memory and descriptors are at their level again', async () => {
    const levels: { readonly bytes: number; readonly descriptors: number }[] = [];
    for (let round = 0; round < 8; round++) {
      await (await connectStorm({ port: weir.port, count: 2_000 })).ended;
      await until('their end', async () => (await connected(weir)) === 4);
      levels.push(await levelOf(weir));
    }
    // The lowest of several: what waits for the garbage collector goes up and down, a leak only up.
    const lowest = (from: number, key: 'bytes' | 'descriptors'): number =>
      Math.min(...levels.slice(from, from + 3).map((level) => level[key]));
    expect(lowest(5, 'descriptors'), JSON.stringify(levels)).toBeLessThanOrEqual(lowest(1, 'descriptors') + 4);
    expect(lowest(5, 'bytes') - lowest(1, 'bytes'), JSON.stringify(levels)).toBeLessThan(30 * 1024 * 1024);
  });
});

/** What all workers hold. */
async function levelOf(weir: RunningWeir): Promise<{ readonly bytes: number; readonly descriptors: number }> {
  const admin = await weir.connectAdmin();
  const rows = await rowsOf(admin, 'SELECT pid, resident_bytes AS bytes FROM stats_weir_workers');
  admin.destroy();
  return {
    bytes: rows.reduce((sum, { bytes }) => sum + Number(bytes), 0),
    descriptors: rows.reduce((sum, { pid }) => sum + readdirSync(`/proc/${pid}/fd`).length, 0),
  };
}

describe('limits of connections', () => {
  const MOST = 100;
  let weir: RunningWeir;

  beforeAll(async () => {
    weir = await startWeir({
      ...ALONE,
      users: [{ ...APP, hostgroup: 0 }, LIMITED],
      mysqlVariables: { ...QUIET, max_connections: MOST, connect_timeout_client: 600 },
    });
  });
  afterAll(() => weir?.kill());

  /** Exactly the limit is let in, however they come. */
  async function expectExactly(count: number, credentials: { username: string; password: string }, errno: number): Promise<void> {
    await until('nobody being connected', async () => (await connected(weir)) === 0);
    const storm = await connectStorm({ port: weir.port, count: 4 * count, holdMs: 700, ...credentials });
    expect(storm.outcomes).toEqual({ login: count, [errno]: 3 * count });
    expect(await connected(weir)).toBe(count);
    await storm.ended;
  }

  it('let in exactly so many clients over all workers, and exactly so many of a user', async () => {
    await expectExactly(MOST, APP, 1040);
    await until('nobody being connected', async () => (await connected(weir)) === 0);
    const storm = await connectStorm({ port: weir.port, count: 90, holdMs: 500, ...LIMITED });
    expect(storm.outcomes).toEqual({ login: 30, 1226: 60 });
    await storm.ended;
  });

  it('forget nobody who leaves, in whatever phase', async () => {
    const few = { port: weir.port, count: 60 };
    for (const phase of ['greeting', 'response'] as const)
      for (const tls of [false, true]) await (await connectStorm({ ...few, until: phase, tls: tls && phase === 'response' })).ended;
    const denied = await connectStorm({ ...few, password: 'wrong' });
    expect(denied.outcomes).toEqual({ 1045: 60 });
    // Silent ones are cut at connect_timeout_client.
    const silent = await connectStorm({ ...few, count: 2 * MOST, until: 'greeting', holdMs: 3_000 });
    expect(silent.outcomes).toEqual({ greeting: MOST, 1040: MOST });
    await until('the silent ones being cut', async () => (await connected(weir)) === 0, 4_000);
    await silent.ended;
    await expectExactly(MOST, APP, 1040);
  });

  it('follow the variable at once, up and down', async () => {
    const admin = await weir.connectAdmin();
    const setMost = async (most: number): Promise<void> => {
      await admin.query(`SET mysql-max_connections = ${most}`);
      await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    };
    await setMost(10);
    await expectExactly(10, APP, 1040);
    await setMost(MOST);
    await expectExactly(MOST, APP, 1040);
    admin.destroy();
  });

  it('come back from a worker that is killed', async () => {
    await until('nobody being connected', async () => (await connected(weir)) === 0);
    const storm = await connectStorm({ port: weir.port, count: MOST, holdMs: 1_500 });
    expect(storm.outcomes).toEqual({ login: MOST });
    const admin = await weir.connectAdmin();
    const pid = await numberOf(admin, 'SELECT pid FROM stats_weir_workers ORDER BY sessions DESC LIMIT 1');
    process.kill(pid, 'SIGKILL');
    await storm.ended;
    await until('both workers', async () => (await numberOf(admin, 'SELECT COUNT(*) FROM stats_weir_workers')) === 2);
    admin.destroy();
    await expectExactly(MOST, APP, 1040);
  });

  it('are told in a way that clients understand', async () => {
    await until('nobody being connected', async () => (await connected(weir)) === 0);
    const held = await Promise.all(Array.from({ length: 30 }, () => weir.connect({ user: 'limited', password: 'limited', database: '' })));
    await expect(weir.connect({ user: 'limited', password: 'limited', database: '' })).rejects.toMatchObject({
      errno: 1226,
      sqlState: '42000',
      message: "User 'limited' has exceeded the 'max_user_connections' resource (current value: 30)",
    });
    const others = await Promise.all(Array.from({ length: MOST - 30 }, () => weir.connect({ database: '' })));
    await expect(weir.connect({ database: '' })).rejects.toMatchObject({ errno: 1040, message: 'Too many connections' });
    for (const connection of [...held, ...others]) connection.destroy();
  });
});

describeEachFlavour('too many connections', (flavour) => {
  it('is said in the bytes of a server', async () => {
    const cluster = await startCluster({ flavour, replicas: 0 });
    const weir = await startWeir({ ...ALONE, mysqlVariables: { ...QUIET, max_connections: 10 } });
    try {
      await withRoot(cluster.primary, (root) => root.query('SET GLOBAL max_connections = 10'));
      const [fromServer, fromWeir] = [await refusalOf(cluster.primary.port), await refusalOf(weir.port)];
      expect(fromWeir).toEqual(fromServer);
      expect(fromWeir.readUInt16LE(1)).toBe(1040);
    } finally {
      await weir.kill();
      await cluster.stop();
    }
  });
});

/** What a client gets instead of a greeting. */
async function refusalOf(port: number): Promise<Buffer> {
  const clients: WireClient[] = [];
  try {
    for (let number = 0; number < 20; number++) {
      const client = await WireClient.open(port);
      clients.push(client);
      const { payload } = await client.packet();
      if (payload[0] === 0xff) return payload;
    }
    throw new Error('nobody was refused');
  } finally {
    for (const client of clients) client.destroy();
  }
}

describe('too few file descriptors', () => {
  it('refuse clients with 1040, are told of once, and are no more when clients leave', async () => {
    const weir = await startWeir({ ...ALONE, openFiles: 192, mysqlVariables: QUIET });
    try {
      expect(weir.logs.filter('too few file descriptors')[0]).toMatchObject({ shortage: expect.stringContaining('192 files (ulimit -n)') });
      const session = await weir.connect({ database: '' });
      for (let round = 0; round < 2; round++) {
        const storm = await connectStorm({ port: weir.port, count: 600, holdMs: 500 });
        const { login = 0, 1040: refused = 0, ...rest } = storm.outcomes;
        expect(rest).toEqual({});
        expect(login).toBeGreaterThan(50);
        expect(refused).toBeGreaterThan(100);
        await session.query('SELECT 1');
        await storm.ended;
        await until('the end of the others', async () => (await connected(weir)) === 1);
      }
      expect(weir.logs.filter((line) => String(line.msg).startsWith('out of file descriptors')).length).toBeLessThanOrEqual(2);
      expect((await globalStatus(weir))['weir_descriptors_exhausted']).toBeGreaterThan(200);
      expect(weir.logs.filter('worker died')).toEqual([]);
      session.destroy();
    } finally {
      await weir.kill();
    }
  });
});

describeEachFlavour('too few file descriptors for connections to servers', (flavour) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 0 });
  });
  afterAll(() => cluster?.stop());

  it("are weir's problem: no server is shunned for them, and it heals", async () => {
    const weir = await startWeir({
      cluster,
      openFiles: 192,
      mysqlVariables: { threads: 1, connect_timeout_server_max: 1_000, shun_on_failures: 1 },
    });
    const sessions: Connection[] = [];
    try {
      // Clients first: each of their transactions then needs a connection of its own, and there are not so many descriptors.
      for (let number = 0; number < 115; number++) sessions.push(await weir.connect({ database: '' }));
      const failures: string[] = [];
      for (const session of sessions) {
        session.on('error', () => undefined);
        await session.query('BEGIN').catch((error: Error) => failures.push(error.message));
        if (failures.length === 2) break;
      }
      expect(failures.join('\n')).toMatch(/EMFILE/);
      const admin = await weir.connectAdmin();
      const [server] = await rowsOf(admin, 'SELECT status FROM stats_mysql_connection_pool WHERE hostgroup = 0');
      expect(server).toMatchObject({ status: 'ONLINE' });
      admin.destroy();
      for (const session of sessions.splice(0)) session.destroy();
      await until('statements again', async () => {
        const session = await weir.connect();
        sessions.push(session);
        await session.query('SELECT 1');
        return true;
      });
      expect(weir.logs.filter('worker died')).toEqual([]);
    } finally {
      for (const session of sessions) session.destroy();
      await weir.kill();
    }
  });
});
