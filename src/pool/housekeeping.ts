import type { Pool } from './pool.js';
import type { PooledConnection } from './pooled-connection.js';
import type { ServerPool } from './server-pool.js';

export interface HousekeepingSettings {
  /** Share of max_connections that may be idle. */
  readonly freeConnectionsPct: number;
  /** 0: no limit. */
  readonly connectionMaxAgeMs: number;
  readonly pingIntervalServerMs: number;
  readonly pingTimeoutServerMs: number;
}

/** A worker keeps at least so many idle connections to a server, however small the share is. */
const MIN_IDLE = 2;

/** Called once a second: closes idle connections that are too many or too old, and asks the others whether they still live. */
export class Housekeeping {
  constructor(
    private readonly pool: Pool,
    private readonly settings: () => HousekeepingSettings,
    private readonly granted: (server: ServerPool) => number,
    private readonly nowMs: () => number,
  ) {}

  run(): void {
    const now = this.nowMs();
    for (const server of this.pool.allServers) this.tend(server, now);
  }

  private tend(server: ServerPool, now: number): void {
    const { freeConnectionsPct, connectionMaxAgeMs, pingIntervalServerMs } = this.settings();
    const limit = Math.max(MIN_IDLE, Math.floor((this.granted(server) * freeConnectionsPct) / 100));
    let excess = server.idleCount - limit;
    const idle = [...server.idleConnections()].sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    for (const connection of idle) {
      const tooOld = connectionMaxAgeMs > 0 && now - connection.openedMs > connectionMaxAgeMs;
      const unheld = connection.holdUntilMs <= now;
      // Connections that serve in turn are not in excess: only what has rested a while.
      const rested = now - connection.idleSinceMs > REST_MS;
      if (tooOld || (excess > 0 && unheld && rested)) {
        excess -= 1;
        connection.quit();
      } else if (pingIntervalServerMs > 0 && unheld && now - connection.idleSinceMs > pingIntervalServerMs) {
        this.ping(server, connection);
      }
    }
  }

  /** While it answers nobody else may have the connection. */
  private ping(server: ServerPool, connection: PooledConnection): void {
    if (!server.takeExactly(connection)) return;
    const timer = setTimeout(() => {
      connection.destroy(new Error(`no answer to a ping within ${this.settings().pingTimeoutServerMs} ms`));
    }, this.settings().pingTimeoutServerMs);
    connection.ping((alive) => {
      clearTimeout(timer);
      if (connection.isClosed) return;
      if (alive) this.pool.release(connection, connection.lastLessee as never, 0, this.nowMs());
      else connection.abandon();
    });
  }
}

/** How long a connection must have been idle before it counts as too many. */
const REST_MS = 5_000;
