import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { newRunDirectory } from '../../test/support/servers/directories.js';
import { GuardedProcess } from '../../test/support/servers/guarded-process.js';
import { freePort } from '../../test/support/servers/index.js';
import type { Target, TargetName } from './target.js';

export interface ProxyProgram {
  readonly name: TargetName;
  readonly title: string;
  readonly program: string;
  readonly isMultiplexing: boolean;
  /** Writes what the program needs into `directory` and returns its arguments. */
  readonly prepare: (directory: string, port: number) => readonly string[] | Promise<readonly string[]>;
}

const STOP_GRACE_MS = 5000;

/** Starts another project's proxy in the foreground on a free port, in a directory of its own. */
export async function startProxy(proxy: ProxyProgram): Promise<Target> {
  const directory = newRunDirectory();
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const args = await proxy.prepare(directory, port);
  const running = new GuardedProcess(proxy.program, args, path.join(directory, 'log'), directory);
  return {
    name: proxy.name,
    title: proxy.title,
    host: '127.0.0.1',
    port,
    pid: running.pid,
    isMultiplexing: proxy.isMultiplexing,
    stop: async () => {
      await running.terminate(STOP_GRACE_MS);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
