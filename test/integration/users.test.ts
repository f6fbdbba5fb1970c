import { execFile } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeHash } from '../../src/admin/password-functions.js';
import { formatStoredSha2 } from '../../src/protocol/auth/stored-sha2.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, createAccountSql, locateBinary, startCluster, withRoot } from '../support/servers/index.js';
import { findProgram } from '../support/servers/locate.js';
import { until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const runFile = promisify(execFile);
const PASSWORD = "s3 cr:e't;#";
const SHA2 = formatStoredSha2(PASSWORD, Buffer.from('abcdefghij0123456789'));
const FORMS = {
  clear: PASSWORD,
  hex: nativeHash(PASSWORD),
  sha2: SHA2.toString('latin1'),
  sha2hex: `0x${SHA2.toString('hex').toUpperCase()}`,
} as const;

const TLS = { ssl: { rejectUnauthorized: false } } as const;
const errnoOf = (error: unknown): number => (error as { errno?: number }).errno ?? -1;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

describeEachFlavour('mysql_users', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let admin: Connection;
  const mariadbClient = findProgram(['mariadb']);
  const mysqlServer = locateBinary('mysql');
  const mysqlClient = mysqlServer === null ? null : findProgram(['mysql'], path.join(path.dirname(mysqlServer.path), 'mysql'));

  /** Each runs one statement as a user and answers what it said, or throws. */
  const CLIENTS: Readonly<Record<string, (user: string) => Promise<string>>> = {
    'mysql2 in clear': (user) => byDriver(user, {}),
    'mysql2 over TLS': (user) => byDriver(user, TLS),
    'mariadb in clear': (user) => byProgram(mariadbClient, user, '--skip-ssl', '--default-auth=mysql_native_password'),
    'mariadb over TLS': (user) => byProgram(mariadbClient, user, '--ssl'),
    'mysql in clear': (user) => byProgram(mysqlClient, user, '--ssl-mode=DISABLED', '--get-server-public-key'),
    'mysql over TLS': (user) => byProgram(mysqlClient, user, '--ssl-mode=REQUIRED'),
  };

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    weir = await startWeir({ cluster, mysqlVariables: { client_host_cache_size: 10, client_host_error_counts: 3 } });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    await admin?.end();
    await weir?.kill();
    await cluster?.stop();
  });

  async function byDriver(user: string, more: ConnectionOptions, password = PASSWORD): Promise<string> {
    const connection = await weir.connect({ user, password, ...more });
    try {
      const [rows] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS who');
      return String(rows[0]?.['who']);
    } finally {
      connection.destroy();
    }
  }

  async function byProgram(program: string | null, user: string, ...args: string[]): Promise<string> {
    if (program === null) throw new Error('a client program is not on this machine');
    const login = ['--no-defaults', '-h127.0.0.1', `-P${weir.port}`, `-u${user}`, `-p${PASSWORD}`, ...args];
    return (await runFile(program, [...login, '-NB', '-e', 'SELECT CURRENT_USER()', 'app'])).stdout.trim();
  }

  /** The server's account, and weir's. */
  async function create(
    name: string,
    stored: string,
    more: Readonly<Record<string, string | number>> = {},
    password = PASSWORD,
  ): Promise<void> {
    await cluster.execute(createAccountSql(flavour, { username: name, password }), `GRANT ALL ON app.* TO '${name}'@'%'`);
    await put(name, stored, more);
    await load();
  }

  /** Logins that the primary has refused; MariaDB only. */
  const denials = (): Promise<number> =>
    withRoot(cluster.primary, async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Access_denied_errors'");
      return Number(rows[0]?.['Value']);
    });

  async function put(name: string, stored: string, more: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const columns = ['username', 'password', 'default_hostgroup', ...Object.keys(more)];
    const values = [literal(name), literal(stored), '0', ...Object.values(more).map((value) => literal(String(value)))];
    await admin.query(`INSERT INTO mysql_users (${columns.join(', ')}) VALUES (${values.join(', ')})`);
  }

  const load = async (): Promise<unknown> => admin.query('LOAD MYSQL USERS TO RUNTIME');

  /** `*HEX` and a client that gives away no more than SHA1(password): of no use to a caching_sha2_password account. */
  const isHashOnly = (form: string, client: string): boolean =>
    flavour === 'mysql' && form === 'hex' && /mysql2 in|mariadb in/.test(client);

  it('each form of a password, from each client, in clear and over TLS', async () => {
    const cases = Object.keys(FORMS).flatMap((form) => Object.keys(CLIENTS).map((client) => ({ form, client })));
    const nameOf = ({ form, client }: (typeof cases)[number]): string => `${form} ${client}`.replaceAll(' ', '_');
    for (const each of cases) {
      const account = { username: nameOf(each), password: PASSWORD };
      await cluster.execute(createAccountSql(flavour, account), `GRANT ALL ON app.* TO '${account.username}'@'%'`);
      await put(account.username, FORMS[each.form as keyof typeof FORMS]);
    }
    await load();
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const each of cases) {
      const name = nameOf(each);
      expected[name] = isHashOnly(each.form, each.client) ? 'only a hash' : `${name}@%`;
      const attempt = CLIENTS[each.client]!(name).catch((error: Error) =>
        error.message.includes('only a hash of the password is known') ? 'only a hash' : error.message,
      );
      found[name] = await attempt;
    }
    expect(found).toEqual(expected);
    expect(weir.logs.tail()).not.toContain(PASSWORD);
  }, 120_000);

  it('a password that a client proved in clear serves the clients after it', async () => {
    await create('learned', FORMS.hex);
    // To the same worker, whichever of the two gets a connection.
    for (let turn = 0; turn < 30; turn++) await byDriver('learned', TLS);
    expect(await byDriver('learned', {})).toBe('learned@%');
  });

  it('wrong passwords are refused in each form', async () => {
    for (const [form, stored] of Object.entries(FORMS)) {
      await put(`wrong_${form}`, stored);
    }
    await load();
    for (const form of Object.keys(FORMS)) {
      for (const more of [{}, TLS]) await expect(byDriver(`wrong_${form}`, more, 'x')).rejects.toMatchObject({ errno: 1045 });
    }
  });

  it('either of two passwords lets in, and servers are tried with both, once each', async () => {
    const attributes = JSON.stringify({ additional_password: 'newer' });
    await create('two', 'older', { attributes }, 'newer');
    expect(await byDriver('two', {}, 'older')).toBe('two@%');
    expect(await byDriver('two', {}, 'newer')).toBe('two@%');
    await expect(byDriver('two', {}, 'none')).rejects.toMatchObject({ errno: 1045 });
    await create('neither', 'older', { attributes }, 'other');
    const before = await denials();
    await expect(byDriver('neither', {}, 'older')).rejects.toMatchObject({ errno: 1045 });
    if (flavour === 'mariadb') expect((await denials()) - before).toBe(2);
    // The server changes over while clients still have the old one.
    await create('turn', 'older', { attributes }, 'older');
    expect(await byDriver('turn', {}, 'older')).toBe('turn@%');
    await cluster.execute(createAccountSql(flavour, { username: 'turn', password: 'newer' }).replace('CREATE', 'ALTER'));
    const connection = await weir.connect({ user: 'turn', password: 'older', flags: ['-FOUND_ROWS'] } as ConnectionOptions);
    await connection.query('SELECT 1');
    await connection.end();
  });

  it('hashes on SAVE, and accounts work on', async () => {
    await create('saved', PASSWORD);
    await admin.query('SET admin-hash_passwords = true');
    await admin.query('LOAD ADMIN VARIABLES TO RUNTIME');
    await admin.query('SAVE MYSQL USERS FROM RUNTIME');
    await admin.query('SET admin-hash_passwords = false');
    await admin.query('LOAD ADMIN VARIABLES TO RUNTIME');
    await load();
    const [rows] = await admin.query<RowDataPacket[]>("SELECT password FROM runtime_mysql_users WHERE username = 'saved' AND frontend = 1");
    expect(rows[0]?.['password']).toBe(FORMS.hex);
    expect(await byDriver('saved', TLS)).toBe('saved@%');
  });

  it('use_ssl, active, max_connections, rows for clients and for servers', async () => {
    await create('tls', PASSWORD, { use_ssl: 1 });
    await expect(byDriver('tls', {})).rejects.toMatchObject({ errno: 1045 });
    expect(await byDriver('tls', TLS)).toBe('tls@%');
    await create('off', PASSWORD, { active: 0 });
    await expect(byDriver('off', {})).rejects.toMatchObject({ errno: 1045 });
    await create('few', PASSWORD, { max_connections: 1 });
    const first = await weir.connect({ user: 'few', password: PASSWORD });
    await expect(byDriver('few', {})).rejects.toMatchObject({ errno: 1226 });
    await first.end();
    await until('room again', async () => (await byDriver('few', {}).catch(errnoOf)) === 'few@%');
    await put('split', PASSWORD, { frontend: 0, backend: 1 });
    await create('split', PASSWORD, { frontend: 1, backend: 0 });
    expect(await byDriver('split', {})).toBe('split@%');
    await put('inside', PASSWORD, { frontend: 0 });
    await load();
    await expect(byDriver('inside', {})).rejects.toMatchObject({ errno: 1045 });
  });

  const from = (address: string, user: string, password: string): Promise<number> => {
    const stream = () => connectSocket({ port: weir.port, host: '127.0.0.1', localAddress: address });
    return byDriver(user, { stream } as ConnectionOptions, password).then(() => 0, errnoOf);
  };
  const hosts = async (table = 'stats_mysql_client_host_cache'): Promise<[string, number][]> => {
    const [rows] = await admin.query<RowDataPacket[]>(`SELECT client_address, error_count FROM ${table} ORDER BY 1`);
    return rows.map((row) => [String(row['client_address']), Number(row['error_count'])]);
  };

  it('refuses an address after many failed logins, over all workers', async () => {
    await create('counted', PASSWORD);
    await admin.query('WEIR FLUSH MYSQL CLIENT HOSTS');
    for (let turn = 0; turn < 2; turn++) expect(await from('127.0.0.2', 'counted', 'wrong')).toBe(1045);
    expect(await from('127.0.0.1', 'counted', 'wrong')).toBe(1045);
    await until('both errors', async () => JSON.stringify(await hosts()) === '[["127.0.0.2",2]]');
    expect(await from('127.0.0.2', 'counted', PASSWORD)).toBe(0);
    await until('a clean address', async () => (await hosts()).length === 0);
    // A worker that does not know of the third error yet lets in, which makes the address a clean one.
    await until('an address that all workers refuse', async () => {
      for (let turn = 0; turn < 3; turn++) await from('127.0.0.2', 'counted', 'wrong');
      await until('the third error', async () => (await hosts()).some(([host, errors]) => host === '127.0.0.2' && errors >= 3));
      const answers: number[] = [];
      for (let turn = 0; turn < 4; turn++) answers.push(await from('127.0.0.2', 'counted', PASSWORD));
      return answers.every((errno) => errno === 1129);
    });
    expect(await from('127.0.0.3', 'counted', PASSWORD)).toBe(0);
    await admin.query('PROXYSQL FLUSH MYSQL CLIENT HOSTS');
    await until('a free address', async () => (await from('127.0.0.2', 'counted', PASSWORD)) === 0);
    expect(await from('127.0.0.4', 'counted', 'wrong')).toBe(1045);
    await until('one error', async () => (await hosts()).length === 1);
    expect(await hosts('stats_mysql_client_host_cache_reset')).toEqual([['127.0.0.4', 1]]);
    expect(await hosts()).toEqual([]);
  });
});

describe('accounts of the admin port', () => {
  let weir: RunningWeir;
  const outside = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = outside.find((address) => address.family === 'IPv4' && !address.internal)?.address;
  const mysqlServer = locateBinary('mysql');
  const programs = [findProgram(['mariadb']), mysqlServer && findProgram(['mysql'], path.join(path.dirname(mysqlServer.path), 'mysql'))];
  let socketPath = '';

  beforeAll(async () => {
    weir = await startWeir({});
    socketPath = path.join(weir.datadir, '../a.sock');
    const admin = await weir.connectAdmin();
    await admin.query(`SET admin-mysql_ifaces = '0.0.0.0:${weir.adminPort};${socketPath}'`);
    await admin.query(`SET admin-admin_credentials = 'admin:admin;dba:secret;hashed:${nativeHash('secret')}'`);
    await admin.query("SET admin-stats_credentials = 'stats:stats;viewer:secret'");
    await admin.query('SAVE ADMIN VARIABLES TO DISK');
    await admin.query('LOAD ADMIN VARIABLES TO RUNTIME');
    await admin.query('PROXYSQL RESTART');
    await admin.end().catch(() => undefined);
    await until('the restart', () =>
      weir.connectAdmin({ user: 'dba', password: 'secret' }).then(
        (connection) => connection.end().then(() => true),
        () => false,
      ),
    );
  });
  afterAll(async () => {
    await weir?.kill();
  });

  const tried = (options: ConnectionOptions): Promise<string | number> =>
    weir.connectAdmin(options).then(async (connection) => {
      const result = await connection.query('SELECT COUNT(*) FROM mysql_servers').then(
        () => 'admin',
        () => 'stats',
      );
      await connection.end();
      return result;
    }, errnoOf);

  it(`lets in by role, in clear and over TLS`, async () => {
    for (const more of [{}, TLS]) {
      expect(await tried({ user: 'dba', password: 'secret', ...more })).toBe('admin');
      expect(await tried({ user: 'hashed', password: 'secret', ...more })).toBe('admin');
      expect(await tried({ user: 'viewer', password: 'secret', ...more })).toBe('stats');
      expect(await tried({ user: 'dba', password: 'wrong', ...more })).toBe(1045);
      expect(await tried({ user: 'hashed', password: nativeHash('secret'), ...more })).toBe(1045);
    }
    expect(await tried({ user: 'admin', password: 'admin', socketPath })).toBe('admin');
    expect(await tried({ user: 'stats', password: 'stats', socketPath })).toBe('stats');
  });

  it('keeps admin and stats to this machine', async () => {
    if (own === undefined) return;
    expect(await tried({ user: 'admin', password: 'admin', host: own })).toBe(1040);
    expect(await tried({ user: 'stats', password: 'stats', host: own })).toBe(1040);
    expect(await tried({ user: 'admin', password: 'wrong', host: own })).toBe(1045);
    expect(await tried({ user: 'dba', password: 'secret', host: own })).toBe('admin');
  });

  it('serves the programs of both flavours, whatever plugin they begin with', async () => {
    for (const program of programs) {
      if (program === null) throw new Error('a client program is not on this machine');
      const isMariadb = program.includes('mariadb');
      const plugins = isMariadb ? ['mysql_native_password', 'caching_sha2_password', 'client_ed25519'] : ['caching_sha2_password'];
      for (const plugin of plugins) {
        for (const tls of isMariadb ? ['--skip-ssl', '--ssl'] : ['--ssl-mode=DISABLED', '--ssl-mode=REQUIRED']) {
          const args = ['--no-defaults', '-h127.0.0.1', `-P${weir.adminPort}`, '-udba', '-psecret', `--default-auth=${plugin}`, tls];
          const { stdout } = await runFile(program, [...args, '-NB', '-e', 'SELECT 1+1']);
          expect([program, plugin, tls, stdout.trim()]).toEqual([program, plugin, tls, '2']);
        }
      }
    }
  });

  it('lets statistics accounts see statistics only', async () => {
    const connection = await weir.connectAdmin({ user: 'viewer', password: 'secret' });
    await connection.query('SELECT * FROM stats_mysql_global');
    await connection.query('SELECT * FROM monitor.mysql_server_ping_log');
    for (const sql of ['PRAGMA table_info(x)', "ATTACH DATABASE 'x' AS x", 'LOAD MYSQL USERS TO RUNTIME', 'SAVE MYSQL USERS TO DISK']) {
      await expect(connection.query(sql), sql).rejects.toMatchObject({ message: expect.stringContaining('Command not allowed') });
    }
    for (const sql of ['PROXYSQL PAUSE', 'SET mysql-max_connections = 5', 'PROXYSQL FLUSH MYSQL CLIENT HOSTS']) {
      await expect(connection.query(sql), sql).rejects.toMatchObject({ message: expect.stringContaining('Command not allowed') });
    }
    for (const table of ['mysql_users', 'main.mysql_users', 'disk.mysql_users', 'runtime_mysql_users', 'main.global_variables']) {
      await expect(connection.query(`SELECT * FROM ${table}`), table).rejects.toMatchObject({ errno: 1045 });
    }
    await connection.end();
  });

  it('takes changed credentials at the next login', async () => {
    const before = await weir.connectAdmin({ user: 'dba', password: 'secret' });
    await before.query("SET admin-admin_credentials = 'admin:admin;dba:changed'");
    expect(await tried({ user: 'dba', password: 'secret' })).toBe('admin');
    await before.query('LOAD ADMIN VARIABLES TO RUNTIME');
    expect(await tried({ user: 'dba', password: 'secret' })).toBe(1045);
    expect(await tried({ user: 'dba', password: 'changed' })).toBe('admin');
    await before.query('SELECT 1');
    await before.query("SET admin-stats_credentials = 'dba:x'");
    await expect(before.query('LOAD ADMIN VARIABLES TO RUNTIME')).rejects.toMatchObject({ message: expect.stringContaining('dba') });
    await before.end();
  });
});
