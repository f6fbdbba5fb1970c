import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP, type Cluster, freePort, MONITOR } from '../../test/support/servers/index.js';
import { renderConfig } from '../../test/support/weir-config.js';
import { startProxy } from './guarded.js';
import type { Target } from './target.js';

const WRITER = 0;
const READER = 1;

/** ProxySQL with one thread and its own manual's two rules for splitting, in front of the same pair. */
export function startProxysql(program: string, cluster: Cluster): Promise<Target> {
  return startProxy({
    name: 'proxysql',
    title: versionOf(program),
    program,
    isMultiplexing: true,
    prepare: async (directory, port) => {
      const file = path.join(directory, 'proxysql.cnf');
      const datadir = path.join(directory, 'datadir');
      mkdirSync(datadir);
      writeFileSync(file, configuration(datadir, port, await freePort(), cluster));
      return ['--foreground', '--initial', '--config', file, '--datadir', datadir];
    },
  });
}

function configuration(datadir: string, port: number, adminPort: number, cluster: Cluster): string {
  return renderConfig(datadir, {
    servers: cluster.servers.map((server, index) => ({
      address: server.host,
      port: server.port,
      hostgroup: index === 0 ? WRITER : READER,
    })),
    users: [{ ...APP, hostgroup: WRITER }],
    pairs: [{ writer: WRITER, reader: READER }],
    rules: [
      { rule_id: 1, active: 1, match_digest: '^SELECT.*FOR UPDATE', destination_hostgroup: WRITER, apply: 1 },
      { rule_id: 2, active: 1, match_digest: '^SELECT', destination_hostgroup: READER, apply: 1 },
    ],
    adminVariables: { admin_credentials: 'admin:admin', mysql_ifaces: `127.0.0.1:${adminPort}` },
    mysqlVariables: {
      threads: 1,
      interfaces: `127.0.0.1:${port}`,
      monitor_username: MONITOR.username,
      monitor_password: MONITOR.password,
      max_connections: 4096,
    },
    extraText: '',
  });
}

function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return `ProxySQL ${/(\d+\.\d+\.\d+)/.exec(`${stdout}${stderr}`)?.[1] ?? ''}`.trim();
}
