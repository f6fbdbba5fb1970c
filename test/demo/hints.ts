import { APP, type Cluster } from '../support/servers/index.js';
import { findProgram, locateBinary } from '../support/servers/locate.js';
import type { RunningWeir } from '../support/weir.js';

/** The command lines to try while the demo stays up. */
export function hints(cluster: Cluster, weir: RunningWeir): string[] {
  const server = locateBinary(cluster.flavour);
  const names = cluster.flavour === 'mariadb' ? ['mariadb', 'mysql'] : ['mysql', 'mariadb'];
  const client = findProgram(names, server?.path) ?? 'mysql';
  const login = (port: number, user: string, password: string): string => `${client} -h 127.0.0.1 -P ${port} -u ${user} -p${password}`;
  const app = login(weir.port, APP.username, APP.password);
  return [
    '',
    'Everything stays up. In another terminal:',
    `  ${app} app`,
    `  ${app} -e 'SELECT @@server_id'                      # a replica: 2 or 3`,
    `  ${app} app -e 'SELECT @@server_id FROM product LIMIT 1 FOR UPDATE'   # the primary: 1`,
    `  ${app} -e 'BEGIN; SELECT @@server_id; COMMIT'        # in a transaction: 1`,
    `  ${login(weir.adminPort, 'admin', 'admin')}           # weir's admin port`,
    `  curl http://127.0.0.1:${weir.httpPort}/metrics`,
    ...cluster.servers.map((each) => `  ${login(each.port, each.rootUser, each.rootPassword)}   # straight to server ${each.serverId}`),
    'Ctrl-C stops all of it.',
  ];
}
