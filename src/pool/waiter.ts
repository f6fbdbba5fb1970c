import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { ServerError } from '../base/errors.js';
import type { Hostgroup, Member } from './hostgroup.js';
import type { PooledConnection } from './pooled-connection.js';
import type { ServerPool } from './server-pool.js';

/** How a leased connection rests between two statements. */
export interface Rest {
  /** Monotonic ms. */
  readonly sinceMs: number;
  /** A ping would take the row count of the last statement away: only when the server would close the connection otherwise. */
  readonly isSparing: boolean;
}

/** Who asks the pool for a connection. Exactly one of the two is called for each `wait`, unless it is cancelled. */
export interface Lessee {
  onLease(connection: PooledConnection, member: Member): void;
  onLeaseFailed(error: ServerError): void;
  /** A leased connection died while no reply was awaited on it. */
  onIdleLost(connection: PooledConnection, cause: Error | null): void;
  /** Null when a leased connection must not be pinged: it is in use, or the server is to end what rests there. */
  restOn(connection: PooledConnection): Rest | null;
}

/** One session that waits for a connection of a hostgroup. */
export class Waiter {
  /** Connection attempts that failed for this waiter; not those that the server put off (too many connections). */
  failures = 0;
  /** Servers that failed for it; others are tried first. */
  readonly avoid = new Set<ServerPool>();
  /** An attempt for it is under way. */
  connecting = false;
  lastFailure = '';
  cancelTimeout: () => void = () => {};
  settled = false;

  constructor(
    /** Another one once it waits at its fallback. */
    public hostgroup: Hostgroup,
    readonly identity: BackendIdentity,
    readonly state: SessionState,
    readonly lessee: Lessee,
    readonly startedMs: number,
    /** Where it may go instead while no server of its hostgroup is online or can be reached; null: nowhere. */
    private fallback: Hostgroup | null,
  ) {}

  /** It failed for this waiter, and another one of its hostgroup is likely to serve. */
  avoids(server: ServerPool): boolean {
    if (!this.avoid.has(server)) return false;
    return this.hostgroup.onlineMembers.some(({ server: other }) => !this.avoid.has(other) && !other.backoff.isDoubtful);
  }

  get mayFallBack(): boolean {
    return this.fallback?.hasOnline === true;
  }

  /** Queues at the fallback, if there is one with a server online; at most once. */
  fallBack(): boolean {
    const { fallback } = this;
    if (fallback === null || !fallback.hasOnline || this.settled) return false;
    this.hostgroup.waiters.remove(this, null);
    this.fallback = null;
    this.hostgroup = fallback;
    this.failures = 0;
    this.avoid.clear();
    fallback.waiters.add(this);
    return true;
  }

  /** True for the first caller; the waiter then leaves its queue and its timers end. `servedMs`: it got a connection then; null: it did not. */
  settle(servedMs: number | null): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.cancelTimeout();
    this.hostgroup.waiters.remove(this, servedMs);
    return true;
  }
}
