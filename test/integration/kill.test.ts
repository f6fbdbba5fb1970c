import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureKeyFiles, keyFileNames } from '../../src/net/key-files.js';
import { type Account, createAccount } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, ROOT, type RunningServer, startCluster, startServer, withRoot } from '../support/servers/index.js';
import { numberOf, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const KEEPER: Account = { username: 'keeper', password: 'keeper' };
/** Privileges to end what others run. */
const KEEPING = { mysql: 'CONNECTION_ADMIN, SYSTEM_USER', mariadb: 'CONNECTION ADMIN' };

describeEachFlavour('KILL by the numbers that clients know', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(
      createAccount(flavour, KEEPER),
      'CREATE ROLE keeping',
      `GRANT ${KEEPING[flavour]} ON *.* TO keeping`,
      'GRANT keeping TO keeper',
    );
    weir = await startWeir({ cluster, users: [APP, ROOT, KEEPER].map((user) => ({ ...user, hostgroup: 0 })) });
  }, 60_000);
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('ends a statement, and the client goes on', async () => {
    const victim = await weir.connect();
    const killer = await weir.connect();
    const sleeping = victim.query("SELECT SLEEP(20), 'long' FROM DUAL FOR UPDATE").then(
      ([rows]) => rows,
      (error: { errno: number }) => error.errno,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await killer.query(`KILL QUERY ${victim.threadId}`);
    const outcome = await sleeping;
    // A server interrupts SLEEP with a 1 in its row, or the statement with 1317.
    expect(outcome === 1317 || Array.isArray(outcome)).toBe(true);
    const [[row]] = (await victim.query('SELECT 1 AS one')) as unknown as [[{ one: number }]];
    expect(row.one).toBe(1);
    await victim.end();
    await killer.end();
  });

  it('leaves a connection that nobody else gets: it may come late', async () => {
    const [victim, killer, server] = [await weir.connect(), await weir.connect(), await cluster.primary.connect()];
    await victim.query('SET @kept = 1');
    const sleeping = victim.query("DO SLEEP(20), 'late'").catch(() => undefined);
    const find = (what: string, condition: string): Promise<number> =>
      numberOf(server, `SELECT ${what} FROM information_schema.processlist WHERE ${condition}`);
    const isIt = "info LIKE 'DO SLEEP%late%'";
    await until('the statement to run', async () => (await find('COUNT(*)', isIt)) === 1);
    const number = await find('id', isIt);
    await killer.query(`KILL QUERY ${victim.threadId}`);
    await sleeping;
    expect(await find('COUNT(*)', `id = ${number}`)).toBe(1);
    await victim.end();
    await until('its end', async () => (await find('COUNT(*)', `id = ${number}`)) === 0);
    for (const each of [killer, server]) await each.end();
  });

  it('ends a statement that waits for a connection', async () => {
    await cluster.execute('CREATE TABLE app.once (id INT PRIMARY KEY)');
    const { host: address, port } = cluster.primary;
    const single = await startWeir({
      servers: [{ address, port, hostgroup: 0, more: { max_connections: 1 } }],
      users: [{ ...APP, hostgroup: 0 }],
    });
    const [blocker, victim, killer] = [await single.connect(), await single.connect(), await single.connect()];
    const admin = await single.connectAdmin();
    await blocker.query('BEGIN');
    await blocker.query('INSERT INTO once VALUES (1)');
    const answer = victim.query('INSERT INTO once VALUES (2)').catch(({ errno, sqlState }) => ({ errno, sqlState }));
    const shown = `SELECT COUNT(*) FROM stats_mysql_processlist WHERE SessionID = ${victim.threadId} AND command = 'Query'`;
    await until('the statement that waits', async () => (await numberOf(admin, shown)) === 1);
    await killer.query(`KILL QUERY ${victim.threadId}`);
    expect(await answer).toEqual({ errno: 1317, sqlState: '70100' });
    await blocker.query('COMMIT');
    expect(await numberOf(victim, 'SELECT COUNT(*) FROM once FOR UPDATE')).toBe(1);
    for (const client of [blocker, victim, killer, admin]) await client.end();
    await single.kill();
  });

  it('ends a connection with a statement under way as a server does, without an error', async () => {
    const { host, port } = cluster.primary;
    const straight = { host, port };
    const ends = [];
    for (const place of [straight, {}]) {
      const [victim, killer] = [await weir.connect(place), await weir.connect(place)];
      victim.on('error', () => {});
      const end = victim.query('SELECT SLEEP(20)').catch(({ code, errno, fatal }) => ({ code, errno, fatal }));
      await new Promise((resolve) => setTimeout(resolve, 300));
      await killer.query(`KILL ${victim.threadId}`);
      ends.push(await end);
      await killer.end();
    }
    expect(ends[1]).toEqual(ends[0]);
  });

  it('ends a connection, sent or prepared; refuses an unknown number', async () => {
    const victim = await weir.connect();
    const killer = await weir.connect();
    const ended = new Promise((resolve) => (victim as unknown as { connection: NodeJS.EventEmitter }).connection.once('error', resolve));
    await killer.query(`KILL ${victim.threadId}`);
    await ended;
    await expect(killer.query('KILL 16777000')).rejects.toMatchObject({ errno: 1094 });
    await expect(killer.execute('KILL 16777000')).rejects.toMatchObject({ errno: 1094 });
    await killer.end();
  });

  /** Of the application, over both workers. */
  async function sessions(count: number): Promise<Connection[]> {
    const all = await Promise.all(Array.from({ length: count }, () => weir.connect()));
    for (const each of all) each.on('error', () => {});
    return all;
  }
  const isAlive = (connection: Connection): Promise<boolean> =>
    connection.query('SELECT 1').then(
      () => true,
      () => false,
    );
  const connectAs = ({ username, password }: Account): Promise<Connection> => weir.connect({ user: username, password, database: '' });

  it('is refused for sessions of others, in any worker, to whom servers refuse it', async () => {
    const [victims, root] = [await sessions(4), await connectAs(ROOT)];
    const keeper = await connectAs(KEEPER);
    for (const victim of victims) {
      const denied = { errno: 1095, sqlState: 'HY000', message: `You are not owner of thread ${victim.threadId}` };
      await expect(keeper.query(`KILL ${victim.threadId}`)).rejects.toMatchObject(denied);
      await expect(victim.query(`KILL QUERY ${root.threadId}`)).rejects.toMatchObject({ errno: 1095 });
    }
    expect(await Promise.all([root, keeper, ...victims].map(isAlive))).toEqual([true, true, true, true, true, true]);

    await root.query(`KILL ${victims[0]!.threadId}`);
    await root.query(`KILL QUERY ${victims[1]!.threadId}`);
    await root.query(`KILL ${victims[2]!.threadId}`);
    await keeper.query('SET ROLE keeping');
    await keeper.query(`KILL ${victims[3]!.threadId}`);
    expect(await Promise.all(victims.map(isAlive))).toEqual([false, true, false, false]);
    for (const each of [root, keeper, victims[1]!]) await each.end();
  });

  it.skipIf(flavour === 'mysql')('ends all sessions of a user, and says how many', async () => {
    const [victims, root, keeper] = [await sessions(4), await connectAs(ROOT), await connectAs(KEEPER)];
    const affected = async (connection: Connection, text: string): Promise<number> =>
      ((await connection.query(text))[0] as unknown as { affectedRows: number }).affectedRows;
    expect(await affected(keeper, 'KILL USER app')).toBe(0);
    expect(await affected(root, 'KILL QUERY USER app')).toBe(4);
    expect(await affected(root, "KILL USER app@'10.9.8.7'")).toBe(0);
    expect(await affected(root, 'KILL USER nobody')).toBe(0);
    expect(await Promise.all(victims.map(isAlive))).toEqual([true, true, true, true]);
    expect(await affected(root, "KILL USER 'app'@'localhost'")).toBe(4);
    expect(await Promise.all(victims.map(isAlive))).toEqual([false, false, false, false]);

    const [asker, ...others] = await sessions(4);
    expect(await affected(asker!, 'KILL USER CURRENT_USER')).toBe(4);
    expect(await Promise.all([asker!, ...others].map(isAlive))).toEqual([false, false, false, false]);
    for (const each of [root, keeper]) await each.end();
  });
});

describeEachFlavour('KILL at a server that only TLS leads to', (flavour) => {
  it('ends statements, and looks up who may', async () => {
    const keys = await mkdtemp(path.join(tmpdir(), 'weir-keys-'));
    let server: RunningServer | null = null;
    let weir: RunningWeir | null = null;
    try {
      await ensureKeyFiles(keys);
      const file = (name: keyof typeof keyFileNames): string => path.join(keys, keyFileNames[name]);
      const tls = [`--ssl-ca=${file('ca')}`, `--ssl-cert=${file('certificate')}`, `--ssl-key=${file('key')}`];
      server = await startServer({ flavour, serverId: 1, extraArgs: tls });
      await withRoot(server, (root) => root.query(`ALTER USER '${APP.username}'@'%' REQUIRE SSL`));
      const address = { address: '127.0.0.1', port: server.port, hostgroup: 0, more: { use_ssl: 1 } };
      weir = await startWeir({ servers: [address], mysqlVariables: { ssl_p2s_ca: file('ca') } });

      const [victim, killer] = [await weir.connect(), await weir.connect()];
      const begun = performance.now();
      const sleeping = victim.query("SELECT SLEEP(20), 'long' FROM DUAL FOR UPDATE").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await killer.query(`KILL QUERY ${victim.threadId}`);
      await sleeping;
      expect(performance.now() - begun).toBeLessThan(10_000);

      const root = await weir.connect({ user: ROOT.username, password: ROOT.password });
      await expect(killer.query(`KILL QUERY ${root.threadId}`)).rejects.toMatchObject({ errno: 1095 });
      await root.query(`KILL QUERY ${killer.threadId}`);
      for (const each of [victim, killer, root]) await each.end();
    } finally {
      await weir?.kill();
      await server?.stop();
      await rm(keys, { recursive: true });
    }
  });
});
