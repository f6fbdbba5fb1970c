import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, ROOT, startCluster } from '../support/servers/index.js';
import { rowsOf } from '../support/statements.js';
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
    // The first time each may need a connection without a schema on each server.
    await ask();
    const before = await openedAndReset();
    for (let turn = 0; turn < 10; turn++) expect(await ask()).toEqual(['app_gone', 'app_gone', 'app_gone']);
    expect((await openedAndReset()) - before).toBeLessThan(10);

    await owner.query('CREATE DATABASE app_gone');
    await owner.query('CREATE TABLE app_gone.t (a INT)');
    for (const session of sessions) await session.query('INSERT INTO t VALUES (1)');
    expect((await rowsOf(sessions[0]!, 'SELECT COUNT(*) AS n FROM t FOR UPDATE'))[0]).toEqual({ n: 3 });
    for (const session of [owner, ...others, ...sessions]) await session.end();
  });
});
