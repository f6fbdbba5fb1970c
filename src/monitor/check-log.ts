import { TimedLog, type TimedLogPart } from './timed-log.js';

export const checkNames = ['connect', 'ping', 'read_only', 'replication_lag'] as const;
export type CheckName = (typeof checkNames)[number];

/** One line of a `monitor.mysql_server_*_log` table. */
export interface CheckLogEntry {
  readonly hostname: string;
  readonly port: number;
  /** Microseconds since 1970; of one check and server no two are equal. */
  readonly startUs: number;
  /** Duration of a successful check, microseconds; 0 when it failed. */
  readonly successUs: number;
  /** What was learned, as the table shows it: read_only 0/1, seconds of lag; null where there is none. */
  readonly value: number | null;
  /** null when it succeeded. */
  readonly error: string | null;
}

/** Entries behind a place in a log. */
export type CheckLogPart = TimedLogPart<CheckLogEntry>;

/**
 * Entries kept a check at most, whatever mysql-monitor_history says: some 15 MB. With the default variables a server makes
 * 7,200 of them for read_only within the history, so the bound holds for 13 servers in pairs, and more often than not for 100.
 */
export const MAX_LOG_ENTRIES = 100_000;

/** The results of one check within the history, the oldest first. */
class CheckLog extends TimedLog<CheckLogEntry> {
  readonly totals = { ok: 0, failed: 0 };
  readonly #lastStartUs = new Map<string, number>();

  constructor(maxEntries: number) {
    super(maxEntries, (entry) => entry.startUs);
  }

  override add(entry: CheckLogEntry): void {
    const server = `${entry.hostname}:${entry.port}`;
    // The tables have the time in their key.
    const startUs = Math.max(entry.startUs, (this.#lastStartUs.get(server) ?? 0) + 1);
    this.#lastStartUs.set(server, startUs);
    super.add(startUs === entry.startUs ? entry : { ...entry, startUs });
    if (entry.error === null) this.totals.ok++;
    else this.totals.failed++;
  }
}

/** The results of each check within the last `historyMs` (mysql-monitor_history), and how many ended well and not since the start. */
export class CheckLogs {
  historyMs: number;
  readonly #logs: ReadonlyMap<CheckName, CheckLog>;
  readonly #nowMs: () => number;

  constructor(historyMs: number, nowMs: () => number = Date.now, maxEntries = MAX_LOG_ENTRIES) {
    this.historyMs = historyMs;
    this.#nowMs = nowMs;
    this.#logs = new Map(checkNames.map((name) => [name, new CheckLog(maxEntries)]));
  }

  add(name: CheckName, entry: CheckLogEntry): void {
    this.#upToDate(name).add(entry);
  }

  entries(name: CheckName): CheckLogEntry[] {
    return this.#upToDate(name).all();
  }

  /** Entries with a number above `number`, 0 for all of them. */
  since(name: CheckName, number: number): CheckLogPart {
    return this.#upToDate(name).since(number);
  }

  totals(name: CheckName): { readonly ok: number; readonly failed: number } {
    return this.#logs.get(name)!.totals;
  }

  #upToDate(name: CheckName): CheckLog {
    const log = this.#logs.get(name)!;
    log.forgetBefore((this.#nowMs() - this.historyMs) * 1000);
    return log;
  }
}
