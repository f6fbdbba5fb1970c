import type { BackendIdentity } from '../backend/identity.js';
import type { Waiter } from './waiter.js';

/** The waiters of one user, first come first served. */
interface Row {
  readonly waiters: Set<Waiter>;
  /** When one of them was served last, monotonic ms; 0: not since the first of them came. */
  servedMs: number;
}

/**
 * Who waits at one hostgroup: users take turns, the waiters of one user come in their order. So a user with a thousand waiters does not hold
 * up one with a single waiter. Its length is bounded by the clients: each waits for one connection at most.
 */
export class WaiterQueue {
  private readonly rows = new Map<string, Row>();
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(waiter: Waiter): void {
    const { username } = waiter.identity;
    const row = this.rows.get(username);
    if (row === undefined) this.rows.set(username, { waiters: new Set([waiter]), servedMs: 0 });
    else row.waiters.add(waiter);
    this.count++;
  }

  /** It leaves; its user goes to the end of the row when it was served, at `servedMs`. */
  remove(waiter: Waiter, servedMs: number | null): void {
    const { username } = waiter.identity;
    const row = this.rows.get(username);
    if (row?.waiters.delete(waiter) !== true) return;
    this.count--;
    if (row.waiters.size > 0 && servedMs === null) return;
    this.rows.delete(username);
    if (row.waiters.size === 0) return;
    row.servedMs = servedMs ?? 0;
    this.rows.set(username, row);
  }

  /** The first of each user, in turn, then the second of each … : in the order in which they should be served. */
  *[Symbol.iterator](): Iterator<Waiter> {
    let rows = Array.from(this.rows.values(), ({ waiters }) => [...waiters]);
    for (let turn = 0; rows.length > 0; turn++) {
      rows = rows.filter((own) => own.length > turn);
      for (const own of rows) yield own[turn]!;
    }
  }

  /** Of one user, in order. */
  of(username: string): Iterable<Waiter> {
    return this.rows.get(username)?.waiters ?? [];
  }

  /** The first, in turn, that no attempt to connect is under way for, and that is not of `except`. */
  firstIdle(except: BackendIdentity | null): Waiter | null {
    for (const { waiters } of this.rows.values()) {
      for (const waiter of waiters) if (!waiter.connecting && waiter.identity !== except) return waiter;
    }
    return null;
  }

  /** The one that has waited longest of each user, and since when its user has waited to be served, monotonic ms. */
  *heads(): Iterable<{ readonly waiter: Waiter; readonly sinceMs: number }> {
    for (const { waiters, servedMs } of this.rows.values()) {
      const [waiter] = waiters;
      if (waiter !== undefined) yield { waiter, sinceMs: Math.max(servedMs, waiter.startedMs) };
    }
  }
}
