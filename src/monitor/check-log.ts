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
export interface CheckLogPart {
  /** Number of the oldest entry that is kept; counts up from 1. */
  readonly first: number;
  /** Number of the first entry of this part. */
  readonly from: number;
  readonly entries: readonly CheckLogEntry[];
}

/**
 * Entries kept a check at most, whatever mysql-monitor_history says: some 15 MB. With the default variables a server makes
 * 7,200 of them for read_only within the history, so the bound holds for 13 servers in pairs, and more often than not for 100.
 */
export const MAX_LOG_ENTRIES = 100_000;

/** The results of one check within the history, the oldest first. */
class CheckLog {
  readonly totals = { ok: 0, failed: 0 };
  #entries: CheckLogEntry[] = [];
  /** Index of the oldest entry that is kept. */
  #head = 0;
  /** Entries that were taken away from the array. */
  #dropped = 0;
  readonly #lastStartUs = new Map<string, number>();

  add(entry: CheckLogEntry, maxEntries: number): void {
    const server = `${entry.hostname}:${entry.port}`;
    // The tables have the time in their key.
    const startUs = Math.max(entry.startUs, (this.#lastStartUs.get(server) ?? 0) + 1);
    this.#lastStartUs.set(server, startUs);
    this.#entries.push(startUs === entry.startUs ? entry : { ...entry, startUs });
    if (this.#entries.length - this.#head > maxEntries) this.#head++;
    if (entry.error === null) this.totals.ok++;
    else this.totals.failed++;
  }

  forgetBefore(startUs: number): void {
    const entries = this.#entries;
    while (this.#head < entries.length && entries[this.#head]!.startUs < startUs) this.#head++;
    // Moved rarely, so that an entry costs the same however many there are.
    if (this.#head < 1_024 || this.#head * 2 < entries.length) return;
    this.#entries = entries.slice(this.#head);
    this.#dropped += this.#head;
    this.#head = 0;
  }

  all(): CheckLogEntry[] {
    return this.#entries.slice(this.#head);
  }

  since(number: number): CheckLogPart {
    const first = this.#dropped + this.#head + 1;
    const from = Math.max(first, number + 1);
    return { first, from, entries: this.#entries.slice(from - this.#dropped - 1) };
  }
}

/** The results of each check within the last `historyMs` (mysql-monitor_history), and how many ended well and not since the start. */
export class CheckLogs {
  historyMs: number;
  readonly #logs = new Map<CheckName, CheckLog>(checkNames.map((name) => [name, new CheckLog()]));
  readonly #nowMs: () => number;
  readonly #maxEntries: number;

  constructor(historyMs: number, nowMs: () => number = Date.now, maxEntries = MAX_LOG_ENTRIES) {
    this.historyMs = historyMs;
    this.#nowMs = nowMs;
    this.#maxEntries = maxEntries;
  }

  add(name: CheckName, entry: CheckLogEntry): void {
    this.#upToDate(name).add(entry, this.#maxEntries);
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
