#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AdminServer } from './admin/admin-server.js';
import type { AdminControl } from './admin/context.js';
import { AdminExecutor } from './admin/executor.js';
import { OwnWork } from './admin/own-work.js';
import { ConfigInvalid, type KeyMaterial, RuntimeConfig } from './admin/runtime-config.js';
import { Statistics } from './admin/statistics.js';
import { descriptorLimit, descriptorShortage } from './base/descriptors.js';
import { createLog, type Log } from './base/log.js';
import { failStart, StartFailure } from './base/start-failure.js';
import type { LoadedConfig } from './config/cnf-loader.js';
import { readConfigFile } from './config/config-file.js';
import { formatProblem } from './config/config-problem.js';
import { parseInterfaces } from './config/interfaces.js';
import { type CommandLine, parseCommandLine, usage } from './config/options.js';
import type { ConfigSnapshot } from './config/snapshot.js';
import { type ConfigStore, openStore, StoreError } from './config/store/config-store.js';
import { booleanValue, integerValue, textValue, type VariableValues } from './config/variables.js';
import { HttpServer } from './http/http-server.js';
import { Metrics } from './http/metrics.js';
import type { HttpSources } from './http/sources.js';
import { writerHostgroups } from './http/writer-hostgroups.js';
import { allServerConnections } from './link/connection-limits.js';
import { forkWorker } from './link/fork-worker.js';
import { WorkerPidFile } from './link/orphans.js';
import { Supervisor } from './link/supervisor.js';
import { Traffic } from './link/traffic.js';
import { BackendUsers } from './monitor/backend-users/backend-users.js';
import { checkNames } from './monitor/check-log.js';
import { ServerEvents } from './monitor/events/server-events.js';
import { MemoryFile } from './monitor/memory-file.js';
import { Monitor } from './monitor/monitor.js';
import { monitorSettings } from './monitor/settings.js';
import { bindPatiently } from './net/bind-patiently.js';
import { ensureKeyFiles, type KeyFiles, loadKeyFiles } from './net/key-files.js';
import { type BoundListener, ListenError } from './net/listener.js';
import { probeGreeting } from './net/probe.js';
import { serverSecureContext, Transports } from './net/transports.js';
import { patternProblem } from './route/pattern.js';

/** Statistics are also pulled in between, so that little is lost with a worker that dies, ms. */
const STATS_INTERVAL_MS = 5_000;
/** How long a port may still be held by workers that a dead control process left behind, ms. */
const ORPHAN_PATIENCE_MS = 2_000;
/** How long the answer to the statement that ends the process has to leave it, ms. */
const REPLY_TIME_MS = 20;
const DEFAULT_DATADIR = 'weir-data';

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
const workerScript = new URL('./worker.js', import.meta.url);

async function main(): Promise<void> {
  const parsed = parseCommandLine(process.argv.slice(2));
  if (!parsed.ok) throw new StartFailure(2, [parsed.message]);
  if (parsed.options.action === 'version') return void process.stdout.write(`weir ${version}\n`);
  if (parsed.options.action === 'help') return void process.stdout.write(usage);
  let plane: ControlPlane;
  const run = async (options: CommandLine): Promise<void> => {
    plane = new ControlPlane(options, () => void run({ ...options, initial: false }).catch(failStart));
    await plane.start();
  };
  const running = run(parsed.options);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => plane.onStopSignal(signal));
  process.on('SIGHUP', () => plane.onReloadSignal());
  await running;
}

/** The control process: builds its parts from the configuration, starts them in order, and stops them. */
class ControlPlane {
  readonly #log: Log = createLog({ fields: { process: 'main' } });
  readonly #startedAtMs = Date.now();
  readonly #file: LoadedConfig;
  readonly #datadir: string;
  readonly #store: ConfigStore;
  readonly #origin: 'disk' | 'file';
  #traffic!: Traffic;
  #adminListeners: BoundListener[] = [];
  #keys!: KeyFiles;
  #runtime!: RuntimeConfig;
  #supervisor!: Supervisor;
  #statistics!: Statistics;
  #monitor!: Monitor;
  #events!: ServerEvents;
  #backendUsers!: BackendUsers;
  #executor!: AdminExecutor;
  #ownWork!: OwnWork;
  #admin!: AdminServer;
  #http: HttpServer | null = null;
  #statsTimer: NodeJS.Timeout | null = null;
  #orphans = 0;
  #descriptorShortage: string | null = null;
  #firstRoundDone = false;
  #stopping = false;

  /** @param restart starts a successor in this process, after everything of this one has ended */
  constructor(
    private readonly options: CommandLine,
    private readonly restart: () => void,
  ) {
    this.#file = this.#readFile();
    this.#datadir = resolve(options.datadir ?? (this.#file.settings['datadir'] as string | undefined) ?? DEFAULT_DATADIR);
    try {
      const { store, origin } = openStore({ datadir: this.#datadir, initial: options.initial, fromFile: () => this.#file });
      store.database.prepare("UPDATE main.global_variables SET variable_value = ? WHERE variable_name = 'admin-version'").run(version);
      this.#store = store;
      this.#origin = origin;
    } catch (error) {
      throw error instanceof StoreError ? new StartFailure(2, [`weir: ${error.message}`]) : error;
    }
  }

  /** @throws StartFailure and others; no worker is left running then */
  async start(): Promise<void> {
    try {
      await this.#startAll();
    } catch (error) {
      this.#supervisor?.killWorkers();
      throw error;
    }
  }

  async #startAll(): Promise<void> {
    const log = this.#log.logger;
    const begun = performance.now();
    for (const warning of this.#file.warnings) log.warn({ warning: formatProblem(warning) }, 'configuration');
    log.info({ version, datadir: this.#datadir, configuration: this.#origin }, 'weir starts');
    this.#keys = await ensureKeyFiles(this.#datadir);
    this.#runtime = this.#buildRuntime();
    const { variables, snapshot } = this.#runtime;
    this.#build(snapshot, variables);
    this.#warnOfDescriptors(snapshot);
    await this.#traffic.bind();
    this.#adminListeners = await this.#bindAll(variables, 'admin-mysql_ifaces');
    const httpPort = await this.#startHttp(variables);
    // Workers first: the monitor's host tables then go to somebody.
    const workersStarted = this.#supervisor.start(snapshot, this.#monitor.hosts);
    for (const listener of this.#adminListeners) await this.#admin.listen(listener);
    await Promise.all([workersStarted, this.#monitor.start()]);
    await this.#backendUsers.reconfigure();
    this.#firstRoundDone = true;
    await this.#traffic.open();
    const pids = (): number[] => this.#supervisor.status().flatMap(({ pid }) => pid ?? []);
    this.#ownWork.start({ executor: this.#executor, statistics: this.#statistics, pids });
    this.#statsTimer = setInterval(() => void this.#statistics.pull(), STATS_INTERVAL_MS);
    log.info(
      {
        ...{
          version,
          traffic: this.#traffic.addresses,
          admin: this.#adminListeners.map((listener) => listener.address),
          http: httpPort === null ? null : `127.0.0.1:${httpPort}`,
        },
        ...{ workers: this.#supervisor.status().length, tookMs: Math.round(performance.now() - begun) },
      },
      'ready',
    );
  }

  /** @throws StartFailure with every error of the file */
  #readFile(): LoadedConfig {
    const { configFile } = this.options;
    if (configFile === null) return { rows: {}, variables: new Map(), settings: {}, errors: [], warnings: [] };
    const loaded = readConfigFile(configFile, { checkPattern: patternProblem });
    if (loaded.errors.length > 0) throw new StartFailure(2, loaded.errors.map(formatProblem));
    return loaded;
  }

  #buildRuntime(): RuntimeConfig {
    try {
      return new RuntimeConfig({
        store: this.#store,
        keys: (variables) => keyMaterial(this.#keys, variables),
        readPem: (path) => readFileSync(path, 'utf8'),
        readFile: () => {
          if (this.options.configFile === null) throw new Error('weir was started without --config');
          return this.#readFile();
        },
        checkPattern: patternProblem,
        push: (snapshot) => this.#supervisor.pushConfig(snapshot),
        onApplied: async (snapshot, variables) => {
          this.#ownWork.applied();
          this.#warnOfDescriptors(snapshot);
          await this.#monitor.reconfigure(snapshot, monitorSettings(variables, snapshot.variables));
          await this.#backendUsers.reconfigure();
        },
        onWarnings: (loaded, warnings) => this.#log.logger.warn({ loaded, warnings }, 'configuration with parts that do not work'),
      });
    } catch (error) {
      throw error instanceof ConfigInvalid ? new StartFailure(2, error.errors) : error;
    }
  }

  #build(snapshot: ConfigSnapshot, variables: VariableValues): void {
    const log = this.#log.logger;
    const pidFile = new WorkerPidFile(join(this.#datadir, 'workers.pid'), fileURLToPath(workerScript));
    const orphans = pidFile.dismissOrphans();
    this.#orphans = orphans.length;
    if (orphans.length > 0) log.warn({ pids: orphans }, 'workers of a control process that died are told to stop');
    this.#events = new ServerEvents(log, () => this.#runtime.variables);
    this.#supervisor = new Supervisor({
      workers: integerValue(variables, 'mysql-threads') || availableParallelism(),
      fork: (worker) => forkWorker(workerScript, worker),
      log,
      onFault: (fault) => {
        this.#monitor.onFault(fault.server, fault);
        this.#backendUsers.onLoginError(fault.errno);
      },
      onLoginFailed: (_username, answer) => void this.#backendUsers.refresh().then(answer),
      onDigests: (digests) => this.#statistics.addDigests(digests),
      onErrors: (errors) => this.#statistics.addErrors(errors),
      onWorkerDied: (...death) => this.#events.workerDied(...death),
      onWorkerRuns: (worker) => this.#events.workerRuns(worker),
      onPids: (pids) => pidFile.write(pids),
    });
    this.#traffic = new Traffic({
      ...{ supervisor: this.#supervisor, log, hosts: () => this.#monitor.hosts, snapshot: () => this.#runtime.snapshot },
      bind: () => this.#bindAll(this.#runtime.variables, 'mysql-interfaces'),
    });
    this.#statistics = new Statistics(this.#supervisor, () => this.#runtime.snapshot.variables.queryDigestsMaxEntries);
    const memory = new MemoryFile(join(this.#datadir, 'monitor.json'));
    const monitorOptions = {
      log,
      probe: probeGreeting,
      memory,
      onHosts: (table: Parameters<Supervisor['pushHosts']>[0]) => this.#supervisor.pushHosts(table),
      onEvents: (events: Parameters<ServerEvents['record']>[0]) => this.#events.record(events),
    };
    this.#monitor = new Monitor(monitorOptions, snapshot, monitorSettings(variables, snapshot.variables));
    const onUsers = (users: Parameters<Supervisor['setBackendUsers']>[0]) => this.#supervisor.setBackendUsers(users);
    this.#backendUsers = new BackendUsers({ log, hosts: () => this.#monitor.hosts, onUsers }, this.#runtime);
    this.#ownWork = new OwnWork(this.#datadir, this.#runtime, log);
    this.#executor = new AdminExecutor(this.#store, this.#runtime, this.#adminControl(), this.#ownWork.historyPath);
    this.#admin = new AdminServer({
      version,
      transports: new Transports('portable', 0),
      tls: () => (this.#runtime.snapshot.tls === null ? null : serverSecureContext(this.#runtime.snapshot.tls)),
      variables: () => this.#runtime.variables,
      statements: this.#executor,
      onFailure: (error) => log.error({ err: error }, 'admin port'),
    });
  }

  /** Said once for each configuration that differs in it. */
  #warnOfDescriptors(snapshot: ConfigSnapshot): void {
    const clients = snapshot.variables.maxConnections;
    const need = { workers: this.#supervisor.status().length, clients, serverConnections: allServerConnections(snapshot) };
    const shortage = descriptorShortage(need, descriptorLimit());
    if (shortage !== null && shortage !== this.#descriptorShortage) this.#log.logger.warn({ shortage }, 'too few file descriptors');
    this.#descriptorShortage = shortage;
  }

  #adminControl(): AdminControl {
    const plane = this;
    return {
      version,
      startedAtMs: this.#startedAtMs,
      statistics: this.#statistics,
      metrics: () => new Metrics(this.#httpSources()).text(),
      hosts: () => this.#monitor.hosts,
      backendUsers: () => this.#backendUsers.users,
      clientHosts: this.#supervisor.clientHosts,
      workers: () => this.#supervisor.status().length,
      monitorLog: (check) => this.#monitor.logs.entries(check),
      monitorLogSince: (check, number) => this.#monitor.logs.since(check, number),
      eventsSince: (number) => this.#events.since(number),
      saveDigests: () => this.#ownWork.saveDigests(),
      scheduledPrograms: () => this.#ownWork.scheduledPrograms,
      monitorTotals: (check) => this.#monitor.logs.totals(check),
      kill: async (connection, queryOnly) =>
        (await this.#supervisor.kill({ target: { connection }, queryOnly, username: null })) !== 'unknown',
      get running() {
        return plane.#traffic.running;
      },
      stopTraffic: () => this.#traffic.stop(),
      startTraffic: () => this.#traffic.start(),
      restart: () => {
        if (!this.#firstRoundDone) throw new Error('weir is still starting; accepted: PROXYSQL RESTART after its ready line');
        // What would end the successor is said while this one still runs.
        this.#readFile();
        void this.#stop('PROXYSQL RESTART', this.#drainMs(), this.restart);
      },
      exitAtOnce: () => {
        this.#log.logger.warn({ cause: 'PROXYSQL KILL' }, 'weir stops at once');
        this.#supervisor.killWorkers();
        void Promise.all([this.#ownWork.stopPrograms(), this.#events.stop()]);
        setTimeout(() => process.exit(0), REPLY_TIME_MS);
      },
      logEntry: (text) => this.#log.logger.info({ entry: text }, 'entry of the operator'),
      get paused() {
        return plane.#supervisor.paused;
      },
      pause: () => this.#supervisor.pause(),
      resume: () => this.#supervisor.resume(),
      shutdown: (slow) => void this.#stop(slow ? 'PROXYSQL SHUTDOWN SLOW' : 'PROXYSQL SHUTDOWN', slow ? this.#drainMs() : 0),
      reloadKeys: () => this.#reloadKeys(),
      reopenLogs: () => this.#log.reopen(),
      fileSettings: () => ({ ...this.#file.settings, datadir: this.#datadir }),
    };
  }

  async #bindAll(variables: VariableValues, variable: string): Promise<BoundListener[]> {
    const bound: BoundListener[] = [];
    const deadline = this.#orphans > 0 ? performance.now() + ORPHAN_PATIENCE_MS : 0;
    for (const address of parseInterfaces(textValue(variables, variable)) ?? []) {
      const listener = await bindPatiently(address, deadline).catch((error: unknown) => {
        throw error instanceof ListenError ? new StartFailure(2, [`weir: ${error.message} (${variable})`]) : error;
      });
      bound.push(listener);
    }
    return bound;
  }

  /** The port in use, or null when the HTTP port is switched off. */
  async #startHttp(variables: VariableValues): Promise<number | null> {
    if (!booleanValue(variables, 'admin-restapi_enabled')) return null;
    this.#http = new HttpServer(this.#httpSources(), (error) => this.#log.logger.error({ err: error }, 'HTTP port'));
    return this.#http.listen(integerValue(variables, 'admin-restapi_port')).catch((error: Error) => {
      throw new StartFailure(2, [`weir: ${error.message}`]);
    });
  }

  #httpSources(): HttpSources {
    return {
      stats: () => this.#supervisor.collectStats(),
      hosts: () => this.#monitor.hosts,
      workers: () => this.#supervisor.status(),
      checks: () => checkNames.map((check) => ({ check, ...this.#monitor.logs.totals(check) })),
      refusals: () => this.#monitor.refusals(),
      events: () => this.#events.totals(),
      hookRuns: () => this.#events.hookTotals(),
      adminAccepting: () => this.#admin.accepting,
      firstRoundDone: () => this.#firstRoundDone,
      writerHostgroups: () => writerHostgroups(this.#runtime.snapshot),
    };
  }

  #drainMs(): number {
    return this.#runtime.snapshot.variables.shutdownDrainMs;
  }

  async #reloadKeys(): Promise<void> {
    this.#keys = loadKeyFiles(this.#datadir);
    await this.#runtime.reloadKeys();
  }

  onStopSignal(signal: NodeJS.Signals): void {
    void this.#stop(signal, null);
  }

  onReloadSignal(): void {
    this.#log.reopen();
    this.#log.logger.info('logs reopened, TLS files are read again');
    if (!this.#firstRoundDone) return;
    this.#reloadKeys().catch((error: unknown) => this.#log.logger.error({ err: error }, 'TLS files can not be used; the old ones stay'));
  }

  /**
   * Stops accepting, lets sessions end for `drainMs` (null: mysql-shutdown_drain_ms), then `end`s: the process where nothing else is said.
   * Asked a second time: at once.
   */
  async #stop(cause: string, drainMs: number | null, end: () => void = () => process.exit(0)): Promise<void> {
    const log = this.#log.logger;
    if (this.#stopping || !this.#firstRoundDone) {
      this.#supervisor?.killWorkers();
      void Promise.all([this.#ownWork?.stopPrograms(), this.#events?.stop()]);
      log.warn({ cause }, 'weir stops at once');
      process.exit(0);
    }
    this.#stopping = true;
    const boundMs = drainMs ?? this.#drainMs();
    log.info({ cause, drainMs: boundMs }, 'weir stops');
    this.#traffic.close();
    for (const listener of this.#adminListeners) listener.close();
    await Promise.all([this.#supervisor.stop(boundMs), this.#ownWork.stopPrograms()]);
    if (this.#statsTimer) clearInterval(this.#statsTimer);
    this.#admin.close();
    this.#backendUsers.stop();
    await Promise.all([this.#monitor.stop(), this.#events.stop(), this.#http?.close()]);
    await this.#ownWork.close();
    this.#executor.close();
    this.#store.close();
    log.info('weir has stopped');
    end();
  }
}

function keyMaterial(keys: KeyFiles, variables: VariableValues): KeyMaterial {
  return { rsa: keys.rsa, tls: booleanValue(variables, 'mysql-have_ssl') ? keys.tls : null };
}

main().catch(failStart);
