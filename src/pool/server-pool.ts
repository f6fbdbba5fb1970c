import { type SessionState, stateDistance } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { ServerKey } from '../base/ids.js';
import { ConnectBackoff } from './connect-backoff.js';
import { type PooledConnection, RESTED_MS } from './pooled-connection.js';

/** How deep an idle stack is searched for a connection in a near state. */
const SEARCH_DEPTH = 16;

/**
 * The connections of this worker to one server. A connection is in exactly one place: connecting (a count), idle (in a
 * stack of its identity) or leased (in the set), so the counts can not drift.
 */
export class ServerPool {
  connecting = 0;
  readonly backoff = new ConnectBackoff();
  /** Accounts that the server refused, with the time (monotonic ms) until which it is not asked again while another server may serve. */
  readonly refusals = new Map<BackendIdentity, number>();
  /** Wakes those who wait for the end of a pause. */
  wakeTimer: NodeJS.Timeout | null = null;
  readonly leased = new Set<PooledConnection>();
  private readonly idle = new Map<BackendIdentity, PooledConnection[]>();
  private idleTotal = 0;
  /** How many are asked for the last time before they are closed. */
  leaving = 0;

  constructor(
    readonly key: ServerKey,
    readonly hostname: string,
    readonly port: number,
    readonly useSsl: boolean,
  ) {}

  get idleCount(): number {
    return this.idleTotal;
  }

  get total(): number {
    return this.idleTotal + this.leased.size + this.connecting;
  }

  /** Takes the idle connection whose state is nearest; null when none can serve. The caller owns it from then on. */
  take(identity: BackendIdentity, wanted: SessionState, lessee: object, nowMs: number): PooledConnection | null {
    for (;;) {
      const stack = this.idle.get(identity);
      if (stack === undefined) return null;
      const best = nearest(stack, wanted, lessee, nowMs);
      if (best === null) return null;
      this.removeIdle(best);
      this.leased.add(best);
      if (!hasEnded(best, nowMs)) return best;
    }
  }

  /** Takes the connection that has been held longest for its last lessee, when it can serve. */
  takeHeld(identity: BackendIdentity, wanted: SessionState): PooledConnection | null {
    let longest: PooledConnection | null = null;
    for (const connection of this.idle.get(identity) ?? []) {
      if (connection.holdUntilMs !== 0 && connection.quiet && stateDistance(connection.state, wanted) < Number.POSITIVE_INFINITY)
        longest = older(longest, connection);
    }
    if (longest === null) return null;
    this.removeIdle(longest);
    this.leased.add(longest);
    return longest;
  }

  /** Takes exactly this connection if it is idle here and lives. */
  takeExactly(connection: PooledConnection, nowMs: number): boolean {
    if (connection.idleIndex < 0) return false;
    this.removeIdle(connection);
    this.leased.add(connection);
    return !hasEnded(connection, nowMs);
  }

  putIdle(connection: PooledConnection, nowMs: number): void {
    this.leased.delete(connection);
    let stack = this.idle.get(connection.identity);
    if (stack === undefined) {
      stack = [];
      this.idle.set(connection.identity, stack);
    }
    connection.idleIndex = stack.length;
    connection.idleSinceMs = nowMs;
    stack.push(connection);
    this.idleTotal += 1;
  }

  /** Nobody gets it any more, and it is still one of those that the server has until it is closed. */
  letLeave(connection: PooledConnection): void {
    if (connection.idleIndex >= 0) this.removeIdle(connection);
    this.leased.add(connection);
    this.leaving += 1;
  }

  /** Forgets a connection that is closed or about to be. */
  remove(connection: PooledConnection): void {
    if (connection.isLeaving) this.leaving -= 1;
    if (connection.idleIndex >= 0) this.removeIdle(connection);
    else this.leased.delete(connection);
  }

  /** The idle connection that has waited longest; one that is held for a session only when there is no other. */
  oldestIdle(nowMs: number): PooledConnection | null {
    let oldest: PooledConnection | null = null;
    let oldestHeld: PooledConnection | null = null;
    for (const stack of this.idle.values()) {
      for (const connection of stack) {
        if (connection.holdUntilMs > nowMs) oldestHeld = older(oldestHeld, connection);
        else oldest = older(oldest, connection);
      }
    }
    return oldest ?? oldestHeld;
  }

  *idleConnections(): Iterable<PooledConnection> {
    for (const stack of this.idle.values()) yield* [...stack];
  }

  *allConnections(): Iterable<PooledConnection> {
    yield* this.idleConnections();
    yield* this.leased;
  }

  private removeIdle(connection: PooledConnection): void {
    const stack = this.idle.get(connection.identity);
    const last = stack?.pop();
    if (stack === undefined || last === undefined) return;
    if (last !== connection) {
      stack[connection.idleIndex] = last;
      last.idleIndex = connection.idleIndex;
    }
    connection.idleIndex = -1;
    this.idleTotal -= 1;
    if (stack.length === 0) this.idle.delete(connection.identity);
  }
}

/** One that has rested, and that the server has closed meanwhile, is taken by nobody. It is closed outside of this call, which its end would enter again. */
function hasEnded(connection: PooledConnection, nowMs: number): boolean {
  if (nowMs - connection.idleSinceMs < RESTED_MS || !connection.transport.hasUnread()) return false;
  setImmediate(() => connection.destroy(new Error('the server closed the connection')));
  return true;
}

function older(known: PooledConnection | null, other: PooledConnection): PooledConnection {
  return known === null || other.idleSinceMs < known.idleSinceMs ? other : known;
}

function nearest(stack: readonly PooledConnection[], wanted: SessionState, lessee: object, nowMs: number): PooledConnection | null {
  const bottom = Math.max(0, stack.length - SEARCH_DEPTH);
  for (let i = stack.length - 1; i >= bottom; i--) {
    const connection = stack[i] as PooledConnection;
    if (connection.state === wanted && !isHeldForAnother(connection, lessee, nowMs)) return connection;
  }
  let best: PooledConnection | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (let i = stack.length - 1; i >= bottom; i--) {
    const connection = stack[i] as PooledConnection;
    if (isHeldForAnother(connection, lessee, nowMs)) continue;
    const distance = stateDistance(connection.state, wanted);
    if (distance < bestDistance) {
      best = connection;
      bestDistance = distance;
    }
  }
  return best;
}

/** The session that used it last may still ask for its warnings, row count or insert id. */
function isHeldForAnother(connection: PooledConnection, lessee: object, nowMs: number): boolean {
  return connection.holdUntilMs !== 0 && connection.holdUntilMs > nowMs && connection.lastLessee !== lessee;
}
