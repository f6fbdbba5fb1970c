import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterEach, describe, expect, it } from 'vitest';
import { AdminServer } from '../../../src/admin/admin-server.js';
import { likeTest, statementOf } from '../../../src/admin/command.js';
import type { AdminControl, AdminSession } from '../../../src/admin/context.js';
import { AdminExecutor } from '../../../src/admin/executor.js';
import { RuntimeConfig } from '../../../src/admin/runtime-config.js';
import { Statistics } from '../../../src/admin/statistics.js';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import type { ConfigSnapshot, HostTable } from '../../../src/config/snapshot.js';
import { openStore } from '../../../src/config/store/config-store.js';
import { ClientHosts } from '../../../src/link/client-hosts.js';
import { ensureKeyFiles } from '../../../src/net/key-files.js';
import { bindListener } from '../../../src/net/listener.js';
import { serverSecureContext, Transports } from '../../../src/net/transports.js';
import { latencyBucket } from '../../../src/stats/latency.js';
import { WorkerStats } from '../../../src/stats/worker-stats.js';

const cnf = `
admin_variables = { admin_credentials = "admin:admin;root:secret" }
mysql_servers = ( { address = "db1" port = 3306 hostgroup = 10 max_connections = 50 } )
mysql_users = ( { username = "app" password = "x" default_hostgroup = 10 } )
mysql_replication_hostgroups = ( { writer_hostgroup = 10 reader_hostgroup = 20 } )
`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function statisticsOf(stats: WorkerStats): Statistics {
  const snapshots = async () => [stats.snapshot()];
  return new Statistics({ collectStats: snapshots, collectStatsResettingPeaks: snapshots, collectDetails: async () => [] }, () => 100);
}

function world() {
  const datadir = mkdtempSync(join(tmpdir(), 'weir-admin-'));
  cleanups.push(() => rmSync(datadir, { recursive: true }));
  const loaded = loadCnf(parseCnf(cnf, 'test.cnf'));
  const { store } = openStore({ datadir, initial: false, fromFile: () => loaded });
  cleanups.push(() => store.close());
  const pushed: ConfigSnapshot[] = [];
  let refusal: string | null = null;
  const runtime = new RuntimeConfig({
    store,
    keys: () => ({ tls: null, rsa: { privateKey: '', publicKey: '' } }),
    readPem: () => '',
    readFile: () => loaded,
    push: async (snapshot) => {
      if (refusal !== null) throw new Error(refusal);
      pushed.push(snapshot);
    },
    onApplied: async () => undefined,
  });
  const stats = new WorkerStats(0);
  stats.counters.questions = 42;
  stats.server(10, 'db1', 3306).queryEnded(100, latencyBucket(100));
  stats.server(99, 'gone', 3306).queryEnded(100, latencyBucket(100));
  stats.server(99, 'never used', 3306);
  const place = { hostname: 'db1', port: 3306, key: 'db1:3306', reason: '', weight: 1, maxConnections: 50, useSsl: false };
  const placements = [
    { ...place, hostgroup: 10, status: 'ONLINE' },
    { ...place, hostgroup: 20, status: 'SHUNNED' },
  ];
  const control: AdminControl = {
    version: '0.1.0',
    startedAtMs: Date.now(),
    statistics: statisticsOf(stats),
    backendUsers: () => [],
    clientHosts: new ClientHosts(() => undefined),
    metrics: async () => '',
    hosts: () => ({ version: 7, placements, identity: {} }) as unknown as HostTable,
    workers: () => 2,
    monitorLog: () => [{ hostname: 'db1', port: 3306, startUs: 1, successUs: 250, value: null, error: null }],
    saveDigests: async () => 0,
    scheduledPrograms: () => [],
    monitorLogSince: () => ({
      first: 1,
      from: 1,
      entries: [{ hostname: 'db1', port: 3306, startUs: 1, successUs: 250, value: null, error: null }],
    }),
    eventsSince: () => ({ first: 1, from: 1, entries: [] }),
    monitorTotals: () => ({ ok: 3, failed: 1 }),
    kill: async (connection) => connection === 257,
    running: true,
    stopTraffic: async () => undefined,
    startTraffic: async () => undefined,
    restart: () => undefined,
    exitAtOnce: () => undefined,
    logEntry: () => undefined,
    paused: false,
    pause: () => undefined,
    resume: () => undefined,
    shutdown: () => undefined,
    reloadKeys: async () => undefined,
    reopenLogs: () => undefined,
    fileSettings: () => ({ datadir }),
  };
  const executor = new AdminExecutor(store, runtime, control);
  cleanups.push(() => executor.close());
  const session = (role: 'admin' | 'stats'): AdminSession => ({ id: 1, username: role, role, schema: '', warnings: [] });
  const run = async (sql: string, role: 'admin' | 'stats' = 'admin') => {
    const reply = await executor.execute(sql, session(role));
    return reply.kind === 'rows' ? reply.rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value))) : reply;
  };
  const refuse = (text: string | null) => {
    refusal = text;
  };
  return { datadir, runtime, executor, pushed, run, refuse };
}

describe('LOAD and SAVE', () => {
  it('move changes from memory to runtime and to disk', async () => {
    const { run, pushed, runtime } = world();
    expect(await run("UPDATE mysql_servers SET max_connections = 77 WHERE hostname = 'db1'")).toMatchObject({
      kind: 'ok',
      affectedRows: 1,
    });
    expect(runtime.snapshot.servers[0]!.maxConnections).toBe(50);
    await run('load mysql servers to run;');
    expect(pushed.map((snapshot) => [snapshot.version, snapshot.servers[0]!.maxConnections])).toEqual([[2, 77]]);
    expect(await run('SELECT max_connections FROM disk.mysql_servers')).toEqual([[50]]);
    await run('SAVE MYSQL SERVERS FROM MEM');
    expect(await run('SELECT max_connections FROM disk.mysql_servers')).toEqual([[77]]);
  });

  it('move one module only', async () => {
    const { run, runtime } = world();
    await run('UPDATE mysql_servers SET max_connections = 77');
    await run("UPDATE mysql_users SET password = 'y'");
    await run('LOAD MYSQL USERS TO RUNTIME');
    expect([runtime.snapshot.users[0]!.password, runtime.snapshot.servers[0]!.maxConnections]).toEqual(['y', 50]);
  });

  it('a refusal of a worker is the answer, and nothing changes', async () => {
    const { run, runtime, refuse } = world();
    refuse('worker 1 refused configuration 2: no');
    await run('UPDATE mysql_servers SET max_connections = 77');
    await expect(run('LOAD MYSQL SERVERS TO RUNTIME')).rejects.toThrow('worker 1 refused configuration 2: no');
    expect(runtime.snapshot.servers[0]!.maxConnections).toBe(50);
    refuse(null);
    await run('LOAD MYSQL SERVERS TO RUNTIME');
    expect(runtime.snapshot.version).toBe(3);
  });

  it('a wrong row is refused before anybody gets it', async () => {
    const { run, pushed } = world();
    await run("UPDATE global_variables SET variable_value = 'many' WHERE variable_name = 'mysql-max_connections'");
    await expect(run('LOAD MYSQL VARIABLES TO RUNTIME')).rejects.toThrow('mysql-max_connections');
    expect(pushed).toEqual([]);
  });

  it('runtime and disk come back to memory', async () => {
    const { run } = world();
    await run('DELETE FROM mysql_servers');
    await run('SAVE MYSQL SERVERS TO MEMORY');
    expect(await run('SELECT hostgroup_id, status, max_connections FROM mysql_servers ORDER BY 1')).toEqual([
      [10, 'ONLINE', 50],
      [20, 'ONLINE', 50],
    ]);
    await run('LOAD MYSQL SERVERS FROM DISK');
    expect(await run('SELECT hostgroup_id FROM mysql_servers')).toEqual([[10]]);
    await run('DELETE FROM mysql_users');
    await run('LOAD MYSQL USERS FROM CONFIG');
    expect(await run('SELECT username FROM mysql_users')).toEqual([['app']]);
  });

  it('variables: SET is memory, LOAD makes it hold', async () => {
    const { run } = world();
    const running = "SELECT variable_value FROM runtime_global_variables WHERE variable_name = 'mysql-max_connections'";
    await run("SET mysql-max_connections='500'");
    expect(await run(running)).toEqual([['10000']]);
    await run('LOAD MYSQL VARIABLES TO RUNTIME');
    expect(await run(running)).toEqual([['500']]);
    await expect(run('SET mysql-nonsense=1')).rejects.toThrow("Unknown global variable: 'mysql-nonsense'.");
    await expect(run('SET mysql-max_connections=none')).rejects.toThrow('accepted: an integer from 1 to 1000000');
  });
});

describe('admin-read_only', () => {
  it('refuses changes until it is taken back', async () => {
    const { run } = world();
    await run('SET admin-read_only=true');
    await run('LOAD ADMIN VARIABLES TO RUNTIME');
    for (const sql of [
      'DELETE FROM mysql_users',
      'SET mysql-max_connections=5',
      'LOAD MYSQL USERS TO RUNTIME',
      'DELETE FROM mysql_users RETURNING *',
    ]) {
      await expect(run(sql)).rejects.toThrow('admin-read_only');
    }
    expect(await run('SELECT username FROM mysql_users')).toEqual([['app']]);
    await run('SET admin-read_only=false');
    await run('LOAD ADMIN VARIABLES TO RUNTIME');
    expect(await run('DELETE FROM mysql_users')).toMatchObject({ affectedRows: 1 });
  });
});

describe('tables', () => {
  it('show what runs and what was counted', async () => {
    const { run } = world();
    expect(await run('SELECT hostgroup_id, hostname, status FROM runtime_mysql_servers')).toEqual([
      [10, 'db1', 'ONLINE'],
      [20, 'db1', 'SHUNNED'],
    ]);
    expect(await run('SELECT hostgroup, srv_host, status, Queries, Latency_us FROM stats_mysql_connection_pool ORDER BY 1')).toEqual([
      [10, 'db1', 'ONLINE', 1, 250],
      [20, 'db1', 'SHUNNED', 0, 250],
      [99, 'gone', 'OFFLINE_HARD', 1, 0],
    ]);
    expect(await run("SELECT Variable_Value FROM stats.stats_mysql_global WHERE Variable_Name = 'Questions'")).toEqual([['42']]);
    expect(await run('SELECT ping_success_time_us FROM monitor.mysql_server_ping_log')).toEqual([[250]]);
    expect(await run('SELECT username, backend, frontend FROM runtime_mysql_users ORDER BY backend')).toEqual([
      ['app', 0, 1],
      ['app', 1, 0],
    ]);
  });

  it('SHOW commands list them', async () => {
    const { run } = world();
    expect(await run("SHOW TABLES LIKE 'mysql_serv%'")).toEqual([['mysql_servers'], ['mysql_servers_ssl_params']]);
    expect(await run('SHOW TABLES FROM monitor')).toContainEqual(['mysql_server_ping_log']);
    expect(((await run('SHOW DATABASES')) as string[][]).map((row) => row[1])).toEqual(['main', 'disk', 'stats', 'monitor']);
    expect(JSON.stringify(await run('SHOW CREATE TABLE mysql_users'))).toContain('default_hostgroup');
    expect(await run("SHOW MYSQL VARIABLES LIKE 'mysql-max_conn%'")).toEqual([['mysql-max_connections', '10000']]);
  });
});

describe('accounts for statistics', () => {
  it('see statistics and nothing of the configuration', async () => {
    const { run } = world();
    expect(await run('SELECT Queries FROM stats_mysql_connection_pool WHERE hostgroup = 10', 'stats')).toEqual([[1]]);
    for (const sql of ['SELECT * FROM mysql_users', 'SELECT * FROM disk.mysql_users', 'SELECT * FROM runtime_mysql_users']) {
      await expect(run(sql, 'stats')).rejects.toThrow('no such table');
    }
    for (const sql of [
      'DELETE FROM stats_mysql_global',
      'PRAGMA database_list',
      'LOAD MYSQL USERS TO RUNTIME',
      "ATTACH '/etc/x' AS y",
      'CREATE TABLE x (a)',
    ]) {
      await expect(run(sql, 'stats')).rejects.toThrow('Command not allowed');
    }
  });
});

describe('other statements', () => {
  it('are accepted, answered or refused', async () => {
    const { run } = world();
    for (const sql of ['SET NAMES utf8mb4', 'SET autocommit=1', 'BEGIN', 'COMMIT', 'USE main', '/* c */ rollback ;'])
      expect(await run(sql)).toMatchObject({ kind: 'ok' });
    expect(await run('SELECT @@version_comment LIMIT 1')).toEqual([['(ProxySQL Admin Module)']]);
    expect(await run('SELECT @@mysql-max_connections')).toEqual([['10000']]);
    expect(await run('select DATABASE(), USER() AS u limit 1')).toEqual([['admin', 'admin']]);
    await expect(run('select $$')).rejects.toThrow("Unknown column '$$'");
    await expect(run(' ; ')).rejects.toThrow('Empty query');
    await expect(run("ATTACH DATABASE '/tmp/x' AS x")).rejects.toThrow('Command not allowed');
    await expect(run("VACUUM INTO '/tmp/x'")).rejects.toThrow('Command not allowed');
    await expect(run('PRAGMA journal_mode = WAL')).rejects.toThrow('Command not allowed');
    await expect(run('SELECT 1; DELETE FROM mysql_users')).rejects.toThrow('more than one statement');
    expect(await run('KILL CONNECTION 257')).toMatchObject({ kind: 'ok' });
    await expect(run('KILL 258')).rejects.toThrow('Unknown thread id: 258');
  });

  it('may quote strings with double quotes, as for ProxySQL', async () => {
    const { run } = world();
    await run('INSERT INTO mysql_users (username, password, default_hostgroup, comment) VALUES ("b", "it\'s", 10, "a \'b\' c")');
    expect(await run('SELECT "username", password, comment FROM "mysql_users" WHERE username = "b"')).toEqual([['b', "it's", "a 'b' c"]]);
    await expect(run('SELECT unheard FROM mysql_users')).rejects.toThrow('no such column: unheard');
  });

  it('are stripped of comments and terminators', () => {
    expect(statementOf('/* a */ -- b\n # c\n SELECT  1 ;; ').upper).toBe('SELECT 1');
    expect(likeTest('mysql-max_%')('mysql-max_connections')).toBe(true);
    expect(likeTest('a.c')('abc')).toBe(false);
  });
});

describe('admin port', () => {
  it('speaks to clients, in clear and over TLS, and refuses wrong passwords', async () => {
    const { executor, runtime, datadir } = world();
    const keys = await ensureKeyFiles(datadir);
    const options = { version: '0.1.0', variables: () => runtime.variables, onFailure: (error: unknown) => console.error(error) };
    const server = new AdminServer({
      ...options,
      transports: new Transports('portable', 0),
      tls: () => serverSecureContext(keys.tls),
      statements: executor,
    });
    const listener = await bindListener({ kind: 'tcp', host: '127.0.0.1', port: 0 });
    cleanups.push(() => {
      server.close();
      listener.close();
    });
    await server.listen(listener);
    const target = { host: '127.0.0.1', port: Number(listener.address.split(':')[1]), user: 'root', password: 'secret' };
    for (const extra of [{}, { ssl: { ca: keys.tls.ca, checkServerIdentity: () => undefined } }]) {
      const connection = await createConnection({ ...target, ...extra });
      const answers = await Promise.all([
        connection.query('SELECT hostname, comment FROM mysql_servers'),
        connection.query('SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = "Questions"'),
        connection.ping(),
      ]);
      expect(answers[0][0]).toEqual([{ hostname: 'db1', comment: '' }]);
      expect(answers[1][0]).toEqual([{ Variable_Value: '42' }]);
      await expect(connection.query('SELECT * FROM nowhere')).rejects.toMatchObject({
        errno: 1045,
        message: 'ProxySQL Admin Error: no such table: nowhere',
      });
      await connection.end();
    }
    await expect(createConnection({ ...target, password: 'wrong' })).rejects.toMatchObject({ errno: 1045 });
    await expect(createConnection({ ...target, user: 'nobody' })).rejects.toMatchObject({ errno: 1045 });
  });
});
