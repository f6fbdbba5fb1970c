import type { ReplicationPair, ServerConfig, ServerIdentity } from '../config/snapshot.js';
import type { CheckLogs, CheckName } from './check-log.js';
import { CheckLoop } from './check-loop.js';
import { type CheckOutcome, problemOf } from './check-result.js';
import { checkConnect } from './checks/connect.js';
import { checkGreeting, type ProbeGreeting } from './checks/greeting.js';
import { LagCheck, lagSeconds } from './checks/lag.js';
import { checkPing } from './checks/ping.js';
import { checkReadOnly } from './checks/read-only.js';
import { withPingTime } from './latency.js';
import type { MonitorTarget } from './monitor-connection.js';
import { MonitorConnections } from './monitor-connections.js';
import {
  afterConnect,
  afterConnectFailure,
  afterLag,
  afterPing,
  afterReadOnly,
  afterTime,
  changesRole,
  confirmed,
  isConnectFailure,
  NOTHING_OBSERVED,
  type ObservedFault,
  type ServerObservation,
} from './observation.js';
import { type AddressChange, type ResolveName, ServerAddress } from './server-address.js';
import { idleLimitMs, type MonitorSettings, monitorLogin } from './settings.js';

/** A failed or shunned server is asked again after this time at most, ms: three failures are seen, and a return noticed, in seconds. */
const RECHECK_MS = 1_000;
const SHORTEST_LOOKUP_MS = 100;
/** ER_OPTION_PREVENTS_STATEMENT and ER_READ_ONLY_MODE, reported for writes only. */
const READ_ONLY_ANSWERS: ReadonlySet<number> = new Set([1290, 1836]);

export interface ServerMonitorOptions {
  readonly server: ServerConfig;
  /** mysql-monitor_enabled; without it only the greeting is read, which needs no account and tells what to offer to clients. */
  readonly checksHealth: boolean;
  /** null: the server stands in no replication pair. */
  readonly checkType: ReplicationPair['checkType'] | null;
  readonly checksLag: boolean;
  readonly settings: MonitorSettings;
  readonly probe: ProbeGreeting;
  readonly resolve: ResolveName;
  readonly logs: CheckLogs;
  /** Asked once, at the start: resolves when the first check may begin. */
  turn(): Promise<void>;
  /** What is known so far, when the monitor of the server begins anew with another configuration. */
  readonly seen: ServerObservation | undefined;
  /** Called after each change of the observation; the caller decides what follows. */
  onObservation(observation: ServerObservation): void;
  onGreeting(identity: ServerIdentity): void;
  /** Called when the server has turned writable, before that is told; it is told when the promise resolves. */
  beforeWritable(): Promise<void>;
  /** Its host name has another address, is not resolved, or is again; not called for `none`. */
  onAddress(change: AddressChange): void;
  /** weir itself ran out of what a check needs; see exhaustionOf. */
  onExhausted(code: string): void;
}

/** All checks of one server, whatever hostgroups it stands in. */
export class ServerMonitor {
  readonly #options: ServerMonitorOptions;
  readonly #address: ServerAddress;
  readonly #connections: MonitorConnections;
  readonly #lag: LagCheck;
  readonly #names: CheckLoop | null;
  readonly #ping: CheckLoop | null;
  readonly #readOnly: CheckLoop | null;
  readonly #loops: CheckLoop[];
  #seen: ServerObservation;
  #shunTimer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: ServerMonitorOptions) {
    const { server, settings } = options;
    this.#options = options;
    this.#seen = options.seen ?? NOTHING_OBSERVED;
    this.#address = new ServerAddress({ ...server, resolve: options.resolve, ttlMs: settings.dnsTtlMs, nowMs: () => performance.now() });
    this.#connections = new MonitorConnections(() => this.#target, monitorLogin(settings), idleLimitMs(settings));
    this.#lag = new LagCheck(this.#connections, settings.lagHeartbeatTable);
    const looksUp = this.#address.isName && settings.dnsIntervalMs > 0 && settings.dnsTtlMs > 0;
    this.#names = looksUp ? new CheckLoop(() => this.#runLookUp()) : null;
    const begin = Promise.all([options.turn(), this.#firstLookUp()]).then(() => undefined);
    this.#ping = options.checksHealth ? new CheckLoop(() => begin.then(() => (this.#stopped ? RECHECK_MS : this.#runPing()))) : null;
    this.#loops = [this.#afterFirstPing(begin, () => this.#runConnect())];
    if (this.#ping !== null) this.#loops.push(this.#ping);
    this.#readOnly = this.#ping !== null && options.checkType !== null ? this.#afterFirstPing(begin, () => this.#runReadOnly()) : null;
    if (this.#readOnly !== null) this.#loops.push(this.#readOnly);
    if (this.#ping !== null && options.checksLag) this.#loops.push(this.#afterFirstPing(begin, () => this.#runLag()));
    this.#armShunTimer(Date.now());
  }

  /** Resolves when each check has ended once. */
  async firstRound(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.first));
  }

  /** A worker saw the server fail: it is pinged at once, asked for its role when it refused a write, and counted against when it could not be connected to. */
  onFault(fault: ObservedFault, nowMs: number): void {
    if (isConnectFailure(fault)) {
      this.#observe(afterConnectFailure(this.#seen, fault, nowMs, this.#options.settings));
      this.#armShunTimer(nowMs);
    }
    if (READ_ONLY_ANSWERS.has(fault.errno)) this.#readOnly?.hurry();
    else if (fault.errno === 0 || fault.phase === 'query') this.#ping?.hurry();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const loop of [...this.#loops, ...(this.#names ? [this.#names] : [])]) loop.stop();
    if (this.#shunTimer) clearTimeout(this.#shunTimer);
    await this.#connections.close();
  }

  /** At the start a server has logins enough: the other checks wait for the ping's, which they can go on with. */
  #afterFirstPing(begin: Promise<void>, run: () => Promise<number>): CheckLoop {
    return new CheckLoop(async () => {
      await (this.#ping === null ? begin : this.#ping.first);
      return this.#stopped ? RECHECK_MS : run();
    });
  }

  async #runPing(): Promise<number> {
    const { settings } = this.#options;
    const outcome = await this.#logged('ping', () => checkPing(this.#connections, settings.pingTimeoutMs));
    const before = this.#seen.health;
    // Its role and its lag may have changed while it was away: ask before anybody uses it again.
    if (before === 'down' && outcome.kind === 'ok') await this.#runChecksOfUse();
    this.#observe(withPingTime(afterPing(this.#seen, outcome, settings.pingMaxFailures), outcome));
    const healthy = outcome.kind === 'ok' || outcome.kind === 'refused';
    // It may have moved.
    if (!healthy) this.#names?.hurry();
    // It may be another version now.
    if (before === 'down' && healthy) void this.#runConnect();
    return healthy && this.#seen.shun === null ? settings.pingIntervalMs : Math.min(RECHECK_MS, settings.pingIntervalMs);
  }

  async #runChecksOfUse(): Promise<void> {
    const { checkType, checksLag } = this.#options;
    await Promise.all([checkType !== null && this.#runReadOnly(), checksLag && this.#runLag()]);
  }

  /** Asks at once where the last answer was that it takes writes; not when nothing may be answered for a while. */
  async askAgainWhetherWritable(): Promise<void> {
    const { readOnly, health, pingFailures, readOnlyTimeouts } = this.#seen;
    if (readOnly === false && health === 'up' && pingFailures === 0 && readOnlyTimeouts === 0) await this.#runReadOnly();
  }

  async #runReadOnly(): Promise<number> {
    const { settings, checkType } = this.#options;
    const look = () => this.#logged('read_only', () => checkReadOnly(this.#connections, checkType!, settings.readOnlyTimeoutMs), Number);
    const outcome = await confirmed(look, (found) => changesRole(this.#seen, found));
    if (changesRole(this.#seen, outcome) && outcome.value === false) await this.#options.beforeWritable();
    this.#observe(afterReadOnly(this.#seen, outcome, settings.readOnlyMaxTimeouts));
    // This check comes more often than pings: what it finds out first need not wait for the next one.
    if (outcome.kind === 'failed' && this.#seen.health === 'up') this.#ping?.hurry();
    return settings.readOnlyIntervalMs;
  }

  async #runLag(): Promise<number> {
    const { settings } = this.#options;
    const outcome = await this.#logged('replication_lag', () => this.#lag.run(settings.lagTimeoutMs), lagSeconds);
    this.#observe(afterLag(this.#seen, outcome, Date.now()));
    // A connection that is being made is there soon.
    return this.#seen.lag?.state.kind === 'connecting' ? Math.min(RECHECK_MS, settings.lagIntervalMs) : settings.lagIntervalMs;
  }

  async #runConnect(): Promise<number> {
    const { settings, checksHealth } = this.#options;
    const outcome = await this.#logged('connect', () => this.#greetAndLogIn());
    if (checksHealth) this.#observe(afterConnect(this.#seen, outcome));
    // Pings on connections that are kept do not tell when logins are let in again.
    return outcome.kind === 'refused' ? Math.min(settings.pingIntervalMs, settings.connectIntervalMs) : settings.connectIntervalMs;
  }

  /** The greeting first: it tells what to offer to clients, and the login behind it takes back its count as an unfinished one. */
  async #greetAndLogIn(): Promise<CheckOutcome<unknown>> {
    const { settings, probe, checksHealth } = this.#options;
    const greeting = await checkGreeting(probe, this.#target, settings.connectTimeoutMs);
    if (greeting.kind !== 'ok') return greeting;
    if (!this.#stopped) this.#options.onGreeting(greeting.value);
    return checksHealth ? checkConnect(this.#connections, settings.connectTimeoutMs) : greeting;
  }

  /** Waits for it no longer than for a ping, which then finds out the same for itself. */
  async #firstLookUp(): Promise<void> {
    if (this.#names === null) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.settings.pingTimeoutMs);
    });
    await Promise.race([this.#names.first, late]);
    clearTimeout(timer);
  }

  async #runLookUp(): Promise<number> {
    const change = await this.#address.look();
    if (change.kind !== 'none' && !this.#stopped) this.#options.onAddress(change);
    if (change.kind === 'moved') {
      this.#connections.forget();
      for (const loop of this.#loops) loop.hurry();
    }
    return Math.max(SHORTEST_LOOKUP_MS, this.#options.settings.dnsIntervalMs);
  }

  get #target(): MonitorTarget {
    return { ...this.#options.server, hostname: this.#address.current };
  }

  #observe(next: ServerObservation): void {
    if (this.#stopped || next === this.#seen) return;
    this.#seen = next;
    this.#options.onObservation(next);
  }

  #armShunTimer(nowMs: number): void {
    const { shun } = this.#seen;
    if (shun === null) return;
    if (this.#shunTimer) clearTimeout(this.#shunTimer);
    this.#shunTimer = setTimeout(() => this.#observe(afterTime(this.#seen, shun.untilMs)), Math.max(0, shun.untilMs - nowMs));
  }

  async #logged<Value>(
    name: CheckName,
    check: () => Promise<CheckOutcome<Value>>,
    shown: (value: Value) => number | null = () => null,
  ): Promise<CheckOutcome<Value>> {
    const { hostname, port } = this.#options.server;
    // Milliseconds of the clock that people read, below them those of the finer one.
    const startUs = Date.now() * 1000 + Math.floor((performance.now() % 1) * 1000);
    const begun = performance.now();
    const outcome = await check();
    const ok = outcome.kind === 'ok';
    if (outcome.kind === 'exhausted') this.#options.onExhausted(outcome.code);
    const successUs = ok ? Math.round((performance.now() - begun) * 1000) : 0;
    this.#options.logs.add(name, {
      hostname,
      port,
      startUs,
      successUs,
      value: ok ? shown(outcome.value) : null,
      error: problemOf(outcome),
    });
    return outcome;
  }
}
