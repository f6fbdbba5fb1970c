/** What the process of the load is told, and what it tells. Times are Date.now() of this machine. */
export interface LoadOptions {
  /** Where weir listens. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Clients that only read, outside transactions; those that write in autocommit; those that run transactions. */
  readonly readers: number;
  readonly writers: number;
  readonly transactors: number;
  /** Pause of a client after each statement, ms. */
  readonly pauseMs: number;
  /** A statement that takes longer is trouble: traffic is not whole while there are such. */
  readonly slowMs: number;
  /** A statement that takes longer is a violation: it hangs. */
  readonly hangMs: number;
  /** mysql-connect_timeout_server_max, ms: nobody may be told 9001 earlier. */
  readonly waitForServerMs: number;
  readonly permit: Permit;
}

/** The `@@server_id`s that may answer. A statement may also be answered by one that was permitted while it ran. */
export interface Permit {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

export type ToLoad =
  | { readonly kind: 'start'; readonly options: LoadOptions }
  | { readonly kind: 'permit'; readonly permit: Permit }
  /** From here on errors and violations are counted anew, under this number. */
  | { readonly kind: 'phase'; readonly phase: number }
  /** Each client ends what it does and waits; answered by a report with `isPaused`. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' };

export type FromLoad =
  | { readonly kind: 'report'; readonly report: LoadReport }
  | { readonly kind: 'ended'; readonly report: LoadReport; readonly ledger: Ledger };

export const STATEMENT_KINDS = ['read', 'preparedRead', 'write', 'preparedWrite', 'transaction'] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/**
 * What a client may get from a fault: errors, by what they say about its work, and reads answered by the primary, which is right while no
 * replica is to be had.
 */
export const TOLERATED = ['transactionLost', 'fateUnknown', 'notExecuted', 'readByPrimary'] as const;
export type Tolerated = (typeof TOLERATED)[number];

export interface LoadReport {
  readonly atMs: number;
  /** Since the start. */
  readonly done: Readonly<Record<StatementKind, number>>;
  readonly phase: number;
  /** In this phase, like the four that follow. */
  readonly tolerated: Readonly<Record<Tolerated, number>>;
  /** Some of each kind of tolerated errors, for people. */
  readonly samples: readonly string[];
  readonly violationCount: number;
  /** The first of them. */
  readonly violations: readonly string[];
  /** Longest read outside a transaction, ms. */
  readonly slowestReadMs: number;
  /** Reads outside transactions, and transactions, by the server that executed them; since the start. */
  readonly readsBy: Readonly<Record<string, number>>;
  readonly writesBy: Readonly<Record<string, number>>;
  /** When a statement last failed or ended after more than `slowMs`; of those that are running too slowly, now. 0: never. */
  readonly lastTroubleMs: number;
  /** The same of reads outside transactions alone. */
  readonly lastReadTroubleMs: number;
  /** Since when every client has gone through all of its kinds of statements without trouble: the earliest start of their last good rounds. */
  readonly wholeSinceMs: number;
  readonly isPaused: boolean;
}

/**
 * What each client knows of its work. Its sequence numbers 1 to `last` are acknowledged, each exactly once in the ledger
 * table with `parts` rows, except those of `unknown` (at most once, all parts or none) and of `refused` (not at all).
 */
export interface LedgerOfClient {
  readonly client: number;
  readonly parts: number;
  readonly last: number;
  readonly unknown: readonly number[];
  readonly refused: readonly number[];
}

export type Ledger = readonly LedgerOfClient[];
