import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { numberOf } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

/** Statements whose first value is the server that executed them. */
const STATEMENTS = [
  'SELECT @@server_id',
  'SELECT @@server_id FROM place',
  'SELECT @@server_id FROM place FOR UPDATE',
  'SELECT @@server_id FROM place LOCK IN SHARE MODE',
  '(SELECT @@server_id) UNION (SELECT @@server_id)',
  "SELECT @@server_id, GET_LOCK('explained', 0), RELEASE_LOCK('explained')",
  'SELECT @@server_id, @v := 1',
  '/* weir:writer */ SELECT @@server_id',
  '/* weir:reader */ SELECT @@server_id FROM place FOR UPDATE',
  '/* hostgroup=1 */ SELECT @@server_id',
  'SELECT @@server_id /* to the writer */ FROM place WHERE id = 7',
  'SELECT @@server_id FROM place WHERE id = 8',
  'SELECT @@server_id FROM place WHERE id IN (1, 2, 3)',
];

describeEachFlavour('EXPLAIN ROUTE', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;
  let admin: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute('CREATE TABLE app.place (id INT PRIMARY KEY)', 'INSERT INTO app.place VALUES (1), (7), (8)');
    weir = await startWeir({
      cluster,
      rules: [
        { rule_id: 5, active: 1, match_pattern: 'id = 7', destination_hostgroup: 0, apply: 1 },
        { rule_id: 6, active: 1, match_digest: 'id IN', destination_hostgroup: 0, apply: 1 },
      ],
    });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    admin?.destroy();
    await weir?.kill();
    await cluster?.stop();
  });

  /** Ids of the servers that the explanation names as those that could serve. */
  async function explained(statement: string): Promise<number[]> {
    const [rows] = await admin.query<RowDataPacket[]>(`EXPLAIN ROUTE USER 'app' ${statement}`);
    const keys = rows.filter((row) => row['result'] === 'could serve').map((row) => String(row['step']).replace('server ', ''));
    return cluster.servers.filter(({ host, port }) => keys.includes(`${host}:${port}`)).map(({ serverId }) => serverId);
  }

  it('names the servers that statements then run on', async () => {
    for (const statement of STATEMENTS) {
      const expected = await explained(statement);
      expect(expected, statement).not.toEqual([]);
      for (let turn = 0; turn < 4; turn++) {
        const client = await weir.connect();
        expect(expected, statement).toContain(await numberOf(client, statement));
        client.destroy();
      }
    }
  });

  it('names the server of an open transaction', async () => {
    const client = await weir.connect();
    await client.beginTransaction();
    expect([await numberOf(client, 'SELECT @@server_id')]).toEqual(await explained('IN TRANSACTION SELECT @@server_id'));
    await client.rollback();
    client.destroy();
  });

  it('tells why a server is left out, and follows the fallback', async () => {
    await admin.query("UPDATE mysql_servers SET status = 'OFFLINE_SOFT' WHERE hostgroup_id = 1");
    await admin.query('LOAD MYSQL SERVERS TO RUNTIME');
    const [rows] = await admin.query<RowDataPacket[]>('EXPLAIN ROUTE SELECT @@server_id');
    const details = rows.filter((row) => row['result'] === 'left out').map((row) => row['detail']);
    expect(details).toEqual(cluster.replicas.map(() => 'OFFLINE_SOFT: configured OFFLINE_SOFT'));
    expect(rows.find((row) => row['step'] === 'fallback')).toMatchObject({ result: 'hostgroup 0' });
    const client = await weir.connect();
    expect([await numberOf(client, 'SELECT @@server_id')]).toEqual(await explained('SELECT @@server_id'));
    client.destroy();
  });
});
