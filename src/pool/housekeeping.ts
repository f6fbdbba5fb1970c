import { IdlePings, type PingSettings } from './idle-pings.js';
import type { Pool } from './pool.js';
import type { PooledConnection } from './pooled-connection.js';
import type { ServerPool } from './server-pool.js';

export interface HousekeepingSettings extends PingSettings {
  /** Share of max_connections that may be idle. */
  readonly freeConnectionsPct: number;
  /** 0: no limit. */
  readonly connectionMaxAgeMs: number;
}

/** A worker keeps at least so many idle connections to a server, however small the share is. */
const MIN_IDLE = 2;
/** How long a connection must have been idle before it counts as too many. */
const REST_MS = 5_000;

/** Called once a second: closes idle connections that are too many or too old, and asks the others whether they still live. */
export class Housekeeping {
  private readonly pings: IdlePings;

  constructor(
    private readonly pool: Pool,
    private readonly settings: () => HousekeepingSettings,
    private readonly granted: (server: ServerPool) => number,
    private readonly nowMs: () => number,
  ) {
    this.pings = new IdlePings(pool, settings, nowMs);
  }

  run(): void {
    const now = this.nowMs();
    for (const server of this.pool.allServers) {
      this.closeIdle(server, now);
      // In use just now, it ends when it is given back.
      for (const connection of server.leased) connection.needsReset ||= this.isTooOld(connection, now);
    }
    this.pings.run();
  }

  private closeIdle(server: ServerPool, now: number): void {
    const limit = Math.max(MIN_IDLE, Math.floor((this.granted(server) * this.settings().freeConnectionsPct) / 100));
    let excess = server.idleCount - limit;
    const idle = [...server.idleConnections()].sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    for (const connection of idle) {
      if (connection.holdUntilMs > now) continue;
      // Connections that serve in turn are not in excess: only what has rested a while.
      const isExcess = excess > 0 && now - connection.idleSinceMs > REST_MS;
      if (!isExcess && !this.isTooOld(connection, now)) continue;
      excess -= 1;
      connection.quit();
    }
  }

  private isTooOld(connection: PooledConnection, now: number): boolean {
    const { connectionMaxAgeMs } = this.settings();
    return connectionMaxAgeMs > 0 && now - connection.openedMs > connectionMaxAgeMs * connection.lifeShare;
  }
}
