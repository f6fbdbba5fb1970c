import type { RowDataPacket } from 'mysql2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, MONITOR, type RunningServer, startCluster, withRoot } from '../support/servers/index.js';

describeEachFlavour('server provider', (flavour) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute('CREATE TABLE app.provider (id INT PRIMARY KEY)');
  });
  afterAll(() => cluster?.stop());

  async function count(server: RunningServer): Promise<number> {
    return withRoot(server, async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS rows_seen FROM app.provider');
      return Number(rows[0]?.['rows_seen']);
    });
  }

  it('is of the flavour asked for, with a server id each', async () => {
    const ids = await Promise.all(
      cluster.servers.map((server) =>
        withRoot(server, async (connection) => {
          const [rows] = await connection.query<RowDataPacket[]>('SELECT @@server_id AS id, VERSION() AS version');
          expect(/mariadb/i.test(String(rows[0]?.['version']))).toBe(flavour === 'mariadb');
          return rows[0]?.['id'];
        }),
      ),
    );
    expect(ids).toEqual([1, 2, 3]);
  });

  it('replicates to read-only replicas', async () => {
    await cluster.execute('INSERT INTO app.provider VALUES (1), (2)');
    expect(await Promise.all(cluster.servers.map(count))).toEqual([2, 2, 2]);
    const connection = await cluster.replicas[0]!.connect({ user: APP.username, password: APP.password, database: 'app' });
    await expect(connection.query('INSERT INTO provider VALUES (9)')).rejects.toThrow(/read-only/);
    connection.destroy();
  });

  it('has an account for the monitor', async () => {
    const connection = await cluster.replicas[1]!.connect({ user: MONITOR.username, password: MONITOR.password });
    const [rows] = await connection.query<RowDataPacket[]>(flavour === 'mariadb' ? 'SHOW SLAVE STATUS' : 'SHOW REPLICA STATUS');
    expect(rows.length).toBe(1);
    connection.destroy();
  });

  it('survives the crash of a replica, which catches up afterwards', async () => {
    const replica = cluster.replicas[0]!;
    const { pid } = replica;
    await replica.kill('SIGKILL');
    expect(replica.running).toBe(false);
    await expect(replica.connect()).rejects.toThrow(/ECONNREFUSED/);
    await cluster.execute('INSERT INTO app.provider VALUES (3)');
    await replica.restart();
    expect(replica.pid).not.toBe(pid);
    await cluster.waitInSync();
    expect(await count(replica)).toBe(3);
  });

  it('makes accounts on all servers', async () => {
    await cluster.createUser({ username: 'reader', password: "it's" }, ['SELECT ON app.*']);
    const connection = await cluster.replicas[1]!.connect({ user: 'reader', password: "it's", database: 'app' });
    await connection.query('SELECT 1 FROM provider');
    connection.destroy();
  });
});
