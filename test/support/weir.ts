import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import { LogCollector, type LogFilter, type LogLine } from './log-collector.js';
import { APP, MONITOR, ROOT } from './servers/accounts.js';
import type { Cluster } from './servers/cluster.js';
import { newRunDirectory } from './servers/directories.js';
import { deathSignalPrefix } from './servers/guarded-process.js';
import { freePort } from './servers/ports.js';
import { renderConfig, type WeirDescription } from './weir-config.js';

export type { WeirDescription, WeirPair, WeirServer, WeirUser } from './weir-config.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 30_000;
const ADMIN = { username: 'admin', password: 'admin' } as const;

export interface WeirOptions extends Partial<WeirDescription> {
  /** Its primary becomes hostgroup 0, its replicas hostgroup 1, unless `servers` says otherwise. */
  readonly cluster?: Cluster;
  /** Further command line arguments, e.g. `--initial`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `ulimit -n` of all its processes. */
  readonly openFiles?: number;
  /** Resolve as soon as the process runs, for tests of a start that is slow or fails. Default false: wait for the ready line. */
  readonly withoutReady?: boolean;
}

/** How the process ended. */
export interface WeirExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A weir process with its own datadir and ports, made from a description. */
export interface RunningWeir {
  readonly host: '127.0.0.1';
  /** Where clients connect. */
  readonly port: number;
  readonly adminPort: number;
  /** /metrics, /healthz, /readyz. */
  readonly httpPort: number;
  readonly pid: number;
  readonly datadir: string;
  readonly configFile: string;
  readonly logs: LogCollector;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<WeirExit>;
  /** As `app` on schema `app`, unless told otherwise. */
  connect(options?: ConnectionOptions): Promise<Connection>;
  /** On the admin port, as admin. */
  connectAdmin(options?: ConnectionOptions): Promise<Connection>;
  waitForLog(filter: LogFilter, timeoutMs?: number): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM. @throws unless it ends with exit code 0 in time */
  stop(): Promise<void>;
  /** Ends the whole process group at once and removes the datadir; never throws. */
  kill(): Promise<void>;
}

/**
 * Starts weir as built in dist/, by default in front of `cluster` with the split active, and waits for its ready line.
 *
 * @throws with the log when it ends or is not ready in 20 s
 */
export async function startWeir(options: WeirOptions): Promise<RunningWeir> {
  if (!existsSync(MAIN)) throw new Error('dist/main.js is missing: run "npm run build" first');
  const directory = newRunDirectory();
  const ports = { client: await freePort(), admin: await freePort(), http: await freePort() };
  const datadir = path.join(directory, 'datadir');
  const configFile = path.join(directory, 'proxysql.cnf');
  mkdirSync(datadir, { mode: 0o700 });
  writeFileSync(configFile, renderConfig(datadir, describe(options, ports)));
  const weir = new WeirProcess(directory, datadir, configFile, ports, options);
  if (options.withoutReady === true) return weir;
  try {
    await weir.waitUntilReady();
    return weir;
  } catch (error) {
    await weir.kill();
    throw error;
  }
}

/**
 * Starts weir once more on the files, the datadir and the ports of one that has ended, and waits for its ready line.
 *
 * @throws with the log when it ends or is not ready in 20 s
 */
export async function startWeirAgain(ended: RunningWeir, options: Pick<WeirOptions, 'args' | 'withoutReady'> = {}): Promise<RunningWeir> {
  const ports = { client: ended.port, admin: ended.adminPort, http: ended.httpPort };
  const weir = new WeirProcess(path.dirname(ended.datadir), ended.datadir, ended.configFile, ports, options);
  if (options.withoutReady !== true) await weir.waitUntilReady();
  return weir;
}

interface Ports {
  readonly client: number;
  readonly admin: number;
  readonly http: number;
}

/** The defaults of a test: everything on loopback, short monitor intervals, one writer/reader pair. */
function describe(options: WeirOptions, ports: Ports): WeirDescription {
  return {
    servers: options.servers ?? (options.cluster === undefined ? [] : serversOf(options.cluster)),
    users: options.users ?? [
      { ...APP, hostgroup: 0 },
      { ...ROOT, hostgroup: 0 },
    ],
    pairs: options.pairs ?? [{ writer: 0, reader: 1 }],
    rules: options.rules ?? [],
    adminVariables: {
      admin_credentials: `${ADMIN.username}:${ADMIN.password}`,
      mysql_ifaces: `127.0.0.1:${ports.admin}`,
      restapi_enabled: true,
      restapi_port: ports.http,
      ...options.adminVariables,
    },
    mysqlVariables: {
      threads: 2,
      interfaces: `127.0.0.1:${ports.client}`,
      monitor_username: MONITOR.username,
      monitor_password: MONITOR.password,
      monitor_ping_interval: 500,
      monitor_ping_timeout: 400,
      monitor_read_only_interval: 300,
      monitor_read_only_timeout: 250,
      ...options.mysqlVariables,
    },
    extraText: options.extraText ?? '',
  };
}

function serversOf(cluster: Cluster): WeirDescription['servers'] {
  return cluster.servers.map((server, index) => ({ address: server.host, port: server.port, hostgroup: index === 0 ? 0 : 1 }));
}

class WeirProcess implements RunningWeir {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly adminPort: number;
  readonly httpPort: number;
  readonly pid: number;
  readonly logs: LogCollector;
  readonly exited: Promise<WeirExit>;
  private readonly child: ChildProcess;

  constructor(
    private readonly directory: string,
    readonly datadir: string,
    readonly configFile: string,
    ports: Ports,
    options: WeirOptions,
  ) {
    this.port = ports.client;
    this.adminPort = ports.admin;
    this.httpPort = ports.http;
    const limits = options.openFiles === undefined ? [] : ['prlimit', `--nofile=${options.openFiles}:${options.openFiles}`];
    const command = [...deathSignalPrefix('TERM'), ...limits, process.execPath, MAIN, '--config', configFile, '--datadir', datadir];
    // Its own process group: workers that outlive the main process are still found.
    const child = spawn(command[0]!, [...command.slice(1), ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...options.env },
    });
    if (child.pid === undefined) throw new Error(`${command[0]} could not be started`);
    this.child = child;
    this.pid = child.pid;
    this.logs = new LogCollector(child.stderr);
    child.stdout.resume();
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    process.once('exit', this.endGroup);
    void this.exited.then(() => process.removeListener('exit', this.endGroup));
  }

  async waitUntilReady(): Promise<void> {
    const ended = this.exited.then((exit) => {
      throw new Error(`weir ended (${describeExit(exit)}) before it was ready:\n${this.logs.tail()}`);
    });
    await Promise.race([this.logs.waitFor('ready', READY_TIMEOUT_MS), ended]);
    // Nobody waits for it any more: ending later is no unhandled rejection.
    ended.catch(() => {});
  }

  connect(options: ConnectionOptions = {}): Promise<Connection> {
    return mysql.createConnection({
      host: this.host,
      port: this.port,
      user: APP.username,
      password: APP.password,
      database: 'app',
      ...options,
    });
  }

  connectAdmin(options: ConnectionOptions = {}): Promise<Connection> {
    return mysql.createConnection({
      host: this.host,
      port: this.adminPort,
      user: ADMIN.username,
      password: ADMIN.password,
      ...options,
    });
  }

  waitForLog(filter: LogFilter, timeoutMs?: number): Promise<LogLine> {
    return this.logs.waitFor(filter, timeoutMs);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM');
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.endGroup();
    }, STOP_TIMEOUT_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    const log = this.logs.tail();
    await this.kill();
    if (isLate) throw new Error(`weir had not ended ${STOP_TIMEOUT_MS / 1000} s after SIGTERM:\n${log}`);
    if (exit.code !== 0) throw new Error(`weir ended with ${describeExit(exit)} instead of exit code 0:\n${log}`);
  }

  async kill(): Promise<void> {
    this.endGroup();
    await this.exited;
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  private readonly endGroup = (): void => {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  };
}

function describeExit(exit: WeirExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}
