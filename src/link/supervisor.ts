import type { SendHandle } from 'node:child_process';
import type { ConfigVersion } from '../base/ids.js';
import type { KillAnswer, KillOrder } from '../base/kill-order.js';
import type { Logger } from '../base/log.js';
import type { BackendUser, ConfigSnapshot, HostTable } from '../config/snapshot.js';
import type { DetailName, DetailRows } from '../stats/details.js';
import type { DigestDelta, ErrorDelta } from '../stats/digest-delta.js';
import type { StatsSnapshot } from '../stats/snapshot.js';
import { ClientHosts } from './client-hosts.js';
import { Conditions } from './conditions.js';
import { ConfigPush } from './config-push.js';
import { connectionLimits } from './connection-limits.js';
import { DetailsPull } from './details-pull.js';
import { GlobalsRelay } from './globals-relay.js';
import { Heartbeat } from './heartbeat.js';
import { HeartbeatWatch } from './heartbeat-watch.js';
import { KillRelay } from './kill-relay.js';
import type { MainHandlers, WorkerProcess } from './main-end.js';
import type { BackendFault, ToWorker } from './messages.js';
import { QuotaLedger } from './quota-ledger.js';
import { SharedPull } from './shared-pull.js';
import { StatsPull } from './stats-pull.js';
import { WorkerSlot } from './worker-slot.js';

/** How long workers have to acknowledge a configuration, and to begin to listen, ms. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000;
/** Time for a worker to exit after its drain time is over, ms; then it is killed. */
const EXIT_GRACE_MS = 1_000;
/** How long workers have to answer for statistics, ms. */
const STATS_TIMEOUT_MS = 1_000;
/**
 * How long servers have to notice that the connections of a dead worker are closed, ms: they may be at their own limit. Shorter than the
 * shortest delay of a restart, so that the successor finds everything free.
 */
const SERVERS_NOTICE_MS = 60;

export interface SupervisorOptions {
  /** 1 to 255. */
  readonly workers: number;
  /** Starts the process of a worker with an IPC channel of advanced serialization. */
  readonly fork: (worker: number) => WorkerProcess;
  readonly log: Logger;
  /** A worker saw a server fail. */
  readonly onFault: (fault: BackendFault) => void;
  /** Workers hand over what they counted; it is in no later answer. */
  readonly onDigests?: (digests: readonly DigestDelta[]) => void;
  readonly onErrors?: (errors: readonly ErrorDelta[]) => void;
  /** A client was denied that the servers may know; `answer` lets it be judged once more. */
  readonly onLoginFailed?: (username: string, answer: () => void) => void;
  /** A worker died by itself, and starts again after that time. */
  readonly onWorkerDied: (worker: number, cause: string, restartInMs: number) => void;
  /** A worker runs by the configuration that it has got, after each start. */
  readonly onWorkerRuns?: (worker: number) => void;
  /** Hears of the process ids of all living workers each time that one starts. */
  readonly onPids?: (pids: readonly number[]) => void;
}

/** A socket that all workers accept from; see net/listener.ts. */
export interface SharedListener {
  readonly address: string;
  readonly handle: SendHandle;
}

export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | undefined;
  /** Runs by the current configuration. */
  readonly running: boolean;
  /** Accepts from every listener. */
  readonly accepting: boolean;
  readonly restarts: number;
}

interface WorkerFacts {
  readonly slot: WorkerSlot;
  readonly listening: Set<string>;
  readonly heartbeat: Heartbeat;
  /** Version last sent to the process that runs now. */
  sentVersion: ConfigVersion | null;
  restarts: number;
}

/** Starts the workers, keeps them running, and gives each what the others have: configuration, hosts, sockets, quotas. */
export class Supervisor {
  readonly clientHosts = new ClientHosts((addresses) => this.#keep({ type: 'blocked-hosts', addresses }));
  readonly #options: SupervisorOptions;
  readonly #workers: WorkerFacts[];
  readonly #stats = new StatsPull();
  readonly #details = new DetailsPull();
  readonly #sharedStats = new SharedPull(() => this.#pullStats(false));
  readonly #kills = new KillRelay();
  readonly #globals: GlobalsRelay;
  readonly #quotas: QuotaLedger;
  readonly #heartbeats: HeartbeatWatch;
  readonly #listeners: SharedListener[] = [];
  readonly #conditions = new Conditions();
  /** By type: what workers that start get as well. */
  readonly #kept = new Map<ToWorker['type'], ToWorker>();
  #current: ConfigSnapshot | null = null;
  #backendUsers: readonly BackendUser[] = [];
  #hosts: HostTable | null = null;
  #push: ConfigPush | null = null;
  #paused = false;
  #startFailure: ((error: Error) => void) | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#quotas = new QuotaLedger(options.workers, {
      quota: (worker, server, connections, returnsSeen) => this.#send(worker, { type: 'quota', server, connections, returnsSeen }),
      reclaim: (worker, server, connections) => this.#send(worker, { type: 'quota-reclaim', server, connections }),
    });
    this.#globals = new GlobalsRelay(
      () => this.#workers.flatMap(({ slot }) => (slot.state === 'configuring' || slot.state === 'running' ? slot.worker : [])),
      (worker, message) => this.#send(worker, message),
    );
    const events = {
      handlers: (worker: number) => this.#handlers(worker),
      onGone: (worker: number, cause: string, restartInMs: number | null) => this.#gone(worker, cause, restartInMs),
      onUnknownMessage: (worker: number, type: string) => options.log.error({ worker, type }, 'worker sent an unknown message'),
    };
    this.#workers = Array.from({ length: options.workers }, (_, worker) => ({
      slot: new WorkerSlot(worker, options.fork, events),
      listening: new Set<string>(),
      heartbeat: new Heartbeat(),
      sentVersion: null,
      restarts: 0,
    }));
    this.#heartbeats = new HeartbeatWatch(this.#workers, options.log);
  }

  /**
   * Starts all workers with a first configuration; resolves when each runs by it. After `stop` it may be called again.
   * @throws Error when a worker ends before that, or refuses the configuration
   */
  async start(snapshot: ConfigSnapshot, hosts: HostTable): Promise<void> {
    this.#current = snapshot;
    this.#hosts = hosts;
    this.#setLimits();
    const failed = new Promise<never>((_, reject) => {
      this.#startFailure = reject;
    });
    for (const { slot } of this.#workers) slot.start();
    this.#heartbeats.start();
    await Promise.race([failed, this.#conditions.until(() => this.#workers.every(({ slot }) => slot.state === 'running'))]);
    this.#startFailure = null;
  }

  /**
   * Lets all workers, also later ones, accept from a socket; resolves when each does.
   * @throws Error when a worker could not, or did not answer in 10 s
   */
  async listen(listener: SharedListener): Promise<void> {
    this.#listeners.push(listener);
    for (const { slot } of this.#workers) if (slot.state === 'running') this.#sendListener(slot, listener);
    await this.#conditions.until(() => this.#workers.every(({ listening }) => listening.has(listener.address)), ACKNOWLEDGE_TIMEOUT_MS);
  }

  /**
   * Gives all workers a new configuration. Its quotas hold from its acknowledgement on.
   * @throws ConfigRefused when a worker refuses it or does not answer; all workers then run by the one before
   */
  async pushConfig(snapshot: ConfigSnapshot): Promise<void> {
    while (this.#push) await this.#push.done.catch(() => undefined);
    const live = this.#workers.filter(({ slot }) => slot.state === 'running');
    const push = new ConfigPush(
      snapshot.version,
      live.map(({ slot }) => slot.worker),
      ACKNOWLEDGE_TIMEOUT_MS,
    );
    this.#push = push;
    for (const facts of live) this.#sendConfig(facts, snapshot);
    try {
      await push.done;
      this.#current = snapshot;
      this.#setLimits();
    } finally {
      this.#push = null;
      this.#alignWorkers();
    }
  }

  /** The hosts as they stand now; replaces what was sent before. */
  pushHosts(table: HostTable): void {
    this.#hosts = table;
    for (const { slot } of this.#workers) if (slot.state === 'configuring' || slot.state === 'running') slot.send({ type: 'hosts', table });
  }

  /** One snapshot a worker and one for all dead ones; a worker that is silent for a second is shown as last seen. */
  collectStats(): Promise<StatsSnapshot[]> {
    return this.#sharedStats.get();
  }

  /** The same; high-water marks start again behind it. */
  collectStatsResettingPeaks(): Promise<StatsSnapshot[]> {
    return this.#pullStats(true);
  }

  #pullStats(resetPeaks: boolean): Promise<StatsSnapshot[]> {
    return this.#stats.collect(
      this.#running,
      (worker, request) => this.#send(worker, { type: 'stats', request, resetPeaks }),
      STATS_TIMEOUT_MS,
    );
  }

  /** Rows of all workers, as they are when this is called or later. */
  collectDetails<Name extends DetailName>(what: Name): Promise<DetailRows[Name][]> {
    return this.#details.collect<Name>(
      this.#running,
      (worker, request) => this.#send(worker, { type: 'details', request, what }),
      STATS_TIMEOUT_MS,
    );
  }

  get #running(): number[] {
    return this.#workers.filter(({ slot }) => slot.state === 'running').map(({ slot }) => slot.worker);
  }

  kill(order: KillOrder): Promise<KillAnswer> {
    return this.#kills.kill(order, this.#running, (worker, request) => this.#send(worker, { type: 'kill', request, order }));
  }

  /** The accounts of the servers' own user tables; replaces what was sent before. */
  setBackendUsers(users: readonly BackendUser[]): void {
    this.#backendUsers = users;
    this.#setLimits();
    this.#keep({ type: 'backend-users', users });
  }

  /** Sends to all workers, also to later ones. */
  #keep(message: ToWorker): void {
    this.#kept.set(message.type, message);
    for (const { slot } of this.#workers) if (slot.state === 'configuring' || slot.state === 'running') slot.send(message);
  }

  #setLimits(): void {
    if (this.#current === null) return;
    const { clientHostCacheSize: cacheSize, clientHostErrorCounts: errorCounts } = this.#current.variables;
    this.clientHosts.setLimits({ cacheSize, errorCounts });
    this.#quotas.setLimits(connectionLimits(this.#current, this.#backendUsers));
  }

  pause(): void {
    this.#paused = true;
    for (const { slot } of this.#workers) slot.send({ type: 'pause' });
  }

  resume(): void {
    this.#paused = false;
    for (const { slot } of this.#workers) slot.send({ type: 'resume' });
  }

  get paused(): boolean {
    return this.#paused;
  }

  status(): WorkerStatus[] {
    return this.#workers.map(({ slot, listening, heartbeat, restarts }) => ({
      worker: slot.worker,
      pid: slot.pid,
      running: slot.state === 'running' && !heartbeat.isLate,
      accepting: this.#listeners.length > 0 && this.#listeners.every(({ address }) => listening.has(address)),
      restarts,
    }));
  }

  /** Ends all workers; those that are not gone a second after `drainMs` are killed. */
  async stop(drainMs: number): Promise<void> {
    for (const { slot } of this.#workers) {
      slot.stopRestarting();
      slot.send({ type: 'stop', drainMs });
    }
    const allGone = (): boolean => this.#workers.every(({ slot }) => !slot.alive);
    await this.#conditions.until(allGone, drainMs + EXIT_GRACE_MS).catch(() => undefined);
    for (const { slot } of this.#workers) if (slot.alive) slot.kill('SIGKILL');
    await this.#conditions.until(allGone);
    this.#heartbeats.stop();
    this.#listeners.length = 0;
  }

  /** Ends all workers without waiting for anybody. */
  killWorkers(): void {
    this.#heartbeats.stop();
    for (const { slot } of this.#workers) {
      slot.stopRestarting();
      slot.kill('SIGKILL');
    }
  }

  #handlers(worker: number): MainHandlers {
    const facts = this.#workers[worker]!;
    const { slot, listening, heartbeat } = facts;
    const { log } = this.#options;
    return {
      started: ({ transport }) => {
        log.info({ worker, pid: slot.pid, transport }, 'worker started');
        this.#options.onPids?.(this.#workers.flatMap((each) => each.slot.pid ?? []));
        heartbeat.beat();
        slot.setState('configuring');
        this.#sendConfig(facts, this.#current!);
        for (const message of this.#kept.values()) slot.send(message);
        this.#globals.workerStarts(worker);
        slot.send({ type: 'hosts', table: this.#hosts! });
      },
      'config-ack': ({ version, refused }) => {
        this.#push?.acknowledged(worker, version, refused);
        if (slot.state === 'configuring') this.#firstAcknowledgement(slot, refused);
      },
      listening: ({ address, error }) => {
        if (error === null) listening.add(address);
        else log.error({ worker, address, error }, 'worker can not accept clients');
        this.#conditions.check();
      },
      fault: ({ fault }) => this.#options.onFault(fault),
      'quota-request': ({ server, connections, grantsSeen }) => this.#quotas.request(worker, server, connections, grantsSeen),
      'quota-return': ({ server, connections }) => this.#quotas.giveBack(worker, server, connections),
      'stats-reply': ({ request, stats }) => this.#stats.replied(worker, request, stats),
      'details-reply': ({ request, what, rows, last }) => {
        // Handed over: they count even when the one who asked has given up.
        if (what === 'digests') this.#options.onDigests?.(rows as DigestDelta[]);
        else if (what === 'errors') this.#options.onErrors?.(rows as ErrorDelta[]);
        this.#details.replied(worker, request, rows, last);
      },
      alive: () => heartbeat.beat(),
      stopped: () => log.info({ worker }, 'worker drained'),
      kill: ({ request, order }) => {
        void this.kill(order).then((answer) => slot.send({ type: 'kill-reply', request, answer }));
      },
      'kill-reply': ({ request, answer }) => this.#kills.replied(worker, request, answer),
      'globals-set': ({ request, changes }) => this.#globals.set(worker, request, changes),
      'globals-noted': ({ request }) => this.#globals.noted(worker, request),
      'login-failed': ({ request, username }) => {
        this.#options.onLoginFailed?.(username, () => slot.send({ type: 'login-retry', request }));
      },
      'client-login': ({ address, failed }) => this.clientHosts.onLogin(address, failed),
    };
  }

  #firstAcknowledgement(slot: WorkerSlot, refused: string | null): void {
    if (refused !== null) {
      this.#options.log.error({ worker: slot.worker, refused }, 'worker refuses the configuration');
      this.#startFailure?.(new Error(`worker ${slot.worker} refused the configuration: ${refused}`));
      slot.kill('SIGKILL');
      return;
    }
    slot.setState('running');
    this.#quotas.addWorker(slot.worker);
    for (const listener of this.#listeners) this.#sendListener(slot, listener);
    if (this.#paused) slot.send({ type: 'pause' });
    this.#options.onWorkerRuns?.(slot.worker);
    this.#conditions.check();
  }

  #sendListener(slot: WorkerSlot, listener: SharedListener): void {
    slot.send({ type: 'listen', address: listener.address }, listener.handle);
  }

  #sendConfig(facts: WorkerFacts, snapshot: ConfigSnapshot): void {
    facts.sentVersion = snapshot.version;
    facts.slot.send({ type: 'config', snapshot });
  }

  /** After a push: workers that it did not reach, or that took it although another refused, get what holds now. */
  #alignWorkers(): void {
    const current = this.#current!;
    for (const facts of this.#workers) {
      if (facts.sentVersion !== null && facts.sentVersion !== current.version) this.#sendConfig(facts, current);
    }
  }

  #gone(worker: number, cause: string, restartInMs: number | null): void {
    const facts = this.#workers[worker]!;
    facts.listening.clear();
    facts.sentVersion = null;
    facts.heartbeat.reset();
    setTimeout(this.#quotas.removeWorker(worker), SERVERS_NOTICE_MS);
    this.#stats.workerGone(worker);
    this.#details.workerGone(worker);
    this.#kills.workerGone(worker);
    this.#globals.workerGone(worker);
    this.#push?.workerGone(worker);
    if (restartInMs === null) {
      this.#options.log.info({ worker, cause }, 'worker ended');
    } else {
      facts.restarts++;
      this.#options.onWorkerDied(worker, cause, restartInMs);
      this.#startFailure?.(new Error(`worker ${worker} ended while starting: ${cause}`));
    }
    this.#conditions.check();
  }

  #send(worker: number, message: ToWorker): void {
    this.#workers[worker]?.slot.send(message);
  }
}
