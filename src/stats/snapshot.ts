import type { CommandStats } from './command-counters.js';

/** What one worker has counted since it started. Plain data; merging two snapshots is addition (histograms by bucket). */
export interface StatsSnapshot {
  readonly worker: number;
  /** Names of stats_mysql_global (e.g. `Questions`, `Client_Connections_connected`) and weir's own (`weir_…`). Gauges are in `gauges`. */
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly servers: readonly ServerStats[];
  /** Connected clients by username. */
  readonly users: Readonly<Record<string, number>>;
  /** Errors answered to clients, by errno. */
  readonly errors: Readonly<Record<string, number>>;
  /** By name of stats_mysql_commands_counters; those that were never used are missing. */
  readonly commands: Readonly<Record<string, CommandStats>>;
  readonly rules: RuleHits;
}

/** Hits by rule_id since the rules of this version were loaded. */
export interface RuleHits {
  readonly version: number;
  readonly hits: Readonly<Record<string, number>>;
}

/** One server in one hostgroup, columns of stats_mysql_connection_pool. */
export interface ServerStats {
  readonly hostgroup: number;
  readonly hostname: string;
  readonly port: number;
  readonly connUsed: number;
  readonly connFree: number;
  readonly connOk: number;
  readonly connErr: number;
  readonly maxConnUsed: number;
  readonly queries: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Query latency, counts by bucket of `LATENCY_BUCKETS_US`, one more for what is above. */
  readonly latencyBuckets: readonly number[];
  readonly latencySumUs: number;
}

/** Upper bounds, inclusive, in microseconds: the buckets of stats_mysql_commands_counters. */
export const LATENCY_BUCKETS_US = [100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000] as const;
