import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

type Row = Readonly<Record<string, string>>;

describeEachFlavour('Statistics on the admin port', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let admin: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute('CREATE TABLE app.counted (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(40))');
    weir = await startWeir({ cluster });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    await admin?.end();
    await weir?.kill();
    await cluster?.stop();
  });

  async function rows(sql: string): Promise<Row[]> {
    const [found] = await admin.query(sql);
    return found as unknown as Row[];
  }
  const numberOf = async (sql: string): Promise<number> => Number(Object.values((await rows(sql))[0] ?? {})[0] ?? 0);
  const emptyAll = async (): Promise<void> => {
    for (const table of ['stats_mysql_query_digest', 'stats_mysql_errors']) await admin.query(`TRUNCATE TABLE stats.${table}`);
    await rows('SELECT * FROM stats_mysql_connection_pool_reset');
  };

  it('sums agree with what was sent, by digest, command and server', async () => {
    await emptyAll();
    const commands = 'SELECT Command, Total_cnt FROM stats_mysql_commands_counters WHERE Total_cnt > 0';
    const counted = async (): Promise<Map<string, number>> =>
      new Map((await rows(commands)).map((row) => [row['Command']!, Number(row['Total_cnt'])]));
    const before = await counted();
    const questions = await numberOf("SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'Questions'");
    const clients = await Promise.all(Array.from({ length: 6 }, () => weir.connect()));
    await Promise.all(
      clients.map(async (client, index) => {
        for (let turn = 0; turn < 20; turn++) await client.query(`SELECT ${turn}, 'x${index}' UNION SELECT ${turn + 1}, 'y'`);
        for (let turn = 0; turn < 10; turn++) await client.query(`INSERT INTO counted (text) VALUES ('${index}'), ('b')`);
        for (let turn = 0; turn < 5; turn++) await client.execute('SELECT id FROM counted WHERE id = ?', [turn]);
        await client.query('SELECT nothing FROM nowhere').catch(() => undefined);
      }),
    );
    const digests = await rows(
      'SELECT digest_text, hostgroup, SUM(count_star) AS n, SUM(sum_rows_affected) AS affected, SUM(sum_rows_sent) AS sent, ' +
        "MIN(first_seen) AS first, MAX(last_seen) AS last, SUM(sum_time) AS total FROM stats_mysql_query_digest WHERE username = 'app' " +
        "AND schemaname = 'app' AND digest_text NOT LIKE 'SET%' GROUP BY digest_text, hostgroup ORDER BY digest_text",
    );
    const seen = digests.map(({ digest_text, hostgroup, n, affected, sent }) => [digest_text, hostgroup, n, affected, sent].join(' | '));
    // A read of a table that does not exist yet is proven too: it only reads. The reader did not know it, so the writer was asked.
    expect(seen).toEqual([
      'INSERT INTO counted (text) VALUES (?),(?) | 0 | 60 | 120 | 0',
      'SELECT ?,? UNION SELECT ?,? | 1 | 120 | 0 | 240',
      expect.stringMatching(/^SELECT id FROM counted WHERE id = \? \| 1 \| 30 \| 0 \| \d+$/),
      'SELECT nothing FROM nowhere | 0 | 6 | 0 | 0',
    ]);
    const nowSec = Math.floor(Date.now() / 1000);
    for (const digest of digests) {
      expect(Number(digest['first'])).toBeGreaterThan(nowSec - 30);
      expect(Number(digest['last'])).toBeLessThanOrEqual(nowSec + 1);
      expect(Number(digest['total'])).toBeGreaterThan(0);
    }
    const after = await counted();
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect([grown('SELECT'), grown('INSERT')]).toEqual([156, 60]);
    const bucketSums = await rows(
      'SELECT Command, Total_cnt, cnt_100us + cnt_500us + cnt_1ms + cnt_5ms + cnt_10ms + cnt_50ms + cnt_100ms + cnt_500ms + cnt_1s + ' +
        'cnt_5s + cnt_10s + cnt_INFs AS buckets FROM stats_mysql_commands_counters',
    );
    for (const row of bucketSums) expect(row['buckets'], row['Command']).toEqual(row['Total_cnt']);
    // Prepared texts are questions too: six clients prepared once each.
    const grownQuestions = (await numberOf("SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'Questions'")) - questions;
    expect(grownQuestions).toBeGreaterThanOrEqual(216);
    const errors = await rows("SELECT * FROM stats_mysql_errors WHERE errno = 1146 AND username = 'app' ORDER BY hostgroup");
    const one = { schemaname: 'app', count_star: '6', last_error: expect.stringContaining('nowhere') };
    expect(errors).toMatchObject([
      { hostgroup: '0', ...one },
      { hostgroup: '1', ...one },
    ]);
    for (const client of clients) client.destroy();
  });

  it('a reset returns what it clears, and nothing is lost while traffic runs', async () => {
    await emptyAll();
    const client = await weir.connect();
    let sent = 0;
    let stop = false;
    const load = (async () => {
      for (; !stop && sent < 5_000; sent++) await client.query(`SELECT 'reset', ${sent}`);
    })();
    let returned = 0;
    for (let turn = 0; turn < 10; turn++) {
      returned += await numberOf("SELECT SUM(count_star) FROM stats_mysql_query_digest_reset WHERE digest_text = 'SELECT ?,?'");
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    stop = true;
    await load;
    returned += await numberOf("SELECT SUM(count_star) FROM stats_mysql_query_digest_reset WHERE digest_text = 'SELECT ?,?'");
    expect(returned).toBe(sent);
    expect(await rows("SELECT * FROM stats_mysql_query_digest WHERE digest_text = 'SELECT ?,?'")).toEqual([]);
    client.destroy();
  });

  it('a statement with a mistake resets nothing', async () => {
    const client = await weir.connect();
    await client.query("SELECT 'kept'");
    await expect(admin.query('SELECT no_such_column FROM stats_mysql_query_digest_reset')).rejects.toThrow('no_such_column');
    expect(await numberOf("SELECT COUNT(*) FROM stats_mysql_query_digest WHERE digest_text = 'SELECT ?'")).toBe(1);
    client.destroy();
  });

  it('digests are the same after a restart', async () => {
    const client = await weir.connect();
    await client.query('SELECT id, text FROM counted WHERE id IN (1, 2, 3, 4, 5)');
    const digest = async (from: Connection): Promise<unknown> => {
      const [found] = await from.query("SELECT digest, digest_text FROM stats_mysql_query_digest WHERE digest_text LIKE '%IN%'");
      return found;
    };
    const first = await digest(admin);
    expect(first).toMatchObject([{ digest_text: 'SELECT id,text FROM counted WHERE id IN (?,?,?,...)' }]);
    client.destroy();
    const other = await startWeir({ cluster });
    try {
      const again = await other.connect();
      await again.query('SELECT id, text FROM counted WHERE id IN (7, 8, 9, 10, 11, 12)');
      again.destroy();
      const otherAdmin = await other.connectAdmin();
      expect(await digest(otherAdmin)).toEqual(first);
      otherAdmin.destroy();
    } finally {
      await other.kill();
    }
  });

  it('the process list shows statements under way and why connections are kept', async () => {
    await admin.query('SET mysql-show_processlist_extended = 1');
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
    const client = await weir.connect();
    await client.query('SET @mine = 1');
    const [[{ id }]] = (await client.query('SELECT CONNECTION_ID() AS id')) as unknown as [[{ id: number }]];
    const sleeping = client
      .query("SELECT SLEEP(30), 'seen in the list', @mine FROM counted LIMIT 1")
      .catch((error: Error) => error.message);
    const mine = "SELECT * FROM stats_mysql_processlist WHERE info LIKE '%seen in the list%'";
    await until('the statement being listed', async () => (await rows(mine)).length === 1);
    const [row] = await rows(mine);
    expect(row).toMatchObject({ user: 'app', db: 'app', command: 'Query', cli_host: '127.0.0.1', srv_port: String(cluster.primary.port) });
    const extended = JSON.parse(row!['extended_info']!) as { pins: string[]; backends: { thread_id: number }[] };
    expect(extended.pins).toContain('user variable');
    expect(extended.backends[0]!.thread_id).toBeGreaterThan(0);
    expect(row!['SessionID']).toBe(String(id));
    const short = (await rows('SHOW PROCESSLIST')).find((each) => each['SessionID'] === row!['SessionID']);
    expect(Object.keys(short!)).toEqual(['SessionID', 'user', 'db', 'hostgroup', 'command', 'time_ms', 'info']);
    expect((await rows('SHOW FULL PROCESSLIST')).map((each) => each['SessionID'])).toContain(row!['SessionID']);
    // Of a long text, its digest.
    const talker = await weir.connect();
    const talking = talker
      .query(`SELECT SLEEP(30), '${'x'.repeat(1_000_000)}' FROM counted LIMIT 1`)
      .catch((error: Error) => error.message);
    const long = "SELECT * FROM stats_mysql_processlist WHERE info LIKE 'SELECT SLEEP(?)%'";
    await until('the long statement being listed', async () => (await rows(long)).length === 1);
    await admin.query(`WEIR KILL ${(await rows(long))[0]!['SessionID']}`);
    expect(await talking).toMatch(/killed|closed|lost|interrupted/i);
    await admin.query(`WEIR KILL ${row!['SessionID']}`);
    expect(await sleeping).toMatch(/killed|closed|lost|interrupted/i);
    await until('the session being gone', async () => (await rows(mine)).length === 0);
    await expect(admin.query(`KILL CONNECTION ${row!['SessionID']}`)).rejects.toThrow('Unknown thread id');
    await admin.query('SET mysql-show_processlist_extended = 0');
    await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
  });

  it('counts hits of rules from when they were loaded', async () => {
    await admin.query(
      "INSERT INTO mysql_query_rules (rule_id, active, match_digest, apply) VALUES (7, 1, '^SELECT ''?rule', 0), (8, 1, '.', 1)",
    );
    await admin.query('LOAD MYSQL QUERY RULES TO RUNTIME');
    const client = await weir.connect();
    for (let turn = 0; turn < 9; turn++) await client.query('SELECT rule.id FROM counted AS rule LIMIT 1');
    for (let turn = 0; turn < 4; turn++) await client.execute('SELECT id FROM counted LIMIT 1');
    const hits = await rows('SELECT rule_id, hits FROM stats_mysql_query_rules ORDER BY rule_id');
    expect(hits[0]).toEqual({ rule_id: '7', hits: '9' });
    expect(Number(hits[1]!['hits'])).toBeGreaterThanOrEqual(13);
    await admin.query('LOAD MYSQL SERVERS TO RUNTIME');
    expect(await numberOf('SELECT hits FROM stats_mysql_query_rules WHERE rule_id = 7')).toBe(9);
    await admin.query('LOAD MYSQL QUERY RULES TO RUNTIME');
    expect(await numberOf('SELECT hits FROM stats_mysql_query_rules WHERE rule_id = 7')).toBe(0);
    await admin.query('DELETE FROM mysql_query_rules');
    await admin.query('LOAD MYSQL QUERY RULES TO RUNTIME');
    client.destroy();
  });

  it('lists prepared statements, free connections and memory', async () => {
    const clients = await Promise.all([weir.connect(), weir.connect()]);
    for (const client of clients) await client.execute('SELECT text FROM counted WHERE id = ? AND text = ?', [1, 'x']);
    await clients[0]!.execute(`SELECT '${'x'.repeat(300_000)}', text FROM counted`);
    expect(await numberOf("SELECT MAX(LENGTH(query)) FROM stats_mysql_prepared_statements_info WHERE query LIKE 'SELECT ''xxx%'")).toBe(
      16_384,
    );
    const prepared = await rows("SELECT * FROM stats_mysql_prepared_statements_info WHERE query LIKE '%text = ?'");
    expect(prepared).toMatchObject([{ username: 'app', schemaname: 'app', ref_count_client: '2', num_columns: '1', num_params: '2' }]);
    expect(Number(prepared[0]!['ref_count_server'])).toBeGreaterThan(0);
    const free = await rows("SELECT * FROM stats_mysql_free_connections WHERE user = 'app'");
    expect(free.length).toBeGreaterThan(0);
    expect(JSON.parse(free[0]!['mysql_info']!)).toMatchObject({ thread_id: expect.any(Number) });
    expect(await numberOf("SELECT Variable_Value FROM stats_memory_metrics WHERE Variable_Name = 'jemalloc_resident'")).toBeGreaterThan(
      1e7,
    );
    for (const client of clients) client.destroy();
  });

  it('the connection pool counts connections, peaks and statements, and starts again', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => weir.connect()));
    await rows('SELECT * FROM stats_mysql_connection_pool_reset');
    for (const client of clients) await client.query('BEGIN');
    const ofWriter = 'FROM stats_mysql_connection_pool WHERE hostgroup = 0';
    expect(await numberOf(`SELECT ConnUsed ${ofWriter}`)).toBe(3);
    for (const client of clients) await client.query('COMMIT');
    expect(await numberOf(`SELECT Queries ${ofWriter}`)).toBe(6);
    expect(await numberOf(`SELECT MaxConnUsed ${ofWriter}`)).toBeGreaterThanOrEqual(3);
    const [reset] = await rows('SELECT * FROM stats_mysql_connection_pool_reset WHERE hostgroup = 0');
    expect(reset).toMatchObject({ Queries: '6', ConnUsed: '0' });
    expect(await numberOf(`SELECT Queries ${ofWriter}`)).toBe(0);
    expect(await numberOf(`SELECT MaxConnUsed ${ofWriter}`)).toBe(0);
    for (const client of clients) client.destroy();
  });
});
