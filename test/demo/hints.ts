import path from 'node:path';
import { APP, type Cluster, type Flavour } from '../support/servers/index.js';
import { findProgram, locateBinary } from '../support/servers/locate.js';
import type { RunningWeir } from '../support/weir.js';

/** The command lines to try while the demo stays up. */
export function hints(cluster: Cluster, weir: RunningWeir): string[] {
  const client = clientProgram(cluster.flavour);
  const login = (port: number, user: string, password: string): string => `${client} -h 127.0.0.1 -P ${port} -u ${user} -p${password}`;
  const app = login(weir.port, APP.username, APP.password);
  const tries: (readonly [command: string, meaning: string])[] = [
    [`${app} app`, 'a session of your own'],
    [`${app} -e 'SELECT @@server_id'`, 'on a replica: 2 or 3'],
    [`${app} app -e 'SELECT @@server_id FROM product WHERE id = 1 FOR UPDATE'`, 'on the primary: 1'],
    [`${app} -e 'BEGIN; SELECT @@server_id; COMMIT'`, 'in a transaction, on the primary: 1'],
    [login(weir.adminPort, 'admin', 'admin'), "weir's admin port"],
    [`curl http://127.0.0.1:${weir.httpPort}/metrics`, 'what weir counts'],
    ...cluster.servers.map((each) => [login(each.port, each.rootUser, each.rootPassword), `straight to server ${each.serverId}`] as const),
  ];
  const lines = tries.flatMap(([command, meaning]) => [`  # ${meaning}`, `  ${command}`]);
  return ['', 'Everything stays up. In another terminal:', ...lines, 'Ctrl-C stops all of it.'];
}

/** The command line client of the flavour, else the other one; by its bare name where PATH finds it. */
function clientProgram(flavour: Flavour): string {
  const names = flavour === 'mariadb' ? ['mariadb', 'mysql'] : ['mysql', 'mariadb'];
  const program = findProgram(names, locateBinary(flavour)?.path);
  if (program === null) return 'mysql';
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).includes(path.dirname(program));
  return onPath ? path.basename(program) : program;
}
