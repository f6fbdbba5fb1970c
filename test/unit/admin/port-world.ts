import { AdminServer } from '../../../src/admin/admin-server.js';
import { Statistics } from '../../../src/admin/statistics.js';
import { bindListener } from '../../../src/net/listener.js';
import { Transports } from '../../../src/net/transports.js';
import { WorkerStats } from '../../../src/stats/worker-stats.js';
import { WireClient, type WireClientOptions } from '../../support/wire-client.js';
import { layersWorld } from './layers-world.js';

const cnf = `
admin_variables = { admin_credentials = "admin:admin;root:secret" }
mysql_servers = ( { address = "db1" port = 3306 hostgroup = 10 max_connections = 50 } )
mysql_users = ( { username = "app" password = "x" default_hostgroup = 10 } )
mysql_replication_hostgroups = ( { writer_hostgroup = 10 reader_hostgroup = 20 } )
`;

/** An admin port on loopback, without workers. */
export async function portWorld(kind: 'direct' | 'portable' = 'portable') {
  const stats = new WorkerStats(0);
  stats.counters.questions = 42;
  const snapshots = async () => [stats.snapshot()];
  const collected = { collectStats: snapshots, collectStatsResettingPeaks: snapshots, collectDetails: async () => [] };
  const statistics = new Statistics(collected, () => 100);
  const world = layersWorld(
    cnf,
    {},
    { statistics, workers: () => 1, monitorTotals: () => ({ ok: 1, failed: 0 }), kill: async (connection) => connection === 257 },
  );
  const failures: unknown[] = [];
  const server = new AdminServer({
    version: '0.1.0',
    variables: () => world.runtime.variables,
    onFailure: (error) => void failures.push(error),
    transports: new Transports(kind, 0),
    tls: () => null,
    statements: world.executor,
  });
  const listener = await bindListener({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  await server.listen(listener);
  const port = Number(listener.address.split(':')[1]);
  return {
    ...world,
    port,
    /** Failures of the program: there must be none. */
    failures,
    login: { host: '127.0.0.1', port, user: 'admin', password: 'admin' },
    wire: (options: WireClientOptions = {}) => WireClient.login(port, { username: 'admin', password: 'admin', schema: '', ...options }),
    close(): void {
      server.close();
      listener.close();
      world.close();
    },
  };
}

export type PortWorld = Awaited<ReturnType<typeof portWorld>>;
