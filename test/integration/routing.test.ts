import { readFileSync } from 'node:fs';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, startCluster } from '../support/servers/index.js';
import { numberOf } from '../support/statements.js';
import { type RunningWeir, startWeir, type WeirOptions } from '../support/weir.js';

/** Statements whose first value is the server that executed them. */
const READS = [
  'SELECT @@server_id',
  'SELECT @@server_id FROM place',
  '(SELECT @@server_id)',
  'SELECT @@server_id UNION SELECT @@server_id',
  'WITH c AS (SELECT @@server_id AS s) SELECT s FROM c',
  'SELECT s FROM (SELECT @@server_id AS s FROM place) AS d',
  "SELECT variable_value FROM (SELECT @@server_id AS variable_value) AS v WHERE 'for update' <> ''",
  '/* a comment */ select @@server_id -- FOR UPDATE',
];
const PRIMARY_ONLY = [
  'SELECT @@server_id FROM place FOR UPDATE',
  'SELECT @@server_id FROM place WHERE id = 1 LOCK IN SHARE MODE',
  'select @@server_id from place for/**/update',
  'SELECT s FROM (SELECT @@server_id AS s FROM place FOR UPDATE) AS d',
  'SELECT @@server_id, where_am_i()',
  'SELECT @@server_id, @v := 1',
  "SELECT @@server_id, GET_LOCK('routing', 0), RELEASE_LOCK('routing')",
  'SELECT @@server_id /*!40000 FROM place FOR UPDATE */',
  'SELECT where_am_i()',
  'SELECT st_here(1)',
  "SELECT @@server_id /*!99999 , '/*' */ , '*/ , GET_LOCK(0x78,0) -- '",
  'SELECT @@server_id, @@read_only',
  'SELECT @@server_id FROM (information_schema.EVENTS) LIMIT 1',
];
/** A stored function there, as the name is built in on the other flavour alone; and reads with what is built in. */
const OTHERS_BUILT_IN = { mysql: 'nvl', mariadb: 'uuid_to_bin' };
const BUILT_IN = {
  mysql: ['SELECT @@server_id, BIN_TO_UUID(UUID_TO_BIN(UUID()))', 'SELECT @@server_id, ST_SwapXY(POINT(1, 2))'],
  mariadb: ["SELECT @@server_id, NVL(1, 2), TO_CHAR(NOW(), 'YYYY')", 'SELECT @@server_id, AsText(POINT(1, 2))'],
};

describeEachFlavour('routing', (flavour) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ flavour });
    await cluster.execute(
      'CREATE TABLE app.place (id INT PRIMARY KEY, server INT NOT NULL)',
      'INSERT INTO app.place VALUES (1, 0)',
      'SET GLOBAL log_bin_trust_function_creators = 1',
      'CREATE FUNCTION app.where_am_i() RETURNS INT NOT DETERMINISTIC READS SQL DATA RETURN @@server_id',
      ...['st_here', OTHERS_BUILT_IN[flavour]].map(
        (name) => `CREATE FUNCTION app.${name}(x INT) RETURNS INT NOT DETERMINISTIC READS SQL DATA RETURN @@server_id`,
      ),
      ...['performance_schema', 'mysql', 'sys'].map((schema) => `GRANT SELECT ON ${schema}.* TO '${APP.username}'@'%'`),
      "CREATE EVENT app.late ON SCHEDULE AT '2037-01-01 00:00:00' DO SELECT 1",
    );
  });
  afterAll(() => cluster?.stop());

  const isReplica = (server: number): boolean => cluster.replicas.some((replica) => replica.serverId === server);

  async function withClient(options: WeirOptions, work: (client: Connection, weir: RunningWeir) => Promise<void>): Promise<void> {
    const weir = await startWeir({ cluster, ...options });
    try {
      const client = await weir.connect();
      await work(client, weir);
      client.destroy();
    } finally {
      await weir.kill();
    }
  }

  async function preparedNumber(client: Connection, sql: string): Promise<number> {
    const [rows] = await client.execute<RowDataPacket[]>({ sql, rowsAsArray: true });
    return Number(rows[0]?.[0]);
  }

  it('asks the primary where a reader refuses what looked like a read', async () => {
    await cluster.execute(
      'CREATE TABLE app.hits (server INT NOT NULL)',
      'CREATE FUNCTION app.hit() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO hits VALUES (@@server_id); RETURN @@server_id; END',
      'CREATE VIEW app.hitting AS SELECT app.hit() AS server',
    );
    await cluster.waitInSync();
    await withClient({}, async (client) => {
      const { serverId } = cluster.primary;
      expect(await numberOf(client, 'SELECT server FROM hitting')).toBe(serverId);
      expect(await preparedNumber(client, 'SELECT server FROM hitting WHERE 1 = 1')).toBe(serverId);
      const [rows] = await client.query({ sql: 'SELECT server FROM hits FOR UPDATE', rowsAsArray: true });
      expect(rows).toEqual([[serverId], [serverId]]);
    });
  });

  it('splits by what statements do', async () => {
    await withClient({}, async (client, weir) => {
      const seen = new Set<number>();
      for (let turn = 0; turn < 40; turn++) seen.add(await numberOf(client, 'SELECT @@server_id'));
      expect([...seen].sort()).toEqual(cluster.replicas.map((replica) => replica.serverId));
      for (const sql of [...READS, ...BUILT_IN[flavour]]) {
        expect(isReplica(await numberOf(client, sql)), sql).toBe(true);
        expect(isReplica(await preparedNumber(client, sql)), `prepared ${sql}`).toBe(true);
      }
      for (const sql of [...PRIMARY_ONLY, `SELECT ${OTHERS_BUILT_IN[flavour]}(1)`]) {
        // Of its own: what a statement pins must not decide for the next.
        const own = await weir.connect();
        expect(await numberOf(own, sql), sql).toBe(cluster.primary.serverId);
        expect(await preparedNumber(own, sql), `prepared ${sql}`).toBe(cluster.primary.serverId);
        own.destroy();
      }
      await client.query('UPDATE place SET server = @@server_id');
      expect(await numberOf(client, 'SELECT server FROM place FOR UPDATE')).toBe(cluster.primary.serverId);
    });
  });

  it("reads the servers' own schemas on the primary, whether they are named or chosen", async () => {
    await withClient({}, async (client) => {
      for (const schema of ['information_schema', 'INFORMATION_SCHEMA', 'performance_schema', 'mysql', 'sys']) {
        await client.query(`USE ${schema}`);
        expect(await numberOf(client, 'SELECT @@server_id'), schema).toBe(cluster.primary.serverId);
        expect(await preparedNumber(client, 'SELECT @@server_id'), schema).toBe(cluster.primary.serverId);
        await client.query('USE app');
        expect(isReplica(await numberOf(client, 'SELECT @@server_id')), schema).toBe(true);
      }
    });
  });

  it('shows variables of a reader to a session without an insert id', async () => {
    await withClient({}, async (client) => {
      const shownServer = async (): Promise<number> => {
        const [rows] = await client.query<RowDataPacket[]>("SHOW VARIABLES LIKE 'server_id'");
        return Number(rows[0]?.['Value']);
      };
      expect(isReplica(await shownServer())).toBe(true);
      await client.query('UPDATE place SET server = server + 1');
      expect(isReplica(await shownServer())).toBe(true);
    });
  });

  it('obeys hints as far as they are safe', async () => {
    await withClient({}, async (client) => {
      for (const hint of ['/* weir:writer */', '/* hostgroup=0 */'])
        expect(await numberOf(client, `${hint} SELECT @@server_id`), hint).toBe(cluster.primary.serverId);
      for (const hint of ['/* weir:reader */', '/* hostgroup=1 */']) {
        expect(isReplica(await numberOf(client, `${hint} SELECT @@server_id`)), hint).toBe(true);
        expect(await numberOf(client, `${hint} SELECT @@server_id FROM place FOR UPDATE`), hint).toBe(cluster.primary.serverId);
        await client.query(`${hint} UPDATE place SET server = -@@server_id`);
        expect(await numberOf(client, '/* weir:writer */ SELECT server FROM place')).toBe(-cluster.primary.serverId);
      }
    });
  });

  it('keeps transactions on the primary', async () => {
    await withClient({}, async (client) => {
      for (const begin of ['BEGIN', 'START TRANSACTION', 'START TRANSACTION READ WRITE', 'SET autocommit = 0']) {
        await client.query(begin);
        for (const sql of ['SELECT @@server_id', '/* weir:reader */ SELECT @@server_id', 'SELECT @@server_id FROM place'])
          expect(await numberOf(client, sql), `${begin}: ${sql}`).toBe(cluster.primary.serverId);
        expect(await preparedNumber(client, 'SELECT @@server_id'), begin).toBe(cluster.primary.serverId);
        await client.query('COMMIT');
        if (begin.startsWith('SET')) {
          expect(await numberOf(client, 'SELECT @@server_id'), 'without autocommit').toBe(cluster.primary.serverId);
          await client.query('SET autocommit = 1');
        }
        expect(isReplica(await numberOf(client, 'SELECT @@server_id')), `after ${begin}`).toBe(true);
      }
    });
  });

  it('may run READ ONLY transactions on a reader, until one needs the primary', async () => {
    await withClient({}, async (client) => {
      await client.query('START TRANSACTION READ ONLY');
      const first = await numberOf(client, 'SELECT @@server_id');
      for (let turn = 0; turn < 10; turn++) expect(await numberOf(client, 'SELECT @@server_id')).toBe(first);
      expect(await numberOf(client, 'SELECT @@server_id FROM place LOCK IN SHARE MODE')).toBe(cluster.primary.serverId);
      expect(await numberOf(client, 'SELECT @@server_id')).toBe(cluster.primary.serverId);
      await expect(client.query('SELECT 1 FROM place FOR UPDATE')).rejects.toMatchObject({ errno: 1792 });
      await expect(client.query('UPDATE place SET server = 5')).rejects.toMatchObject({ errno: 1792 });
      await client.query('COMMIT');
      await client.query('UPDATE place SET server = 6');
      expect(await numberOf(client, '/* weir:writer */ SELECT server FROM place')).toBe(6);
      expect(isReplica(await numberOf(client, 'SELECT @@server_id'))).toBe(true);
    });
  });

  for (const set of ['classic-mistake', 'plain-split', 'primary-schemas-and-users']) {
    it(`stays right with rules/${set}`, async () => {
      const rules = readFileSync(new URL(`../../rules/${set}/rules.cnf`, import.meta.url), 'utf8');
      const options: WeirOptions = {
        servers: cluster.servers.map(({ host, port }, index) => ({ address: host, port, hostgroup: index === 0 ? 1 : 2 })),
        users: [{ ...APP, hostgroup: 1 }],
        pairs: [{ writer: 1, reader: 2 }],
      };
      await withClient(withoutOwnRules(options, rules), async (client) => {
        for (const sql of READS.slice(0, 2)) expect(isReplica(await numberOf(client, sql)), sql).toBe(true);
        for (const sql of PRIMARY_ONLY.slice(0, 5)) expect(await numberOf(client, sql), sql).toBe(cluster.primary.serverId);
        await client.query('UPDATE place SET server = @@server_id');
      });
    });
  }
});

/** The rules of a loadable set as a list of settings: the test's file already has a mysql_query_rules. */
function withoutOwnRules(options: WeirOptions, text: string): WeirOptions {
  const rules = [...text.slice(text.indexOf('mysql_query_rules')).matchAll(/\{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries(
      [...body.matchAll(/(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|\d+)/g)].map(([, name = '', value = '']) => [
        name,
        value.startsWith('"') ? value.slice(1, -1).replaceAll('\\\\', '\\') : Number(value),
      ]),
    ),
  );
  return { ...options, rules, extraText: '' };
}
