import { connect as connectSocket } from 'node:net';
import type { ConnectionOptions, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, type Flavour, startCluster, withRoot } from '../support/servers/index.js';
import { until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const INTERVAL_MS = 3_000;

/** IDENTIFIED … in the plugin that the flavour comes with. */
function identified(flavour: Flavour, password: string): string {
  return flavour === 'mariadb' ? `BY '${password}'` : `WITH caching_sha2_password BY '${password}'`;
}

describeEachFlavour('accounts of the servers', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  const table = flavour === 'mariadb' ? 'mysql.global_priv' : 'mysql.user';

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await create('shop', '%', 'first');
    weir = await startWeir({
      cluster,
      users: [{ username: 'own', password: 'own', hostgroup: 0 }],
      mysqlVariables: { users_from_backend: true, users_from_backend_interval: INTERVAL_MS },
    });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  async function create(name: string, host: string, password: string, more = ''): Promise<void> {
    await cluster.execute(`CREATE USER '${name}'@'${host}' IDENTIFIED ${identified(flavour, password)} ${more}`);
    await cluster.execute(`GRANT ALL ON app.* TO '${name}'@'${host}'`);
  }

  /** Logs in, and with `query` reads through to the writer. @returns errno, or 0 */
  async function logIn(user: string, password: string, more: ConnectionOptions & { from?: string; query?: boolean } = {}): Promise<number> {
    const { from, query = from === undefined, ...options } = more;
    const stream = from === undefined ? {} : { stream: () => connectSocket({ port: weir.port, host: '127.0.0.1', localAddress: from }) };
    try {
      const connection = await weir.connect({ user, password, database: '', ...stream, ...options } as ConnectionOptions);
      try {
        if (query) await connection.query('CREATE TABLE IF NOT EXISTS app.proof (a INT)');
      } finally {
        connection.destroy();
      }
      return 0;
    } catch (error) {
      return (error as { errno?: number }).errno ?? -1;
    }
  }

  async function admin(sql: string): Promise<RowDataPacket[]> {
    const connection = await weir.connectAdmin();
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }

  it('says which privilege the monitor lacks, and goes on when it has it', async () => {
    const line = await weir.waitForLog((candidate) => /accounts of the servers can not be read/.test(String(candidate['msg'])));
    expect(JSON.stringify(line)).toContain('GRANT SELECT ON');
    expect(await logIn('shop', 'first')).toBe(1045);
    await cluster.execute(`GRANT SELECT ON ${table} TO 'monitor'@'%'`);
    expect(await logIn('shop', 'first')).toBe(0);
    expect(JSON.stringify(weir.logs.tail())).not.toContain('first');
  });

  it('serves reads and writes as that account, with nothing of it in mysql_users', async () => {
    const connection = await weir.connect({ user: 'shop', password: 'first' });
    const [rows] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS who');
    expect(rows[0]?.['who']).toBe('shop@%');
    await connection.query('CREATE TABLE IF NOT EXISTS proof (a INT)');
    await connection.end();
    const shown = await admin(
      "SELECT backend, frontend, default_hostgroup, comment FROM runtime_mysql_users WHERE username = 'shop' ORDER BY backend",
    );
    expect(shown.map((row) => [row['backend'], row['frontend'], row['default_hostgroup'], row['comment']].map(String))).toEqual([
      ['0', '1', '0', 'from backend: shop@%'],
      ['1', '0', '0', 'from backend: shop@%'],
    ]);
    expect(await admin("SELECT * FROM mysql_users WHERE username = 'shop'")).toEqual([]);
  });

  it('logs in over TLS too', async () => {
    expect(await logIn('shop', 'first', { ssl: { rejectUnauthorized: false } })).toBe(0);
    expect(await logIn('shop', 'wrong', { ssl: { rejectUnauthorized: false } })).toBe(1045);
  });

  it('takes a changed password at the next login that fails', async () => {
    await cluster.execute(`ALTER USER 'shop'@'%' IDENTIFIED ${identified(flavour, 'second')}`);
    expect(await logIn('shop', 'second')).toBe(0);
    expect(await logIn('shop', 'first')).toBe(1045);
  });

  it('knows new accounts at once, and forgets dropped ones after the interval', async () => {
    await create('newcomer', '%', 'n');
    expect(await logIn('newcomer', 'n')).toBe(0);
    await cluster.execute("DROP USER 'newcomer'@'%'");
    await until('the dropped account', async () => (await logIn('newcomer', 'n', { query: false })) === 1045, 3 * INTERVAL_MS);
  });

  it('takes the most specific host that fits the client', async () => {
    await create('hosts', '%', 'any');
    await create('hosts', '127.0.0.0/255.255.255.0', 'net');
    await create('hosts', '127.0.0.3', 'three');
    expect(await logIn('hosts', 'three', { from: '127.0.0.3' })).toBe(0);
    expect(await logIn('hosts', 'net', { from: '127.0.0.3' })).toBe(1045);
    expect(await logIn('hosts', 'net', { from: '127.0.0.2' })).toBe(0);
    expect(await logIn('hosts', 'any', { from: '127.0.0.2' })).toBe(1045);
    expect(await logIn('hosts', 'any', { from: '127.0.9.2' })).toBe(0);
    await create('elsewhere', '10.9.8.%', 'p');
    expect(await logIn('elsewhere', 'p', { query: false })).toBe(1045);
  });

  it('honours locks and REQUIRE SSL, and skips roles', async () => {
    await create('guarded', '%', 'g', flavour === 'mariadb' ? 'ACCOUNT LOCK' : 'ACCOUNT LOCK');
    expect(await logIn('guarded', 'g', { query: false })).toBe(flavour === 'mariadb' ? 4151 : 3118);
    expect(await logIn('guarded', 'wrong', { query: false })).toBe(1045);
    await cluster.execute("ALTER USER 'guarded'@'%' ACCOUNT UNLOCK");
    expect(await logIn('guarded', 'g')).toBe(0);
    await cluster.execute("ALTER USER 'guarded'@'%' REQUIRE SSL");
    await until('REQUIRE SSL', async () => (await logIn('guarded', 'g', { query: false })) === 1045, 3 * INTERVAL_MS);
    expect(await logIn('guarded', 'g', { query: false, ssl: { rejectUnauthorized: false } })).toBe(0);
    await cluster.execute("CREATE ROLE 'readers'");
    expect(await logIn('readers', '', { query: false })).toBe(flavour === 'mariadb' ? 1045 : 3118);
  });

  it('keeps max_user_connections', async () => {
    await create('few', '%', 'f', 'WITH MAX_USER_CONNECTIONS 1');
    const first = await weir.connect({ user: 'few', password: 'f', database: '' });
    expect(await logIn('few', 'f', { query: false })).toBe(1226);
    await first.end();
  });

  it('lets rows of mysql_users win, also those that are not active', async () => {
    await create('both', '%', 'servers');
    expect(await logIn('both', 'servers')).toBe(0);
    await admin("INSERT INTO mysql_users (username, password, active, default_hostgroup) VALUES ('both', 'rows', 0, 0)");
    await admin('LOAD MYSQL USERS TO RUNTIME');
    expect(await logIn('both', 'servers', { query: false })).toBe(1045);
    await admin("UPDATE mysql_users SET active = 1 WHERE username = 'both'");
    await admin('LOAD MYSQL USERS TO RUNTIME');
    expect(await logIn('both', 'rows', { query: false })).toBe(0);
  });

  if (flavour === 'mysql') {
    it('lets in with both passwords while the old one is retained', async () => {
      await create('dual', '%', 'one');
      expect(await logIn('dual', 'one')).toBe(0);
      await cluster.execute("ALTER USER 'dual'@'%' IDENTIFIED BY 'two' RETAIN CURRENT PASSWORD");
      expect(await logIn('dual', 'two')).toBe(0);
      expect(await logIn('dual', 'one')).toBe(0);
      await cluster.execute("ALTER USER 'dual'@'%' DISCARD OLD PASSWORD");
      await until('the old password', async () => (await logIn('dual', 'one', { query: false })) === 1045, 3 * INTERVAL_MS);
      expect(await logIn('dual', 'two')).toBe(0);
    });
  } else {
    it('takes any of several plugins that it can, and says which it can not', async () => {
      await cluster.execute("CREATE USER ways@'%' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('w')");
      expect(await logIn('ways', 'w', { query: false })).toBe(0);
      await cluster.execute("CREATE USER closed@'%' IDENTIFIED VIA unix_socket");
      expect(await logIn('closed', 'w', { query: false })).toBe(1524);
    });
  }

  it('keeps what it knows while the primary is away, reads the replica, and ends with the variable', async () => {
    await create('stays', '%', 's');
    await cluster.waitInSync();
    expect(await logIn('stays', 's', { query: false })).toBe(0);
    await admin("SET mysql-users_from_backend = 'false'");
    await admin('LOAD MYSQL VARIABLES TO RUNTIME');
    expect(await logIn('stays', 's', { query: false })).toBe(1045);
    await admin("SET mysql-users_from_backend = 'true'");
    await admin('LOAD MYSQL VARIABLES TO RUNTIME');
    expect(await logIn('stays', 's', { query: false })).toBe(0);
    await withRoot(cluster.replicas[0]!, async (connection) => {
      await connection.query('SET GLOBAL read_only = 1');
    });
    await cluster.primary.shutdown();
    expect(await logIn('stays', 's', { query: false })).toBe(0);
    expect(await logIn('stays', 'wrong', { query: false })).toBe(1045);
  });
});
