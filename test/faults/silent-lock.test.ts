import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster, withRoot } from '../support/servers/index.js';
import { numberOf, until } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const UPDATE = "UPDATE counted SET times = times + 1, note = 'of weir' WHERE id = 1";

/** Without a query timeout: it is the monitor that finds the server silent. */
describeEachFlavour('writes that wait for a lock on a primary that turns silent', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute('CREATE TABLE app.counted (id INT PRIMARY KEY, times INT, note VARCHAR(32))');
    await cluster.execute("INSERT INTO app.counted VALUES (1, 0, ''), (2, 0, '')");
    weir = await startWeir({ cluster, mysqlVariables: { threads: 1, default_query_timeout: 0 } });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('are told, each what it is for them, and all goes on once the primary answers', async () => {
    const [alone, begun] = [await weir.connect(), await weir.connect()];
    await begun.beginTransaction();
    await begun.query('UPDATE counted SET times = 100 WHERE id = 2');
    await withRoot(cluster.primary, async (root) => {
      await root.beginTransaction();
      await root.query('SELECT id FROM app.counted WHERE id = 1 FOR UPDATE');
      const outcomes = [alone, begun].map((connection) => connection.query(UPDATE).catch((error) => error));
      const waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%of weir%' AND id <> CONNECTION_ID()";
      await until('both writes waiting', async () => (await numberOf(root, waiting)) === 2);
      await cluster.primary.kill('SIGSTOP');
      try {
        const [unknown, lost] = await Promise.all(outcomes);
        expect(unknown).toMatchObject({ errno: 2013, message: expect.stringContaining('may have been executed and is not sent twice') });
        expect(lost).toMatchObject({ errno: 1213, sqlState: '40001' });
        expect(await numberOf(alone, 'SELECT COUNT(*) FROM counted')).toBe(2);
      } finally {
        await cluster.primary.kill('SIGCONT');
      }
      await root.rollback();
    });
    await until('writes', async () => (await alone.query("UPDATE counted SET note = 'at last' WHERE id = 1")) !== null, 30_000);
    await begun.query("UPDATE counted SET note = 'goes on' WHERE id = 2");
    // The first UPDATE may have got the lock once its server went on: once at most.
    await withRoot(cluster.primary, async (root) => {
      expect([0, 1]).toContain(await numberOf(root, 'SELECT times FROM app.counted WHERE id = 1'));
      expect(await numberOf(root, 'SELECT times FROM app.counted WHERE id = 2')).toBe(0);
    });
    for (const connection of [alone, begun]) connection.destroy();
  });
});
