import { Worker } from 'node:worker_threads';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { APP } from '../support/servers/accounts.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { type Cluster, startCluster } from '../support/servers/index.js';
import { rowsOf } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

interface Report {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const SESSIONS = 200;
const ADMIN_SECONDS = 4;
const LONGEST_STALL_MS = 50;
const STATEMENTS = [
  'SELECT * FROM stats_mysql_query_digest ORDER BY sum_time DESC LIMIT 20',
  'SELECT * FROM stats_mysql_connection_pool',
  'SELECT * FROM stats_mysql_global',
  'SHOW FULL PROCESSLIST',
  'SELECT * FROM stats_mysql_commands_counters WHERE Total_cnt > 0',
  'SELECT hostgroup_id, COUNT(*) FROM runtime_mysql_servers GROUP BY hostgroup_id',
  "UPDATE global_variables SET variable_value = variable_value WHERE variable_name = 'mysql-max_connections'",
  'SELECT * FROM monitor.mysql_server_ping_log ORDER BY time_start_us DESC LIMIT 3',
];

describeEachFlavour('200 admin sessions', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    weir = await startWeir({ cluster });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  it('do not stall the traffic', async () => {
    const filler = await weir.connect();
    // As many digests as an application of some size has.
    for (let index = 0; index < 600; index++) await filler.query(`SELECT ${index} AS column_${index}`);
    filler.destroy();
    const connection = { host: weir.host, port: weir.port, user: APP.username, password: APP.password, database: 'app' };
    const traffic = new Worker(new URL('../support/traffic-thread.mjs', import.meta.url), { workerData: { connection, clients: 2 } });
    const report = (): Promise<Report> =>
      new Promise((resolve) => {
        traffic.once('message', resolve);
        traffic.postMessage('report');
      });
    const admins: Connection[] = [];
    for (let index = 0; index < SESSIONS; index++) admins.push(await weir.connectAdmin());
    traffic.postMessage('measure');
    const deadline = Date.now() + ADMIN_SECONDS * 1000;
    let answered = 0;
    await Promise.all(
      admins.map(async (admin, index) => {
        for (let turn = index; Date.now() < deadline; turn++) {
          await admin.query(STATEMENTS[turn % STATEMENTS.length]!);
          answered++;
        }
      }),
    );
    const seen = await report();
    const stallsUs = await rowsOf(admins[0]!, 'SELECT loop_delay_max_us FROM stats.stats_weir_workers');
    traffic.postMessage('stop');
    await new Promise((resolve) => traffic.once('exit', resolve));
    for (const admin of admins) admin.destroy();
    expect(answered).toBeGreaterThan(SESSIONS);
    expect(seen.count).toBeGreaterThan(100);
    // What one client sees at worst is also the scheduler of a busy machine; the workers tell what they themselves were late.
    expect(seen.p999, JSON.stringify(seen)).toBeLessThan(LONGEST_STALL_MS);
    expect(stallsUs.length).toBeGreaterThan(0);
    for (const row of stallsUs) expect(Number(row['loop_delay_max_us']) / 1000).toBeLessThan(LONGEST_STALL_MS);
  });
});
