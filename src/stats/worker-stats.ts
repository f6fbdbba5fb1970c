import { CommandTable } from './command-counters.js';
import { DigestStats } from './digest-stats.js';
import { ErrorStats } from './error-stats.js';
import { COUNTER_NAMES, GAUGE_NAMES, GlobalCounters, GlobalGauges } from './global-counters.js';

export { ServerCounters } from './server-counters.js';

import { ServerCounters } from './server-counters.js';
import type { StatsSnapshot } from './snapshot.js';

/**
 * Everything one worker counts. The data plane keeps references to `counters`, `gauges` and each server's `ServerCounters` and
 * increments their fields; maps are touched only where a client comes or goes, a server is configured or an error is answered.
 */
export class WorkerStats {
  readonly counters = new GlobalCounters();
  readonly gauges = new GlobalGauges();
  readonly commands = new CommandTable();
  readonly digests: DigestStats;
  readonly errorKinds = new ErrorStats();
  readonly #servers = new Map<string, ServerCounters>();
  readonly #users = new Map<string, number>();
  readonly #errors = new Map<number, number>();
  #ruleHits = new Map<number, number>();
  #rulesVersion = 0;

  /** @param maxDigests rows of statements that are kept until the control process asks for them */
  constructor(
    readonly worker: number,
    maxDigests: () => number = () => 10_000,
  ) {
    this.digests = new DigestStats(this.commands, maxDigests);
  }

  /** The counters of a server in a hostgroup; always the same object for the same server, also after it was removed and added again. */
  server(hostgroup: number, hostname: string, port: number): ServerCounters {
    const key = `${hostgroup}/${hostname}:${port}`;
    const known = this.#servers.get(key);
    if (known) return known;
    const counters = new ServerCounters(hostgroup, hostname, port);
    this.#servers.set(key, counters);
    return counters;
  }

  clientConnected(username: string): void {
    this.#users.set(username, (this.#users.get(username) ?? 0) + 1);
  }

  clientGone(username: string): void {
    const left = (this.#users.get(username) ?? 0) - 1;
    if (left > 0) this.#users.set(username, left);
    else this.#users.delete(username);
  }

  /** Connected clients of a user in this worker. */
  clientsOf(username: string): number {
    return this.#users.get(username) ?? 0;
  }

  /** An ERR packet went to a client, from a server or made by weir; `errorKinds` has the details. */
  errorAnswered(errno: number): void {
    this.#errors.set(errno, (this.#errors.get(errno) ?? 0) + 1);
  }

  /** High-water marks start again. */
  resetPeaks(): void {
    for (const server of this.#servers.values()) server.resetPeak();
  }

  /** Idle connections are counted anew: a server that has left a hostgroup has none there. */
  clearIdle(): void {
    for (const server of this.#servers.values()) server.connFree = 0;
  }

  /** Rules matched; each counts a hit. */
  rulesMatched(ruleIds: readonly number[]): void {
    for (const id of ruleIds) this.#ruleHits.set(id, (this.#ruleHits.get(id) ?? 0) + 1);
  }

  /** Other rules run from now on: their hits begin at 0, as in ProxySQL. */
  rulesChanged(version: number): void {
    if (version === this.#rulesVersion) return;
    this.#rulesVersion = version;
    this.#ruleHits = new Map();
  }

  snapshot(): StatsSnapshot {
    return {
      worker: this.worker,
      counters: named(this.counters, COUNTER_NAMES),
      gauges: named(this.gauges, GAUGE_NAMES),
      servers: Array.from(this.#servers.values(), (server) => server.snapshot()),
      users: Object.fromEntries(this.#users),
      errors: Object.fromEntries(this.#errors),
      commands: this.commands.snapshot(),
      rules: { version: this.#rulesVersion, hits: Object.fromEntries(this.#ruleHits) },
    };
  }
}

function named<Fields extends object>(fields: Fields, names: Readonly<Record<keyof Fields, string>>): Record<string, number> {
  const result: Record<string, number> = {};
  for (const field of Object.keys(names) as (keyof Fields)[]) result[names[field]] = fields[field] as number;
  return result;
}
