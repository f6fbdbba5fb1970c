import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { type RunningWeir, startWeir } from '../support/weir.js';
import { comQuery, errorOf, textRows, WireClient } from '../support/wire-client.js';

/** What a read of `age.now` gives: the primary is ahead of the replicas, which apply nothing any more. */
const PRIMARY = 'primary';
const REPLICA = 'replica';
const READ = 'SELECT place FROM app.age WHERE id = 1';

/** In front of the reads of a session, what they read, and who has to answer. */
const CASES: readonly (readonly [before: readonly string[], read: string, server: typeof PRIMARY | typeof REPLICA])[] = [
  [[], READ, REPLICA],
  [['SET NAMES latin1', "SET time_zone = '+03:00'"], READ, REPLICA],
  [['USE sbtest'], READ, REPLICA],
  [[], `${READ} UNION ${READ}`, REPLICA],
  [[], `WITH a AS (${READ}) SELECT place FROM a`, REPLICA],
  [[], `${READ} FOR UPDATE`, PRIMARY],
  [[], `${READ} LOCK IN SHARE MODE`, PRIMARY],
  [[], `/* weir:writer */ ${READ}`, PRIMARY],
  [[], `/* weir:reader */ ${READ}`, REPLICA],
  [[], 'SELECT app.age_of(1)', PRIMARY],
  [[], 'SELECT place FROM app.age_view', REPLICA],
  [['BEGIN'], READ, PRIMARY],
  [['BEGIN', 'UPDATE app.other SET a = a + 1'], READ, PRIMARY],
  [['START TRANSACTION WITH CONSISTENT SNAPSHOT'], READ, PRIMARY],
  [['START TRANSACTION READ ONLY'], READ, REPLICA],
  [['BEGIN', 'COMMIT'], READ, REPLICA],
  [['BEGIN', 'COMMIT AND CHAIN'], READ, PRIMARY],
  [['BEGIN', 'ROLLBACK'], READ, REPLICA],
  [['SET autocommit = 0'], READ, PRIMARY],
  [['SET autocommit = 0', READ, 'COMMIT', 'SET autocommit = 1'], READ, REPLICA],
  [['LOCK TABLES app.age READ'], READ, PRIMARY],
  [['LOCK TABLES app.age READ', 'UNLOCK TABLES'], READ, REPLICA],
  [["SELECT GET_LOCK('age', 1)"], READ, REPLICA],
  [['SET @a = 1'], `${READ} AND @a = 1`, PRIMARY],
  [['CREATE TEMPORARY TABLE app.own AS SELECT place FROM app.age'], 'SELECT place FROM app.own', PRIMARY],
  [['CREATE TEMPORARY TABLE app.age (id INT, place VARCHAR(20))', "INSERT INTO app.age VALUES (1, 'primary')"], READ, PRIMARY],
  [['CREATE TEMPORARY TABLE app.own AS SELECT 1', 'DROP TEMPORARY TABLE app.own'], READ, REPLICA],
  [["PREPARE s FROM 'SELECT place FROM app.age'"], 'EXECUTE s', PRIMARY],
  [['HANDLER app.age OPEN AS h'], 'HANDLER h READ `PRIMARY` FIRST', PRIMARY],
  [["XA START 'age'"], READ, PRIMARY],
  [['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'BEGIN'], READ, PRIMARY],
];

/** Replicas that stand still: which server has answered shows in the data. */
describeEachFlavour('replicas that lag', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(
      'CREATE TABLE app.age (id INT PRIMARY KEY, place VARCHAR(20))',
      `INSERT INTO app.age VALUES (1, '${REPLICA}')`,
      'CREATE TABLE app.other (a INT)',
      'CREATE VIEW app.age_view AS SELECT place FROM app.age',
      'CREATE FUNCTION app.age_of(number INT) RETURNS VARCHAR(20) READS SQL DATA RETURN (SELECT place FROM app.age WHERE id = number)',
    );
    for (const replica of cluster.replicas) await stopApplying(await replica.connect());
    const root = await cluster.primary.connect();
    await root.query(`UPDATE app.age SET place = '${PRIMARY}'`);
    root.destroy();
    weir = await startWeir({ cluster, mysqlVariables: { monitor_replication_lag_interval: 600_000 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  async function stopApplying(replica: Connection): Promise<void> {
    await replica.query(flavour === 'mariadb' ? 'STOP SLAVE SQL_THREAD' : 'STOP REPLICA SQL_THREAD');
    replica.destroy();
  }

  it.each(CASES)('are asked where they may be: %j, then %s → %s', async (before, read, server) => {
    for (let round = 0; round < 3; round++) {
      const client = await WireClient.login(weir.port);
      try {
        for (const statement of before) expect(errorOf(await client.query(statement)), statement).toMatchObject({ errno: 0 });
        const reply = await client.command(comQuery(read));
        expect(errorOf(reply)).toMatchObject({ errno: 0 });
        expect(textRows(reply).flat()).toContain(server);
      } finally {
        client.destroy();
      }
    }
  });

  it('are not asked for the definition of what a session has just made, altered or dropped', async () => {
    const client = await WireClient.login(weir.port);
    const firstRow = async (sql: string): Promise<unknown> => {
      const reply = await client.query(sql);
      expect(errorOf(reply), sql).toMatchObject({ errno: 0 });
      return textRows(reply)[0]?.[0];
    };
    const columns = "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'app' AND TABLE_NAME = 'made'";
    await client.query('CREATE TABLE app.made (a INT)');
    expect(await firstRow(columns)).toBe('1');
    expect(await firstRow("SHOW TABLES LIKE 'made'")).toBe('made');
    await client.query('ALTER TABLE app.made ADD COLUMN b INT');
    expect(await firstRow(columns)).toBe('2');
    expect(textRows(await client.query('DESCRIBE app.made'))).toHaveLength(2);
    await client.query('DROP TABLE app.made');
    expect(await firstRow(columns)).toBe('0');
    client.destroy();
  });
});
