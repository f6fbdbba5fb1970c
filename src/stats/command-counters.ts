import { LATENCY_BUCKET_COUNT } from './latency.js';

/**
 * The rows of stats_mysql_commands_counters, as ProxySQL names and orders them. A statement that is none of them counts as
 * UNKNOWN.
 */
export const COMMAND_NAMES = [
  'ALTER_TABLE',
  'ALTER_VIEW',
  'ANALYZE_TABLE',
  'BEGIN',
  'CALL',
  'CHANGE_MASTER',
  'COMMIT',
  'CREATE_DATABASE',
  'CREATE_INDEX',
  'CREATE_TABLE',
  'CREATE_TEMPORARY',
  'CREATE_TRIGGER',
  'CREATE_USER',
  'CREATE_VIEW',
  'DEALLOCATE',
  'DELETE',
  'DESCRIBE',
  'DROP_DATABASE',
  'DROP_INDEX',
  'DROP_TABLE',
  'DROP_TRIGGER',
  'DROP_USER',
  'DROP_VIEW',
  'GRANT',
  'EXECUTE',
  'EXPLAIN',
  'FLUSH',
  'INSERT',
  'KILL',
  'LOAD',
  'LOCK_TABLE',
  'OPTIMIZE',
  'PREPARE',
  'PURGE',
  'RELEASE_SAVEPOINT',
  'RENAME_TABLE',
  'RESET_MASTER',
  'RESET_SLAVE',
  'REPLACE',
  'REVOKE',
  'ROLLBACK',
  'ROLLBACK_SAVEPOINT',
  'SAVEPOINT',
  'SELECT',
  'SELECT_FOR_UPDATE',
  'SET',
  'SHOW_TABLE_STATUS',
  'START_TRANSACTION',
  'TRUNCATE_TABLE',
  'UNLOCK_TABLES',
  'UPDATE',
  'USE',
  'SHOW',
  'UNKNOWN',
] as const;

/** One kind of statement in one worker: the hot path holds this object and increments its fields. */
export class CommandCounters {
  count = 0;
  totalUs = 0;
  /** Not cumulative; index as `latencyBucket` gives it. */
  readonly buckets = new Float64Array(LATENCY_BUCKET_COUNT);
}

/** Plain form: total time in µs, number, and the buckets. */
export interface CommandStats {
  readonly totalUs: number;
  readonly count: number;
  readonly buckets: readonly number[];
}

/** All kinds of one worker. */
export class CommandTable {
  readonly #byName = new Map<string, CommandCounters>(COMMAND_NAMES.map((name) => [name, new CommandCounters()]));
  readonly #unknown = this.#byName.get('UNKNOWN') as CommandCounters;

  /** Always the same object for the same name. */
  get(name: string): CommandCounters {
    return this.#byName.get(name) ?? this.#unknown;
  }

  /** Those that were used. */
  snapshot(): Record<string, CommandStats> {
    const used = [...this.#byName].filter(([, { count }]) => count > 0);
    return Object.fromEntries(used.map(([name, { totalUs, count, buckets }]) => [name, { totalUs, count, buckets: Array.from(buckets) }]));
  }
}

/** Adds what two workers counted of one kind. */
export function addCommandStats(a: CommandStats, b: CommandStats): CommandStats {
  return {
    totalUs: a.totalUs + b.totalUs,
    count: a.count + b.count,
    buckets: a.buckets.map((value, index) => value + (b.buckets[index] ?? 0)),
  };
}
