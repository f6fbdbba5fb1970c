import { readFileSync } from 'node:fs';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, MONITOR, startCluster } from '../support/servers/index.js';
import { readServer, rowsOf, until, WITNESS_TABLE, writeServer } from '../support/statements.js';
import { type RunningWeir, startWeir, startWeirAgain } from '../support/weir.js';

/** The long way through the admin port, as a DBA walks it with ProxySQL's manual in hand. Each step stands on those before it. */
describeEachFlavour('admin tutorial', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let admin: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(WITNESS_TABLE);
    weir = await startWeir({
      ...{ servers: [], users: [], pairs: [] },
      mysqlVariables: { monitor_username: 'nobody yet', monitor_enabled: true },
    });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  const run = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await admin.query(statement);
  };
  /** Every value as text: what is a number is the client's affair. */
  const values = async (sql: string): Promise<string[][]> => {
    const [rows] = await admin.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
    return rows.map((row) => row.map(String));
  };
  const refusal = (sql: string): Promise<string> =>
    admin.query(sql).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  const startAgain = async (...args: string[]): Promise<void> => {
    weir.signal('SIGTERM');
    await weir.exited;
    weir = await startWeirAgain(weir, { args });
    admin = await weir.connectAdmin();
  };
  /** Which servers answer `count` reads of a fresh client. */
  async function readers(count = 20): Promise<Set<number>> {
    const client = await weir.connect();
    const found = new Set<number>();
    for (let turn = 0; turn < count; turn++) {
      found.add(await readServer(client));
      // Idle connections of both servers then exist.
      if (found.size === cluster.replicas.length) break;
    }
    client.destroy();
    return found;
  }

  it('everything is empty at first', async () => {
    for (const table of ['mysql_servers', 'mysql_users', 'mysql_query_rules', 'mysql_replication_hostgroups', 'runtime_mysql_servers'])
      expect(await values(`SELECT * FROM ${table}`), table).toEqual([]);
    await expect(weir.connect()).rejects.toThrow('Access denied');
  });

  it('servers and their pair, the monitor, users', async () => {
    for (const { host, port } of cluster.servers)
      await run(`INSERT INTO mysql_servers (hostgroup_id, hostname, port) VALUES (10, '${host}', ${port})`);
    await run("INSERT INTO mysql_replication_hostgroups VALUES (10, 20, 'read_only', 'the shop')");
    await run(
      `UPDATE global_variables SET variable_value = '${MONITOR.username}' WHERE variable_name = 'mysql-monitor_username'`,
      `SET mysql-monitor_password = '${MONITOR.password}'`,
      'LOAD MYSQL VARIABLES TO RUNTIME',
      'SAVE MYSQL VARIABLES TO DISK',
      'LOAD MYSQL SERVERS TO RUNTIME',
      'SAVE MYSQL SERVERS TO DISK',
    );
    await until('the replicas standing in the reader hostgroup', async () => {
      const placed = await values("SELECT port FROM runtime_mysql_servers WHERE hostgroup_id = 20 AND status = 'ONLINE'");
      const isThere = (port: number): boolean => placed.some(([value]) => Number(value) === port);
      return cluster.replicas.every((replica) => isThere(replica.port));
    });
    await run(
      `INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('${APP.username}', '${APP.password}', 10)`,
      'LOAD MYSQL USERS TO RUNTIME',
      'SAVE MYSQL USERS TO DISK',
    );
    expect(await values('SELECT count(*) > 0 FROM monitor.mysql_server_ping_log WHERE ping_error IS NULL')).toEqual([['1']]);
  });

  it('traffic goes through: reads to replicas, writes to the primary', async () => {
    const client = await weir.connect();
    expect(await writeServer(client, 'tutorial')).toBe(cluster.primary.serverId);
    client.destroy();
    const seen = await readers();
    expect([...seen].every((server) => cluster.replicas.some((replica) => replica.serverId === server))).toBe(true);
  });

  it('rules by digest, by user and schema, and such that answer themselves', async () => {
    await run(
      "INSERT INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply) VALUES (10, 1, '^SELECT @@server_id', 10, 1)",
      "INSERT INTO mysql_query_rules (rule_id, active, match_digest, error_msg, apply) VALUES (20, 1, '^SELECT forbidden', 'not here', 1)",
      "INSERT INTO mysql_query_rules (rule_id, active, match_digest, OK_msg, apply) VALUES (30, 1, '^UPDATE nowhere', 'kept from the servers', 1)",
      'LOAD MYSQL QUERY RULES TO RUNTIME',
      'SAVE MYSQL QUERY RULES TO DISK',
    );
    const client = await weir.connect();
    expect(await readServer(client)).toBe(cluster.primary.serverId);
    await expect(client.query('SELECT forbidden FROM t')).rejects.toMatchObject({ errno: 1148, message: 'not here' });
    const [header] = await client.query<ResultSetHeader>('UPDATE nowhere SET a = 1');
    expect(header).toMatchObject({ affectedRows: 0, info: 'kept from the servers' });
    expect((await client.execute<ResultSetHeader>('UPDATE witness SET note = note WHERE id = ?', [0]))[0].info).not.toContain('kept');
    expect(await values('SELECT rule_id, hits FROM stats_mysql_query_rules WHERE rule_id = 30')).toEqual([['30', '1']]);
    client.destroy();
    await run(
      'DELETE FROM mysql_query_rules WHERE rule_id = 10',
      "INSERT INTO mysql_query_rules_fast_routing VALUES ('app', 'app', 0, 10, 'no reader for this one')",
      'LOAD MYSQL QUERY RULES TO RUN',
    );
    expect([...(await readers(5))]).toEqual([cluster.primary.serverId]);
    await run('DELETE FROM mysql_query_rules_fast_routing', 'LOAD MYSQL QUERY RULES FROM MEMORY', 'SAVE MYSQL QUERY RULES FROM MEM');
    expect([...(await readers(5))]).not.toContain(cluster.primary.serverId);
  });

  it('statistics show what went through', async () => {
    const [digest] = await values(
      "SELECT count_star FROM stats_mysql_query_digest WHERE digest_text LIKE 'SELECT @@server_id' AND hostgroup = 20",
    );
    expect(Number(digest?.[0])).toBeGreaterThan(0);
    const pool = await values('SELECT sum(Queries) FROM stats_mysql_connection_pool WHERE hostgroup = 10');
    expect(Number(pool[0]?.[0])).toBeGreaterThan(0);
    expect(await values("SELECT frontend_connections FROM stats_mysql_users WHERE username = 'app'")).toEqual([['0']]);
    expect(await values('SELECT name, version > 1 FROM runtime_checksums_values WHERE name = "mysql_users"')).toEqual([
      ['mysql_users', '1'],
    ]);
  });

  it('rows that cannot work fail the load, each with its reason, and what runs goes on', async () => {
    await run(
      "INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('lost', 'x', 99), ('lost2', 'x', 98)",
      "INSERT INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup) VALUES (40, 1, '(', 20)",
    );
    const users = (await refusal('LOAD MYSQL USERS TO RUNTIME')).split('\n');
    expect(users).toEqual([
      expect.stringMatching(/^ProxySQL Admin Error: mysql_users \(lost, 1\): default_hostgroup: .*99; accepted: 10, 20$/),
      expect.stringMatching(/^mysql_users \(lost2, 1\): default_hostgroup: .*98; accepted: 10, 20$/),
    ]);
    expect(await refusal('LOAD MYSQL QUERY RULES TO RUNTIME')).toContain('mysql_query_rules (40): match_digest: not a regular expression');
    expect(await refusal("INSERT INTO mysql_servers (hostgroup_id, hostname, port) VALUES (10, 'x', 70000)")).toContain('CHECK constraint');
    expect(await values('SELECT rule_id FROM runtime_mysql_query_rules ORDER BY 1')).toEqual([['20'], ['30']]);
    expect((await readers(3)).size).toBeGreaterThan(0);
    await run('LOAD MYSQL USERS FROM DISK', 'LOAD MYSQL QUERY RULES TO MEMORY', 'DELETE FROM mysql_query_rules WHERE rule_id = 40');
    expect(await values('SELECT username FROM mysql_users')).toEqual([['app']]);
  });

  it('what has no effect is told, and asked for again by SHOW WARNINGS', async () => {
    await run('UPDATE mysql_query_rules SET cache_ttl = 5000 WHERE rule_id = 20');
    const [reply] = await admin.query<ResultSetHeader>('LOAD MYSQL QUERY RULES TO RUNTIME');
    expect(reply.warningStatus).toBe(1);
    expect(await values('SHOW WARNINGS')).toEqual([['Warning', '1105', 'mysql_query_rules.cache_ttl (20): has no effect in this version']]);
    expect(weir.logs.filter(/cache_ttl \(20\)/)).toHaveLength(1);
  });

  it('a server is taken out and put back', async () => {
    const [gone] = cluster.replicas;
    await run(`UPDATE mysql_servers SET status = 'OFFLINE_SOFT' WHERE port = ${gone!.port}`, 'LOAD MYSQL SERVERS TO RUNTIME');
    await until('the reader that is left answering alone', async () => !(await readers(6)).has(gone!.serverId));
    await run(`UPDATE mysql_servers SET status = 'ONLINE' WHERE port = ${gone!.port}`, 'LOAD MYSQL SERVERS TO RUNTIME');
    const count = cluster.replicas.length;
    await until('both readers answering', async () => (await readers(40)).size === count);
  });

  it('a restart keeps what was saved', async () => {
    await run("UPDATE mysql_users SET comment = 'not saved'");
    await startAgain();
    expect(await values('SELECT username, comment FROM mysql_users')).toEqual([['app', '']]);
    expect(await values('SELECT rule_id FROM mysql_query_rules ORDER BY 1')).toEqual([['20'], ['30']]);
    expect((await readers(3)).size).toBeGreaterThan(0);
    await run('PROXYSQL RESTART');
    await until('a second ready line', async () => weir.logs.filter('ready').length === 2);
    admin = await weir.connectAdmin();
    expect((await readers(3)).size).toBeGreaterThan(0);
  });

  it('statistics are reset', async () => {
    await readers(3);
    expect((await values('SELECT * FROM stats_mysql_query_digest')).length).toBeGreaterThan(0);
    expect((await values('SELECT * FROM stats_mysql_query_digest_reset')).length).toBeGreaterThan(0);
    expect(await values("SELECT * FROM stats_mysql_query_digest WHERE digest_text = 'SELECT @@server_id'")).toEqual([]);
  });

  it('the written file starts an equal weir with --initial', async () => {
    const tables = ['mysql_servers', 'mysql_users', 'mysql_query_rules', 'mysql_replication_hostgroups', 'global_variables'];
    const contents = async () =>
      Object.fromEntries(
        await Promise.all(tables.map(async (table) => [table, await rowsOf(admin, `SELECT * FROM ${table} ORDER BY 1, 2`)])),
      );
    const before = await contents();
    await run(`SAVE CONFIG TO FILE ${weir.configFile}`);
    expect(readFileSync(weir.configFile, 'utf8')).toContain('the shop');
    await run('DELETE FROM mysql_users', 'SAVE MYSQL USERS TO DISK');
    await startAgain('--initial');
    expect(await contents()).toEqual(before);
    expect((await readers(3)).size).toBeGreaterThan(0);
  });

  it('everything is taken back', async () => {
    await run(
      'DELETE FROM mysql_users',
      'LOAD MYSQL USERS TO RUNTIME',
      'DELETE FROM mysql_query_rules',
      'LOAD MYSQL QUERY RULES TO RUNTIME',
    );
    await expect(weir.connect()).rejects.toThrow('Access denied');
    await run('DELETE FROM mysql_servers', 'DELETE FROM mysql_replication_hostgroups', 'LOAD MYSQL SERVERS TO RUNTIME');
    await until('no server running', async () => (await values('SELECT * FROM runtime_mysql_servers')).length === 0);
    await run('LOAD MYSQL USERS FROM DISK', 'LOAD MYSQL SERVERS FROM DISK', 'LOAD MYSQL SERVERS TO RUN', 'LOAD MYSQL USERS TO RUN');
    await until('traffic going through again', async () => (await readers(3)).size > 0);
  });
});
