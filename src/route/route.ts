import type { HostgroupId } from '../base/ids.js';

/** What of a session may decide where its statements go. The session keeps one object as long as nothing in it changes: routes are cached by its identity. */
export interface RouteFacts {
  readonly username: string;
  /** Current schema, '' for none. */
  readonly schema: string;
  readonly defaultHostgroup: HostgroupId;
  /** Address without port. */
  readonly clientAddress: string;
  /** Where the client connected to, without port. */
  readonly proxyAddress: string;
  readonly proxyPort: number;
}

/** Who decided; `guard` when the decision was a reader and the guard moved it. */
export type RouteReason = 'pin' | 'hint' | 'rule' | 'split' | 'default' | 'guard';

/** Where one statement goes. Immutable. */
export interface Route {
  readonly hostgroup: HostgroupId;
  readonly reason: RouteReason;
  /** The rule that named the hostgroup or the error, or null. */
  readonly ruleId: number | null;
  /** Answer this (errno 1148) instead of executing the statement. */
  readonly errorMessage: string | null;
  /** Answer an OK with this info instead of executing the statement. */
  readonly okMessage: string | null;
  /** The guard moved the statement from a reader to its writer. */
  readonly guarded: boolean;
  /** `hostgroup` is the reader hostgroup of a pair. */
  readonly isReader: boolean;
  /** Where to fall back to: the pair's writer for a reader, else `hostgroup`. */
  readonly writerHostgroup: HostgroupId;
  /** `multiplex` of the last matching rule that has one. */
  readonly multiplex: 0 | 1 | 2 | null;
  /** Ids of all rules that matched, in order; they count a hit each. */
  readonly matchedRules: readonly number[];
}

/** One step of an explanation. */
export interface RouteStep {
  /** `rule 10`, `hint`, `split`, `default`, `guard`. */
  readonly what: string;
  readonly matched: boolean;
  /** Why, in a few words: `match_digest does not match`, `destination hostgroup 2, apply`. */
  readonly why: string;
}
