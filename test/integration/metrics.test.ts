import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { readServer, until, WITNESS_TABLE, writeWitness } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

describeEachFlavour('HTTP port', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(WITNESS_TABLE);
    weir = await startWeir({ cluster });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${weir.httpPort}${path}`);

  /** The value of one metric of a server. */
  async function ofServer(name: string, server: number, more = ''): Promise<number> {
    const text = await (await get('/metrics')).text();
    const endpoint = `endpoint="127.0.0.1:${cluster.servers[server]!.port}",hostgroup="${server}"`;
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}{${endpoint}`) && candidate.includes(more));
    return line === undefined ? Number.NaN : Number(line.split(' ').at(-1));
  }

  it('counts statements, latencies and connections by hostgroup and server', async () => {
    const connection = await weir.connect();
    await readServer(connection);
    await writeWitness(connection, 'first');
    const queries = 'proxysql_connpool_conns_queries_total';
    const before = [await ofServer(queries, 0), await ofServer(queries, 1)] as const;
    for (let turn = 0; turn < 10; turn++) await readServer(connection);
    for (let turn = 0; turn < 5; turn++) await writeWitness(connection, `turn ${turn}`);
    expect((await ofServer(queries, 1)) - before[1]).toBe(10);
    expect((await ofServer(queries, 0)) - before[0]).toBe(5);
    for (const server of [0, 1]) {
      const count = await ofServer('weir_query_duration_seconds_count', server);
      expect(count).toBeGreaterThanOrEqual(5);
      expect(await ofServer('weir_query_duration_seconds_bucket', server, 'le="+Inf"')).toBe(count);
      expect(await ofServer('weir_query_duration_seconds_sum', server)).toBeGreaterThan(0);
      expect(await ofServer('proxysql_connpool_conns', server, 'status="free"')).toBeGreaterThan(0);
      expect(await ofServer('proxysql_connpool_conns_status', server)).toBe(1);
    }
    await connection.beginTransaction();
    await writeWitness(connection, 'open');
    expect(await ofServer('proxysql_connpool_conns', 0, 'status="used"')).toBe(1);
    await connection.rollback();
    await expect(connection.query('SELECT nothing FROM nowhere')).rejects.toMatchObject({ errno: 1146 });
    connection.destroy();
    expect(await (await get('/metrics')).text()).toMatch(/^proxysql_questions_total \d+$/m);
  });

  it('tells liveness and readiness', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    await cluster.primary.shutdown();
    await until('weir not being ready', async () => (await get('/readyz')).status === 503);
    expect(await (await get('/readyz')).text()).toContain(`127.0.0.1:${cluster.primary.port}`);
    expect((await get('/healthz')).status).toBe(200);
  });
});
