import type { Pool } from './pool.js';
import type { PooledConnection } from './pooled-connection.js';
import type { Lessee } from './waiter.js';

export interface PingSettings {
  readonly pingIntervalServerMs: number;
  readonly pingTimeoutServerMs: number;
}

/** Once a second is enough for connections whose wait_timeout is longer than this, ms. */
const QUICK_BELOW_MS = 4_000;
const QUICKEST_ROUND_MS = 200;

/**
 * Asks connections that rest whether they live, and keeps the server's wait_timeout from ending them: those that are free, and those that a
 * session keeps between two statements. A ping is due after mysql-ping_interval_server_msec, or half of the connection's wait_timeout.
 */
export class IdlePings {
  private shortestWaitMs = Number.POSITIVE_INFINITY;
  private quickTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly settings: () => PingSettings,
    private readonly nowMs: () => number,
  ) {}

  /** Once a second; runs by itself in between while a connection is ended too soon for that. */
  run(): void {
    const now = this.nowMs();
    const asked: PooledConnection[] = [];
    this.shortestWaitMs = Number.POSITIVE_INFINITY;
    for (const server of this.pool.allServers) {
      for (const connection of server.allConnections()) this.shortestWaitMs = Math.min(this.shortestWaitMs, connection.waitTimeoutMs);
      for (const connection of server.idleConnections()) if (this.askFree(connection, now)) asked.push(connection);
      for (const connection of [...server.leased]) this.askKept(connection, now);
    }
    if (asked.length > 0) this.endUnanswered(asked, now);
    this.planQuickRound();
  }

  /** Nobody else gets it before the answer. */
  private askFree(connection: PooledConnection, now: number): boolean {
    if (connection.holdUntilMs > now || !this.isDue(connection, connection.idleSinceMs, false, now)) return false;
    const { lastLessee } = connection;
    this.pool.reserve(connection);
    this.ping(connection, now, () => this.pool.answered(connection, lastLessee));
    return true;
  }

  /**
   * Its session may send a statement behind the ping. It loses more than a connection with it, so a slow answer is waited for, until
   * the next ping would be due.
   */
  private askKept(connection: PooledConnection, now: number): void {
    const { pingIntervalServerMs } = this.settings();
    if (connection.awaitsPing) {
      if (now - connection.pingedMs > pingIntervalServerMs) endSilent(connection, pingIntervalServerMs);
      return;
    }
    if (connection.member === null || !connection.quiet) return;
    const rest = (connection.lastLessee as Lessee | null)?.restOn(connection) ?? null;
    if (rest !== null && this.isDue(connection, rest.sinceMs, rest.isSparing, now)) this.ping(connection, now, () => {});
  }

  private isDue(connection: PooledConnection, restsSinceMs: number, isSparing: boolean, now: number): boolean {
    const intervalMs = isSparing ? Number.POSITIVE_INFINITY : this.settings().pingIntervalServerMs;
    return now - Math.max(restsSinceMs, connection.pingedMs) >= Math.min(intervalMs, connection.waitTimeoutMs / 2);
  }

  private ping(connection: PooledConnection, now: number, onAnswered: () => void): void {
    connection.pingedMs = now;
    connection.awaitsPing = true;
    connection.ping((alive) => {
      connection.awaitsPing = false;
      if (connection.isClosed) return;
      if (alive) onAnswered();
      // Where a statement stands behind the ping, its own end follows.
      else if (connection.quiet) connection.destroy(new Error('the server answered a ping with an error'));
    });
  }

  private endUnanswered(asked: readonly PooledConnection[], sentMs: number): void {
    const { pingTimeoutServerMs } = this.settings();
    setTimeout(() => {
      for (const connection of asked)
        if (connection.awaitsPing && connection.pingedMs === sentMs) endSilent(connection, pingTimeoutServerMs);
    }, pingTimeoutServerMs);
  }

  private planQuickRound(): void {
    if (this.quickTimer !== null || this.shortestWaitMs > QUICK_BELOW_MS) return;
    this.quickTimer = setTimeout(
      () => {
        this.quickTimer = null;
        this.run();
      },
      Math.max(QUICKEST_ROUND_MS, this.shortestWaitMs / 4),
    );
  }
}

function endSilent(connection: PooledConnection, afterMs: number): void {
  connection.destroy(new Error(`no answer to a ping within ${afterMs} ms`));
}
