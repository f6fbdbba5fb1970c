import path from 'node:path';
import { datadirOf, type ServerSettings } from './arguments.js';
import type { ServerBinary } from './flavour.js';
import { GuardedProcess } from './guarded-process.js';
import { createDatadir } from './template.js';

/** Where a server process runs: on this machine or in a container. */
export interface ServerHost {
  readonly version: string;
  readonly pid: number;
  readonly running: boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
  terminate(graceMs: number): Promise<void>;
  /** Starts an ended server with the same options and data. */
  startAgain(): Promise<void>;
  logTail(): Promise<string>;
  /** Frees what is held outside the server's directory. */
  dispose(): Promise<void>;
}

export async function startLocalHost(binary: ServerBinary, settings: ServerSettings, args: readonly string[]): Promise<ServerHost> {
  await createDatadir(binary, datadirOf(settings.directory));
  return new LocalHost(binary, settings.directory, args);
}

class LocalHost implements ServerHost {
  readonly version: string;
  private process: GuardedProcess;

  constructor(
    private readonly binary: ServerBinary,
    private readonly directory: string,
    private readonly args: readonly string[],
  ) {
    this.version = binary.version;
    this.process = this.spawn();
  }

  get pid(): number {
    return this.process.pid;
  }

  get running(): boolean {
    return this.process.running;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.process.signal(signal);
    if (signal === 'SIGKILL') await this.process.exited;
  }

  terminate(graceMs: number): Promise<void> {
    return this.process.terminate(graceMs);
  }

  async startAgain(): Promise<void> {
    await this.process.exited;
    this.process = this.spawn();
  }

  async logTail(): Promise<string> {
    return this.process.logTail();
  }

  async dispose(): Promise<void> {
    await this.process.exited;
  }

  private spawn(): GuardedProcess {
    return new GuardedProcess(this.binary.path, this.args, path.join(this.directory, 'server.log'), this.directory);
  }
}
