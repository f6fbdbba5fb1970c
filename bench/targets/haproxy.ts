import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Cluster } from '../../test/support/servers/index.js';
import { startProxy } from './guarded.js';
import type { Target } from './target.js';

/** HAProxy in TCP mode in front of the primary: what a C program pays for moving the same bytes without reading them. */
export function startHaproxy(program: string, cluster: Cluster): Promise<Target> {
  return startProxy({
    name: 'haproxy',
    title: versionOf(program),
    program,
    isMultiplexing: false,
    prepare: (directory, port) => {
      const file = path.join(directory, 'haproxy.cfg');
      writeFileSync(file, configuration(port, cluster.primary.host, cluster.primary.port));
      return ['-db', '-f', file];
    },
  });
}

/** One thread, as weir gets one worker; nothing else that would change how bytes move: splicing stays off, its default. */
function configuration(port: number, serverHost: string, serverPort: number): string {
  return `global
    nbthread 1
    maxconn 4096
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen mysql
    bind 127.0.0.1:${port}
    server primary ${serverHost}:${serverPort}
`;
}

function versionOf(program: string): string {
  const text = execFileSync(program, ['-v'], { encoding: 'utf8' });
  return `HAProxy ${/version (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? ''}`.trim();
}
