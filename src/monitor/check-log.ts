export const checkNames = ['connect', 'ping', 'read_only', 'replication_lag'] as const;
export type CheckName = (typeof checkNames)[number];

/** One line of a `monitor.mysql_server_*_log` table. */
export interface CheckLogEntry {
  readonly hostname: string;
  readonly port: number;
  /** Microseconds since 1970. */
  readonly startUs: number;
  /** Duration of a successful check, microseconds; 0 when it failed. */
  readonly successUs: number;
  /** What was learned, as the table shows it: read_only 0/1, seconds of lag; null where there is none. */
  readonly value: number | null;
  /** null when it succeeded. */
  readonly error: string | null;
}

/** Entries kept a check. */
const LOG_ENTRIES = 4_096;

/** The last results of each check, the oldest first, and how many ended well and not since the start. */
export class CheckLogs {
  readonly #rings = new Map<CheckName, { entries: CheckLogEntry[]; next: number }>(
    checkNames.map((name) => [name, { entries: [], next: 0 }]),
  );
  readonly #totals = new Map<CheckName, { ok: number; failed: number }>(checkNames.map((name) => [name, { ok: 0, failed: 0 }]));

  add(name: CheckName, entry: CheckLogEntry): void {
    const ring = this.#rings.get(name)!;
    ring.entries[ring.next] = entry;
    ring.next = (ring.next + 1) % LOG_ENTRIES;
    const total = this.#totals.get(name)!;
    if (entry.error === null) total.ok++;
    else total.failed++;
  }

  entries(name: CheckName): CheckLogEntry[] {
    const { entries, next } = this.#rings.get(name)!;
    return entries.length < LOG_ENTRIES ? [...entries] : [...entries.slice(next), ...entries.slice(0, next)];
  }

  totals(name: CheckName): { readonly ok: number; readonly failed: number } {
    return this.#totals.get(name)!;
  }
}
