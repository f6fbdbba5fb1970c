import { rmSync } from 'node:fs';
import path from 'node:path';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import { ROOT } from './accounts.js';
import { acquireServer, type Progress, type ServerSource } from './acquire.js';
import { type ServerSettings, serverArguments, socketOf } from './arguments.js';
import { newRunDirectory } from './directories.js';
import type { Flavour } from './flavour.js';
import { type ServerHost, startLocalHost } from './local-host.js';
import { freePort } from './ports.js';

const READY_TIMEOUT_MS = 60_000;
const SHUTDOWN_GRACE_MS = 20_000;
const READY_POLL_MS = 40;

export interface ServerOptions {
  readonly flavour: Flavour;
  /** Default 1. Unique within a cluster; statements tell by `@@server_id` where they ran. */
  readonly serverId?: number;
  readonly readOnly?: boolean;
  /** Further command line options of the server, e.g. `--max-allowed-packet=64M`. */
  readonly extraArgs?: readonly string[];
  /** Told of steps that may take long (installing, making the first datadir). */
  readonly progress?: Progress;
}

/** A real database server on 127.0.0.1 that belongs to this process. */
export interface RunningServer {
  readonly flavour: Flavour;
  /** e.g. `10.11.19`, `9.4.0`. */
  readonly version: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Path of its Unix socket; not reachable when the server runs in a container. */
  readonly socketPath: string;
  readonly serverId: number;
  readonly rootUser: string;
  readonly rootPassword: string;
  /** Of the running process; another one after a restart. */
  readonly pid: number;
  readonly running: boolean;
  /** Logs in, as root unless told otherwise. */
  connect(options?: ConnectionOptions): Promise<Connection>;
  /** Sends a signal: SIGKILL (a crash), SIGSTOP (a hang), SIGCONT, … Returns once the process is gone for SIGKILL, else at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it in good order and keeps its data; `restart` brings it back. */
  shutdown(): Promise<void>;
  /** Starts again on the same port and data, in good order if it still runs. Resolves when it accepts logins. */
  restart(): Promise<void>;
  /** The end: the process is killed, its data removed. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it accepts logins (under a second for MariaDB, two for MySQL, once its template exists).
 *
 * @throws with the way to get a server when there is none, or with the end of its log when it does not come up
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const source = await acquireServer(options.flavour, options.progress);
  const directory = newRunDirectory();
  try {
    return await startIn(directory, source, options);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(directory: string, source: ServerSource, options: ServerOptions): Promise<RunningServer> {
  const settings: ServerSettings = {
    flavour: options.flavour,
    version: '',
    directory,
    port: await freePort(),
    serverId: options.serverId ?? 1,
    readOnly: options.readOnly ?? false,
    extraArgs: options.extraArgs ?? [],
  };
  const host = await startHost(source, settings, options.progress);
  const server = new Server(settings, host);
  try {
    await server.waitUntilReady();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function startHost(source: ServerSource, settings: ServerSettings, progress?: Progress): Promise<ServerHost> {
  if (source.kind === 'binary') {
    const version = source.binary.version;
    return startLocalHost(source.binary, { ...settings, version }, serverArguments({ ...settings, version }));
  }
  // testcontainers takes a second to load: only who needs it pays.
  const { startDockerHost } = await import('./docker-host.js');
  return startDockerHost(settings, progress);
}

class Server implements RunningServer {
  readonly host = '127.0.0.1';
  readonly rootUser = ROOT.username;
  readonly rootPassword = ROOT.password;
  readonly flavour: Flavour;
  readonly version: string;
  readonly port: number;
  readonly socketPath: string;
  readonly serverId: number;

  constructor(
    private readonly settings: ServerSettings,
    private readonly machine: ServerHost,
  ) {
    this.flavour = settings.flavour;
    this.version = machine.version;
    this.port = settings.port;
    this.socketPath = socketOf(settings.directory);
    this.serverId = settings.serverId;
  }

  get pid(): number {
    return this.machine.pid;
  }

  get running(): boolean {
    return this.machine.running;
  }

  connect(options: ConnectionOptions = {}): Promise<Connection> {
    return mysql.createConnection({ host: this.host, port: this.port, user: ROOT.username, password: ROOT.password, ...options });
  }

  kill(signal: NodeJS.Signals): Promise<void> {
    return this.machine.kill(signal);
  }

  async shutdown(): Promise<void> {
    // A stopped (SIGSTOP) process would never see the SIGTERM.
    await this.machine.kill('SIGCONT');
    await this.machine.terminate(SHUTDOWN_GRACE_MS);
  }

  async restart(): Promise<void> {
    if (this.running) await this.shutdown();
    await this.machine.startAgain();
    await this.waitUntilReady();
  }

  async stop(): Promise<void> {
    await this.machine.kill('SIGKILL');
    await this.machine.dispose();
    rmSync(this.settings.directory, { recursive: true, force: true });
  }

  /** Logs in until it works. A refused login is final: the port opens after the accounts are loaded. */
  async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    let last: unknown;
    while (Date.now() < deadline) {
      if (!this.machine.running) throw new Error(`${this.describe()} ended while starting:\n${await this.machine.logTail()}`);
      try {
        const connection = await this.connect({ connectTimeout: 2000 });
        await connection.end();
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ER_ACCESS_DENIED_ERROR') throw error;
        last = error;
        await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
      }
    }
    throw new Error(
      `${this.describe()} accepts no login after ${READY_TIMEOUT_MS / 1000} s (${String(last)}):\n${await this.machine.logTail()}`,
    );
  }

  private describe(): string {
    return `${this.flavour} server ${this.serverId} on port ${this.port} (${path.basename(this.settings.directory)})`;
  }
}
