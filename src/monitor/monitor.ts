import type { ServerKey } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { ConfigSnapshot, HostTable, ReplicationPair, ServerConfig, ServerIdentity } from '../config/snapshot.js';
import { reportAddress } from './address-report.js';
import { CheckLogs, type CheckName } from './check-log.js';
import type { ProbeGreeting } from './checks/greeting.js';
import { ChangeTeller } from './events/change-teller.js';
import type { ServerEvent } from './events/event.js';
import type { Situation } from './events/host-events.js';
import { refusalEvents } from './events/refusal-events.js';
import { ExhaustionReport } from './exhaustion-report.js';
import { decideIdentity } from './identity.js';
import { judgeLag, type LagVerdicts, NO_VERDICTS, verdictName } from './lag-verdict.js';
import { judgeLatency, NOBODY_SLOW, type SlowServers } from './latency.js';
import type { MemoryStore, MonitorMemory } from './memory-file.js';
import { decidesTheSame, type ObservedFault, type ServerObservation } from './observation.js';
import { decidePlacements, NO_DECISION, NO_MEMORY, type PlacementDecision, type PlacementMemory } from './placement.js';
import type { Refusal, RefusalCause } from './refusal.js';
import { type ResolveName, resolveName } from './server-address.js';
import { ServerMonitor } from './server-monitor.js';
import type { MonitorSettings } from './settings.js';
import { Turns } from './turns.js';

export type MonitorConfig = Pick<ConfigSnapshot, 'servers' | 'replicationHostgroups'>;

export interface MonitorOptions {
  readonly log: Logger;
  readonly probe: ProbeGreeting;
  /** Default: the system's resolver. */
  readonly resolve?: ResolveName;
  readonly memory: MemoryStore;
  /** Called with each host table that differs from the one before. */
  readonly onHosts: (table: HostTable) => void;
  /** Hears of everything that happened to servers, once. */
  readonly onEvents: (events: readonly ServerEvent[]) => void;
}

/** Watches all servers and decides where each stands. Its answer to everything that happens is a new host table. */
export class Monitor {
  readonly logs: CheckLogs;
  readonly #options: MonitorOptions;
  readonly #monitors = new Map<ServerKey, ServerMonitor>();
  readonly #observations = new Map<ServerKey, ServerObservation>();
  readonly #greetings: Map<ServerKey, ServerIdentity>;
  readonly #exhaustion: ExhaustionReport;
  readonly #turns = new Turns();
  #memory: PlacementMemory;
  #lagVerdicts: LagVerdicts = NO_VERDICTS;
  #slow: SlowServers = NOBODY_SLOW;
  #lastIdentity: ServerIdentity | null;
  #saved: string;
  #config: MonitorConfig;
  #settings: MonitorSettings;
  /** Until the first round has ended there is nobody to tell of what is found. */
  #isStarting = false;
  #decision: PlacementDecision = NO_DECISION;
  #table: HostTable;
  readonly #changes: ChangeTeller;

  constructor(options: MonitorOptions, config: MonitorConfig, settings: MonitorSettings) {
    this.#options = options;
    this.#config = config;
    this.#settings = settings;
    this.#exhaustion = new ExhaustionReport(options.log);
    this.logs = new CheckLogs(settings.historyMs);
    const memory = options.memory.load();
    this.#memory = memory.placement;
    this.#lastIdentity = memory.identity;
    this.#greetings = new Map(Object.entries(memory.greetings)) as Map<ServerKey, ServerIdentity>;
    this.#saved = JSON.stringify(memory);
    this.#table = this.#decide(1);
    this.#changes = new ChangeTeller(options.log, options.onEvents, this.#situation);
  }

  /** Where the servers stand now. */
  get hosts(): HostTable {
    return this.#table;
  }

  /** What is known of a server; undefined for one that is not watched. */
  observation(server: ServerKey): ServerObservation | undefined {
    return this.#observations.get(server);
  }

  /** Each check that a server refuses now. */
  refusals(): { readonly endpoint: ServerKey; readonly check: CheckName; readonly cause: RefusalCause; readonly errno: number }[] {
    return [...this.#observations].flatMap(([endpoint, { refusals }]) =>
      (Object.entries(refusals) as [CheckName, Refusal][]).map(([check, { cause, errno }]) => ({ endpoint, check, cause, errno })),
    );
  }

  /** Starts the checks; resolves when each of them has ended once. */
  async start(): Promise<void> {
    this.#isStarting = true;
    this.#watch();
    await this.#changes.afterFirst(Array.from(this.#monitors.values(), (monitor) => monitor.firstRound()));
    this.#isStarting = false;
    this.#update();
  }

  /**
   * The configuration that runs now; checks begin anew, what is known of servers stays. Resolves when servers that were not known
   * have been checked once, so that the answer to a LOAD finds them where they stand.
   */
  async reconfigure(config: MonitorConfig, settings: MonitorSettings): Promise<void> {
    this.#config = config;
    this.#settings = settings;
    this.logs.historyMs = settings.historyMs;
    const old = [...this.#monitors.values()];
    this.#monitors.clear();
    const keys = new Set(config.servers.map((server) => server.key));
    for (const key of [...this.#observations.keys()]) if (!keys.has(key)) this.#observations.delete(key);
    for (const key of [...this.#greetings.keys()]) if (!keys.has(key)) this.#greetings.delete(key);
    if (!settings.enabled) this.#observations.clear();
    const fresh = [...keys].filter((key) => !this.#observations.has(key));
    const stopped = Promise.all(old.map((monitor) => monitor.stop()));
    this.#watch();
    const looked = this.#changes.afterFirst(fresh.map((key) => this.#monitors.get(key)?.firstRound()));
    this.#update();
    await Promise.all([stopped, looked]);
  }

  /** A worker saw a server fail. */
  onFault(server: ServerKey, fault: ObservedFault): void {
    this.#monitors.get(server)?.onFault(fault, Date.now());
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#monitors.values(), (monitor) => monitor.stop()));
    this.#monitors.clear();
  }

  #watch(): void {
    for (const server of this.#config.servers) {
      if (this.#monitors.has(server.key) || server.status === 'OFFLINE_HARD') continue;
      const rows = this.#config.servers.filter((row) => row.key === server.key);
      this.#monitors.set(
        server.key,
        new ServerMonitor({
          server,
          checksHealth: this.#settings.enabled,
          checkType: checkTypeOf(rows, this.#config.replicationHostgroups),
          checksLag: checksLag(rows, this.#config),
          settings: this.#settings,
          probe: this.#options.probe,
          logs: this.logs,
          seen: this.#observations.get(server.key),
          onObservation: (observation) => this.#observed(server.key, observation),
          beforeWritable: () => this.#askOtherWriters(server.key),
          resolve: this.#options.resolve ?? resolveName,
          onAddress: (change) => reportAddress(this.#options.log, server.key, change),
          turn: () => this.#turns.next(),
          onExhausted: (code) => this.#exhaustion.add(code),
          onGreeting: (identity) => this.#greeted(server.key, identity),
        }),
      );
    }
  }

  /**
   * A server turned writable: who else of its pairs was so is asked again first. In a switchover the old writer was made read only
   * before, and has only not been asked since; to take its last answer for true would be an alarm about nothing.
   */
  async #askOtherWriters(key: ServerKey): Promise<void> {
    const { servers, replicationHostgroups } = this.#config;
    const pairs = replicationHostgroups.map(({ writer, reader }) =>
      servers.filter(({ hostgroup }) => hostgroup === writer || hostgroup === reader),
    );
    const akin = new Set(pairs.filter((rows) => rows.some((row) => row.key === key)).flatMap((rows) => rows.map((row) => row.key)));
    akin.delete(key);
    await Promise.all(Array.from(akin, (other) => this.#monitors.get(other)?.askAgainWhetherWritable()));
  }

  #changesSpeed(key: ServerKey): boolean {
    const servers = this.#config.servers.filter((row) => row.key === key);
    const { defaultMaxLatencyMs } = this.#settings;
    const slow = judgeLatency({ servers, observations: this.#observations, defaultMaxLatencyMs }, this.#slow);
    return servers.some((row) => slow.has(verdictName(row)) !== this.#slow.has(verdictName(row)));
  }

  #greeted(key: ServerKey, identity: ServerIdentity): void {
    if (JSON.stringify(identity) === JSON.stringify(this.#greetings.get(key))) return;
    this.#greetings.set(key, identity);
    this.#update();
  }

  #observed(key: ServerKey, observation: ServerObservation): void {
    const before = this.#observations.get(key);
    this.#observations.set(key, observation);
    if (before && decidesTheSame(before, observation) && !this.#changesSpeed(key)) return;
    const events = refusalEvents(key, before?.refusals ?? {}, observation.refusals);
    if (events.length > 0) this.#options.onEvents(events);
    this.#update();
  }

  /** Decides anew and tells, where anything changed. */
  #update(): void {
    if (this.#isStarting) return;
    const before = this.#table;
    const next = this.#decide(before.version + 1);
    if (JSON.stringify([next.placements, next.identity]) !== JSON.stringify([before.placements, before.identity])) {
      this.#table = next;
      this.#options.onHosts(next);
    }
    this.#changes.now(this.#situation);
    this.#save();
  }

  get #situation(): Situation {
    const pairs = this.#config.replicationHostgroups;
    return { table: this.#table, conflicts: this.#decision.conflicts, pairs, observations: this.#observations };
  }

  #decide(version: number): HostTable {
    const { servers, replicationHostgroups: pairs } = this.#config;
    const { enabled, writerIsAlsoReader, writerConflict, lagWhenNullSec, lagCount, defaultMaxLatencyMs, serverVersion } = this.#settings;
    const observations = this.#observations;
    this.#lagVerdicts = judgeLag({ servers, observations, lagWhenNullSec, lagCount }, this.#lagVerdicts);
    this.#slow = judgeLatency({ servers, observations, defaultMaxLatencyMs }, this.#slow);
    const decision = decidePlacements({
      servers,
      pairs,
      writerIsAlsoReader,
      writerConflict,
      lagVerdicts: this.#lagVerdicts,
      slow: this.#slow,
      observations,
      // Without checks servers stand as configured, whoever was the writer.
      memory: enabled ? this.#memory : NO_MEMORY,
    });
    this.#decision = decision;
    if (enabled) this.#memory = decision.memory;
    const { placements } = decision;
    const learned = decideIdentity({
      servers,
      pairs,
      placements,
      greetings: this.#greetings,
      last: this.#lastIdentity,
    });
    if (this.#greetings.size > 0) this.#lastIdentity = learned;
    const identity = serverVersion === null ? learned : { ...learned, version: serverVersion };
    return { version, placements, identity };
  }

  #save(): void {
    const memory: MonitorMemory = {
      placement: this.#memory,
      greetings: Object.fromEntries(this.#greetings) as MonitorMemory['greetings'],
      identity: this.#lastIdentity,
    };
    const text = JSON.stringify(memory);
    if (text === this.#saved) return;
    this.#saved = text;
    try {
      this.#options.memory.save(memory);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the monitor can not save what it knows');
    }
  }
}

/** The check_type of the first pair in which the server stands; null outside of pairs. */
function checkTypeOf(rows: readonly ServerConfig[], pairs: readonly ReplicationPair[]): ReplicationPair['checkType'] | null {
  const pair = pairs.find(({ writer, reader }) => rows.some((row) => row.hostgroup === writer || row.hostgroup === reader));
  return pair?.checkType ?? null;
}

/** Lag matters to a server with a max_replication_lag, and to those from which it may replicate: the others of its pair. */
function checksLag(rows: readonly ServerConfig[], { servers, replicationHostgroups }: MonitorConfig): boolean {
  const stands = (row: ServerConfig, { writer, reader }: ReplicationPair): boolean => row.hostgroup === writer || row.hostgroup === reader;
  const pairs = replicationHostgroups.filter((pair) => rows.some((row) => stands(row, pair)));
  const akin = servers.filter((row) => pairs.some((pair) => stands(row, pair)));
  return [...rows, ...akin].some((row) => row.maxReplicationLagSec > 0);
}
