import { afterEach, describe, expect, it } from 'vitest';
import type { HostTable } from '../../../src/config/snapshot.js';
import { HttpServer } from '../../../src/http/http-server.js';
import type { HttpSources } from '../../../src/http/sources.js';
import { latencyBucket } from '../../../src/stats/latency.js';
import { WorkerStats } from '../../../src/stats/worker-stats.js';

const placement = { hostgroup: 10, hostname: 'db1', port: 3306, key: 'db1:3306', status: 'ONLINE', serves: true, reason: '' };
const hosts = (change: object = {}): HostTable =>
  ({ version: 1, placements: [{ ...placement, ...change }], identity: {} }) as unknown as HostTable;

function sources(change: Partial<HttpSources> = {}): HttpSources {
  const stats = new WorkerStats(0);
  const server = stats.server(10, 'db1', 3306);
  for (const us of [50, 100, 400, 2_000, 20_000_000]) server.queryEnded(us, latencyBucket(us));
  server.leased();
  stats.counters.questions = 5;
  stats.clientConnected('app');
  stats.errorAnswered(1064);
  return {
    stats: async () => [stats.snapshot()],
    hosts: () => hosts(),
    workers: () => [{ worker: 0, pid: 1, running: true, accepting: true, restarts: 2 }],
    checks: () => [{ check: 'ping', ok: 7, failed: 1 }],
    refusals: () => [{ endpoint: 'db2:3306', check: 'ping', cause: 'account', errno: 1045 }],
    events: () => [{ kind: 'status', to: 'SHUNNED', count: 3 }],
    hookRuns: () => ({ ok: 2, failed: 1, left_out: 0 }),
    adminAccepting: () => true,
    firstRoundDone: () => true,
    writerHostgroups: () => [10],
    ...change,
  };
}

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function get(path: string, from: HttpSources, method = 'GET'): Promise<{ status: number; text: string }> {
  const server = new HttpServer(from, () => undefined);
  servers.push(server);
  const port = await server.listen(0);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

describe('/metrics', () => {
  it('shows counters, pools, histograms, status, checks and restarts', async () => {
    const { status, text } = await get('/metrics', sources());
    expect(status).toBe(200);
    const lines = text.split('\n');
    for (const line of [
      'proxysql_questions_total 5',
      'proxysql_connpool_conns{endpoint="db1:3306",hostgroup="10",status="used"} 1',
      'proxysql_connpool_conns_queries_total{endpoint="db1:3306",hostgroup="10"} 5',
      'proxysql_connpool_conns_status{endpoint="db1:3306",hostgroup="10"} 1',
      'weir_query_duration_seconds_bucket{endpoint="db1:3306",hostgroup="10",le="0.0001"} 2',
      'weir_query_duration_seconds_bucket{endpoint="db1:3306",hostgroup="10",le="10"} 4',
      'weir_query_duration_seconds_bucket{endpoint="db1:3306",hostgroup="10",le="+Inf"} 5',
      'weir_query_duration_seconds_count{endpoint="db1:3306",hostgroup="10"} 5',
      'weir_errors_total{errno="1064"} 1',
      'weir_client_connections_by_user{username="app"} 1',
      'weir_worker_up{worker="0"} 1',
      'weir_worker_restarts_total{worker="0"} 2',
      'weir_monitor_checks_total{check="ping",result="error"} 1',
      'weir_monitor_refused{endpoint="db2:3306",check="ping",cause="account",errno="1045"} 1',
      'weir_server_events_total{kind="status",to="SHUNNED"} 3',
      'weir_event_hook_runs_total{result="failed"} 1',
    ]) {
      expect(lines).toContain(line);
    }
    expect(text).toContain('weir_process_cpu_seconds_total');
    expect(text).toContain('# TYPE weir_query_duration_seconds histogram');
  });

  it('says 500 when statistics fail, and goes on', async () => {
    const broken = sources({ stats: () => Promise.reject(new Error('no')) });
    expect((await get('/metrics', broken)).status).toBe(500);
    expect((await get('/healthz', broken)).status).toBe(200);
  });
});

describe('/healthz and /readyz', () => {
  it('are 200 when all is well', async () => {
    expect(await get('/healthz', sources())).toEqual({ status: 200, text: '{"ok":true,"problems":[]}\n' });
    expect((await get('/readyz', sources())).status).toBe(200);
  });

  it('say why not', async () => {
    const dead = sources({ workers: () => [{ worker: 3, pid: undefined, running: false, accepting: false, restarts: 1 }] });
    expect(await get('/healthz', dead)).toEqual({ status: 503, text: '{"ok":false,"problems":["worker 3 is not running"]}\n' });
    const change = {
      adminAccepting: () => false,
      firstRoundDone: () => false,
      hosts: () => hosts({ status: 'SHUNNED', serves: false, reason: 'ping failed' }),
    };
    const { status, text } = await get('/readyz', sources({ ...change, writerHostgroups: () => [10, 30] }));
    expect(status).toBe(503);
    expect(JSON.parse(text).problems).toEqual([
      'the admin port does not accept',
      'the first monitor round has not ended',
      'no server online in hostgroup 10 (db1:3306 SHUNNED: ping failed)',
      'no server online in hostgroup 30 (it has none)',
    ]);
    const weightless = { hosts: () => hosts({ serves: false, reason: 'weight 0' }), writerHostgroups: () => [10] };
    expect((await get('/readyz', sources(weightless))).text).toContain('no server online in hostgroup 10 (db1:3306 ONLINE: weight 0)');
  });
});

describe('other requests', () => {
  it('are 404 and 405', async () => {
    expect((await get('/', sources())).status).toBe(404);
    expect((await get('/metrics', sources(), 'POST')).status).toBe(405);
  });

  it('a port in use is named', async () => {
    const first = new HttpServer(sources(), () => undefined);
    servers.push(first);
    const port = await first.listen(0);
    await expect(new HttpServer(sources(), () => undefined).listen(port)).rejects.toThrow(`127.0.0.1:${port} (admin-restapi_port)`);
  });
});
