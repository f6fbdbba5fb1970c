import type { DigestDelta, ErrorDelta } from './digest-delta.js';

/** Sums of what the workers hand over, by key, bounded: of too many rows those go that were not seen for longest. */
class Ledger<Delta extends { readonly lastSeen: number; readonly count: number }> {
  #rows = new Map<string, Delta>();
  /** Rows that had to go. */
  forgotten = 0;

  constructor(
    private readonly keyOf: (delta: Delta) => string,
    private readonly add: (sum: Delta, delta: Delta) => Delta,
    private readonly maxRows: () => number,
  ) {}

  merge(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      const key = this.keyOf(delta);
      const sum = this.#rows.get(key);
      this.#rows.set(key, sum === undefined ? delta : this.add(sum, delta));
    }
    // An eighth above the limit: so many are let go at once that sorting does not cost with each row.
    const limit = this.maxRows();
    if (this.#rows.size > limit + (limit >> 3)) this.#forget(limit);
  }

  /** Rows as they are; with `reset` they are gone afterwards. */
  rows(reset = false): Delta[] {
    const limit = this.maxRows();
    if (this.#rows.size > limit) this.#forget(limit);
    const all = [...this.#rows.values()];
    if (reset) this.#rows = new Map();
    return all;
  }

  #forget(limit: number): void {
    const newestFirst = [...this.#rows].sort(([, a], [, b]) => b.lastSeen - a.lastSeen);
    this.forgotten += newestFirst.length - limit;
    this.#rows = new Map(newestFirst.slice(0, limit));
  }
}

/** stats_mysql_query_digest over all workers. */
export class DigestLedger extends Ledger<DigestDelta> {
  /** @param maxRows mysql-query_digests_max_entries */
  constructor(maxRows: () => number) {
    super(digestKey, addDigests, maxRows);
  }
}

/** Kinds of errors that are kept. */
const MAX_ERROR_ROWS = 10_000;

/** stats_mysql_errors over all workers. */
export class ErrorLedger extends Ledger<ErrorDelta> {
  constructor(maxRows: () => number = () => MAX_ERROR_ROWS) {
    super(errorKey, addErrors, maxRows);
  }
}

const digestKey = ({ hostgroup, schemaname, username, clientAddress, digest }: DigestDelta): string =>
  `${hostgroup} ${digest} ${schemaname}\0${username}\0${clientAddress}`;

/** The key of the table, which the client's address is no part of. */
const errorKey = ({ hostgroup, hostname, port, username, schemaname, errno }: ErrorDelta): string =>
  `${hostgroup} ${hostname}:${port} ${errno} ${username}\0${schemaname}`;

function addDigests(a: DigestDelta, b: DigestDelta): DigestDelta {
  return {
    ...a,
    count: a.count + b.count,
    firstSeen: Math.min(a.firstSeen, b.firstSeen),
    lastSeen: Math.max(a.lastSeen, b.lastSeen),
    sumUs: a.sumUs + b.sumUs,
    minUs: Math.min(a.minUs, b.minUs),
    maxUs: Math.max(a.maxUs, b.maxUs),
    rowsAffected: a.rowsAffected + b.rowsAffected,
    rowsSent: a.rowsSent + b.rowsSent,
  };
}

function addErrors(a: ErrorDelta, b: ErrorDelta): ErrorDelta {
  const newer = b.lastSeen >= a.lastSeen ? b : a;
  return {
    ...newer,
    count: a.count + b.count,
    firstSeen: Math.min(a.firstSeen, b.firstSeen),
    lastSeen: Math.max(a.lastSeen, b.lastSeen),
  };
}
