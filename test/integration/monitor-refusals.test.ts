import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ensureKeyFiles, keyFileNames } from '../../src/net/key-files.js';
import { changeLocally, killConnections } from '../support/faults/local-change.js';
import { alterPassword, MONITOR } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, type Flavour, type RunningServer, startCluster, startServer, withRoot } from '../support/servers/index.js';
import { readServer, rowsOf, until, WITNESS_TABLE, writeServer } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** Something that keeps the monitor out of a living server. */
interface Trouble {
  readonly name: string;
  /** Of the cluster's servers; 0 is the primary. */
  readonly server: number;
  readonly cause: string;
  /** None: there is no such thing. */
  readonly errno: Readonly<Record<Flavour, number | null>>;
  readonly log: 'connect' | 'replication_lag';
  readonly text: RegExp;
  begin(server: RunningServer): Promise<unknown>;
  end(server: RunningServer): Promise<unknown>;
}

const PEOPLE = ['root', 'app', 'monitor', 'repl'] as const;
const both = (errno: number): Trouble['errno'] => ({ mysql: errno, mariadb: errno });
const password = (text: string) => (server: RunningServer) =>
  changeLocally(server, [alterPassword(server.flavour, { ...MONITOR, password: text })]);
const lock = (word: 'LOCK' | 'UNLOCK') => (server: RunningServer) => changeLocally(server, [`ALTER USER 'monitor'@'%' ACCOUNT ${word}`]);
const secure = (value: 'ON' | 'OFF') => async (server: RunningServer) => {
  // Over the Unix socket, which counts as secure.
  const root = await server.connect({ socketPath: server.socketPath });
  await root.query(`SET GLOBAL require_secure_transport = ${value}`);
  await root.end();
};
const rights = (server: RunningServer): string => (server.flavour === 'mysql' ? 'REPLICATION CLIENT' : 'SLAVE MONITOR, REPLICATION CLIENT');
const host = (from: string, to: string) => async (server: RunningServer) => {
  const root = await server.connect({ socketPath: server.socketPath });
  await root.query('SET SESSION sql_log_bin = 0');
  if (server.flavour === 'mysql') await root.query('SET GLOBAL super_read_only = 0');
  for (const name of PEOPLE) await root.query(`RENAME USER '${name}'@'${from}' TO '${name}'@'${to}'`);
  // Which hosts are let in at all is found out anew by this alone.
  await root.query('FLUSH PRIVILEGES');
  if (server.flavour === 'mysql') await root.query('SET GLOBAL super_read_only = 1');
  await root.end();
};

const TROUBLES: readonly Trouble[] = [
  {
    ...{ name: 'a wrong password on the primary', server: 0, cause: 'account', errno: both(1045), log: 'connect' },
    text: /^Access denied for user 'monitor'@.* \[account 1045\]$/,
    begin: password('another'),
    end: password(MONITOR.password),
  },
  {
    ...{ name: 'a locked account', server: 1, cause: 'account', errno: { mysql: 3118, mariadb: 4151 }, log: 'connect' },
    text: /locked.* \[account (3118|4151)\]$/,
    begin: lock('LOCK'),
    end: lock('UNLOCK'),
  },
  {
    ...{ name: 'a host that is not allowed', server: 2, cause: 'host', errno: both(1130), log: 'connect' },
    text: /^Host '127\.0\.0\.1' is not allowed to connect .* \[host 1130\]$/,
    begin: host('%', '10.9.9.9'),
    end: host('10.9.9.9', '%'),
  },
  {
    ...{ name: 'TLS that is demanded', server: 2, cause: 'tls', errno: { mysql: 3159, mariadb: null }, log: 'connect' },
    // MariaDB says access denied.
    text: /require_secure_transport.* \[tls 3159\]$/,
    begin: secure('ON'),
    end: secure('OFF'),
  },
  {
    ...{ name: 'a missing right', server: 1, cause: 'privilege', errno: both(1227), log: 'replication_lag' },
    text: /^Access denied; you need .* \[privilege 1227\]$/,
    begin: (server) => changeLocally(server, [`REVOKE ${rights(server)} ON *.* FROM 'monitor'@'%'`]),
    end: (server) => changeLocally(server, [`GRANT ${rights(server)} ON *.* TO 'monitor'@'%'`]),
  },
];

describeEachFlavour('servers that refuse the monitor', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let client: Connection;
  let admin: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
  });
  afterAll(() => cluster?.stop());
  afterEach(() => weir?.kill());

  async function begin(options: Partial<Parameters<typeof startWeir>[0]> = {}): Promise<void> {
    weir = await startWeir({
      servers: cluster.servers.map(({ port }, index) => ({
        ...{ address: '127.0.0.1', port, hostgroup: Math.min(index, 1), more: { max_replication_lag: 30 } },
      })),
      ...options,
      mysqlVariables: {
        ...{ monitor_connect_interval: 300, monitor_replication_lag_interval: 300, monitor_writer_is_also_reader: false },
        // Nothing here is about slow answers.
        ...{
          monitor_connect_timeout: 5000,
          monitor_ping_timeout: 5000,
          monitor_read_only_timeout: 5000,
          monitor_replication_lag_timeout: 5000,
        },
        ...options.mysqlVariables,
      },
    });
    client = await weir.connect();
    admin = await weir.connectAdmin();
  }

  async function metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${weir.httpPort}/metrics`)).text();
  }

  async function standing(): Promise<string[]> {
    const rows = await rowsOf(admin, 'SELECT hostgroup_id, port, status FROM runtime_mysql_servers');
    return rows.map((row) => `${row['hostgroup_id']} ${row['port']} ${row['status']}`).sort();
  }

  const asConfigured = (): string[] => cluster.servers.map(({ port }, index) => `${Math.min(index, 1)} ${port} ONLINE`).sort();
  const linesOf = (server: RunningServer, cause: string) =>
    weir.logs
      .filter('server refuses the monitor; its roles stay as they are')
      .filter((line) => line['server'] === `127.0.0.1:${server.port}` && line['cause'] === cause);

  async function errorsOf(server: RunningServer, log: Trouble['log']): Promise<string[]> {
    const column = log === 'connect' ? 'connect_error' : 'error';
    const sql = `SELECT ${column} AS error FROM monitor.mysql_server_${log}_log WHERE port = ${server.port} AND ${column} IS NOT NULL`;
    return (await rowsOf(admin, sql)).map((row) => String(row['error']));
  }

  it('tells refusals apart, and goes on with the server as it stands', async () => {
    await begin();
    for (const { name, server: index, cause, errno, log, text, ...trouble } of TROUBLES) {
      if (errno[flavour] === null) continue;
      const server = cluster.servers[index]!;
      const metric = `weir_monitor_refused{endpoint="127.0.0.1:${server.port}",check="${log}",cause="${cause}",errno="${errno[flavour]}"} 1`;
      const before = linesOf(server, cause).length;
      await trouble.begin(server);
      try {
        // Those that are kept would not notice for long.
        await withRoot(server, (root) => killConnections(root, [MONITOR.username])).catch(() => undefined);
        await until(`${name} is shown`, async () => {
          const errors = await errorsOf(server, log);
          if (errors.filter((error) => text.test(error)).length < 3) throw new Error(`last shown: ${errors.slice(-2).join(', ')}`);
          return true;
        });
        expect(linesOf(server, cause).at(-1)).toMatchObject({ cause, errno: errno[flavour] });
        expect(linesOf(server, cause)).toHaveLength(before + 1);
        expect(await metrics()).toContain(metric);
        expect(await standing(), name).toEqual(asConfigured());
        expect(await writeServer(client, name)).toBe(cluster.primary.serverId);
        expect(await readServer(client)).not.toBe(cluster.primary.serverId);
      } finally {
        await trouble.end(server);
      }
      await until(`${name} is over`, async () => !(await metrics()).includes(`weir_monitor_refused{endpoint="127.0.0.1:${server.port}"`));
      expect(weir.logs.filter('server accepts the monitor again').at(-1)).toMatchObject({ cause, errno: errno[flavour] });
    }
    expect(weir.logs.filter('server is left out')).toEqual([]);
    expect(await standing()).toEqual(asConfigured());
  });

  it('tells TLS that can not be agreed upon, and leaves the server where it is', async () => {
    const [primary, replica] = cluster.servers as [RunningServer, RunningServer];
    const servers = [primary, replica].map(({ port }, index) => ({
      address: '127.0.0.1',
      port,
      hostgroup: index,
      more: { use_ssl: index },
    }));
    const keys = await mkdtemp(path.join(tmpdir(), 'weir-keys-'));
    await ensureKeyFiles(keys);
    // Signed by an authority that this server's certificate is not from.
    await begin({ servers, mysqlVariables: { ssl_p2s_ca: path.join(keys, keyFileNames.ca) } });
    await rm(keys, { recursive: true });
    const text = flavour === 'mysql' ? /^TLS: .*certificate.* \[tls\]$/ : /^use_ssl=1, but the server does not offer TLS \[tls\]$/;
    for (const log of ['connect', 'ping', 'read_only'] as const) {
      const column = log === 'connect' ? 'connect_error' : log === 'ping' ? 'ping_error' : 'error';
      const sql = `SELECT ${column} AS error FROM monitor.mysql_server_${log}_log WHERE port = ${replica.port}`;
      await until(`${log} tells`, async () => (await rowsOf(admin, sql)).length >= 3);
      for (const row of await rowsOf(admin, sql)) expect(row['error']).toMatch(text);
    }
    expect(linesOf(replica, 'tls')).toHaveLength(1);
    expect(await standing()).toEqual([`0 ${primary.port} ONLINE`, `1 ${replica.port} ONLINE`]);
  });

  it('finds roles by every check_type, and keeps them where the server lacks the variable', async () => {
    const [primary, replica] = cluster.servers as [RunningServer, RunningServer];
    // Nothing of it can be written, and read_only is off.
    const still = await startServer({ flavour, serverId: 9, extraArgs: STILL[flavour] });
    try {
      const servers = [primary, replica, still].map(({ port }) => ({ address: '127.0.0.1', port, hostgroup: 0 }));
      await begin({ servers, pairs: [{ writer: 0, reader: 1, checkType: 'innodb_read_only' }] });
      /** The hostgroups of the primary, of the replica (read_only, on MySQL super_read_only too) and of the one that is still. */
      const expectRoles = async (type: string, ...expected: readonly number[]): Promise<void> => {
        await admin.query(`UPDATE mysql_replication_hostgroups SET check_type = '${type}'`);
        await admin.query('LOAD MYSQL SERVERS TO RUNTIME');
        await until(`roles by ${type}`, async () => JSON.stringify(await hostgroups()) === JSON.stringify(expected));
      };
      const hostgroups = async (): Promise<number[]> => {
        const rows = await rowsOf(admin, 'SELECT port, MIN(hostgroup_id) AS hostgroup FROM runtime_mysql_servers GROUP BY port');
        return [primary, replica, still].map(({ port }) => Number(rows.find((row) => Number(row['port']) === port)?.['hostgroup']));
      };
      await expectRoles('innodb_read_only', 0, 0, 1);
      await expectRoles('read_only|innodb_read_only', 0, 1, 1);
      await expectRoles('read_only&innodb_read_only', 0, 0, 0);
      await expectRoles('read_only', 0, 1, 0);
      await expectRoles('super_read_only', 0, 1, 0);
      if (flavour === 'mysql') {
        await withRoot(replica, (root) => root.query('SET GLOBAL super_read_only = 0'));
        await until('it may write', async () => (await hostgroups())[1] === 0);
        await withRoot(replica, (root) => root.query('SET GLOBAL super_read_only = 1'));
        await until('it may not', async () => (await hostgroups())[1] === 1);
      } else {
        for (const server of [primary, replica, still]) {
          await until('the missing variable is told', () => linesOf(server, 'missing').length === 1);
          expect(linesOf(server, 'missing')[0]).toMatchObject({ check: 'read_only', errno: 1193 });
        }
        await until('rounds of it', async () => (await rowsOf(admin, UNKNOWN_VARIABLE)).length >= 6);
        expect(await hostgroups()).toEqual([0, 1, 0]);
      }
    } finally {
      await still.stop();
    }
  });
});

const UNKNOWN_VARIABLE = "SELECT * FROM monitor.mysql_server_read_only_log WHERE error LIKE 'Unknown system variable%[missing 1193]'";

const STILL: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: ['--innodb-read-only=1', '--skip-log-bin'],
  mysql: ['--innodb-read-only=1', '--skip-log-bin', '--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'],
};
