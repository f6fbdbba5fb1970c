import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, ROOT, startCluster } from '../support/servers/index.js';
import { numberOf, rowsOf, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

describeEachFlavour('a schema that was dropped under its sessions', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1 } });
  }, 60_000);
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  /** Server connections that were opened or reset until now. */
  async function openedAndReset(): Promise<number> {
    const admin = await weir.connectAdmin();
    const text =
      "SELECT SUM(variable_value) AS n FROM stats_mysql_global WHERE variable_name IN ('Server_Connections_created', 'weir_connection_resets')";
    const [row] = await rowsOf(admin, text);
    await admin.end();
    return Number(row?.['n']);
  }

  it('costs no connection for each of their statements, and is theirs again once it is made again', async () => {
    const root = { user: ROOT.username, password: ROOT.password };
    const owner = await weir.connect({ ...root, database: '' });
    await owner.query('CREATE DATABASE app_gone');
    await cluster.waitInSync();
    const sessions = await Promise.all([1, 2, 3].map(() => weir.connect({ ...root, database: 'app_gone' })));
    for (const session of sessions) await session.query('SELECT 1');
    // What else is set in front of a statement may not cost the connection either.
    await sessions[1]!.query('SET NAMES latin1');
    await sessions[2]!.query("SET sql_mode = 'ANSI_QUOTES', @@session.group_concat_max_len = 2000");
    await owner.query('DROP DATABASE app_gone');
    await cluster.waitInSync();
    const others = await Promise.all([1, 2, 3, 4, 5].map(() => weir.connect({ ...root, database: 'app' })));
    const ask = async (): Promise<unknown[]> => {
      // No connection goes on in the schema, which its server would still name.
      await Promise.all(others.map((other) => other.query('SELECT SLEEP(0.05)')));
      const names = [];
      for (const session of sessions) names.push((await rowsOf(session, 'SELECT DATABASE() AS name'))[0]?.['name']);
      return names;
    };
    // Each may need a connection without a schema on each server first.
    await until('a turn opens and resets nothing', async () => {
      const before = await openedAndReset();
      await ask();
      return (await openedAndReset()) === before;
    });
    const before = await openedAndReset();
    for (let turn = 0; turn < 10; turn++) expect(await ask()).toEqual(['app_gone', 'app_gone', 'app_gone']);
    expect((await openedAndReset()) - before).toBeLessThanOrEqual(2);

    await owner.query('CREATE DATABASE app_gone');
    await owner.query('CREATE TABLE app_gone.t (a INT)');
    for (const session of sessions) await session.query('INSERT INTO t VALUES (1)');
    expect((await rowsOf(sessions[0]!, 'SELECT COUNT(*) AS n FROM t FOR UPDATE'))[0]).toEqual({ n: 3 });
    for (const session of [owner, ...others, ...sessions]) await session.end();
  });

  it('costs none where only a connection to the primary goes on in the schema', async () => {
    const root = { user: ROOT.username, password: ROOT.password };
    const primary = await cluster.primary.connect();
    await primary.query('CREATE DATABASE app_left');
    await primary.query('CREATE TABLE app_left.t (a INT)');
    await cluster.waitInSync();
    const session = await weir.connect({ ...root, database: 'app_left' });
    await session.query('INSERT INTO t VALUES (1)');
    await primary.query('DROP DATABASE app_left');
    await primary.end();
    await cluster.waitInSync();
    const other = await weir.connect({ ...root, database: 'app' });
    const ask = async (): Promise<unknown> => {
      await other.query('SELECT SLEEP(0.01)');
      return (await rowsOf(session, 'SELECT DATABASE() AS name'))[0]?.['name'];
    };
    expect([await ask(), await ask()]).toEqual(['app_left', 'app_left']);
    const before = await openedAndReset();
    for (let turn = 0; turn < 10; turn++) expect(await ask()).toBe('app_left');
    expect((await openedAndReset()) - before).toBeLessThanOrEqual(2);
    for (const each of [session, other]) await each.end();
  });

  it('nothing of a transaction is lost, and no name means something else', async () => {
    const root = { user: ROOT.username, password: ROOT.password };
    const primary = await cluster.primary.connect();
    for (const schema of ['app_gone', 'app_mine', 'app_other']) {
      await primary.query(`CREATE DATABASE IF NOT EXISTS ${schema}`);
      await primary.query(`DROP TABLE IF EXISTS ${schema}.t`);
      await primary.query(`CREATE TABLE ${schema}.t (a INT)`);
    }
    await cluster.waitInSync();
    const session = await weir.connect({ ...root, database: 'app_gone' });
    const lost = await session.prepare('INSERT INTO t VALUES (?)');
    await lost.execute([1]);
    await session.query('USE app_other');
    // The driver prepares a text once.
    const insert = await session.prepare('INSERT INTO t SET a = ?');
    await session.query('USE app_mine');
    await session.query('BEGIN');
    // The connection stands in the schema of the statement now.
    await insert.execute([1]);
    for (const schema of ['app_gone', 'app_mine']) await primary.query(`DROP DATABASE ${schema}`);
    const fails = async (statement: Promise<unknown>): Promise<void> => {
      await expect(statement).rejects.toSatisfy(({ errno }: { errno: number }) => errno === 1049 || errno === 1146);
    };
    await fails(lost.execute([2]));
    await insert.execute([2]);
    for (const statement of ['SELECT a FROM t', 'SELECT a FROM t', 'INSERT INTO t VALUES (3)']) await fails(session.query(statement));
    const seen = 'SELECT COUNT(*) FROM app_other.t';
    expect(await numberOf(primary, seen)).toBe(0);
    await session.query('USE app_other');
    expect(await rowsOf(session, 'SELECT DATABASE() AS name, COUNT(*) AS n FROM t')).toEqual([{ name: 'app_other', n: 2 }]);
    await session.query('COMMIT');
    expect(await numberOf(primary, seen)).toBe(2);
    for (const each of [session, primary]) await each.end();
  });
});
