import { createPool, type Pool } from 'generic-pool';
import { patientTimeout } from '../base/patient-timeout.js';
import { CheckTimeout } from './check-result.js';
import { MonitorConnection, type MonitorLogin, type MonitorTarget } from './monitor-connection.js';

/** Checks of one server that may run at the same time: ping, read_only and lag, the latter two also after a ping that found it again. */
const CONNECTIONS_A_SERVER = 5;
const MAX_TIMER_MS = 2_147_483_647;

/** The monitor's connections to one server. A check that fails or takes too long costs its connection. */
export class MonitorConnections {
  readonly #pool: Pool<MonitorConnection>;
  /** The connections to where the server is now. */
  #current = new WeakSet<MonitorConnection>();

  /** `target`: where to connect to now. `idleLimitMs`: connections that no check has used for so long are closed. */
  constructor(
    private readonly target: () => MonitorTarget,
    private readonly login: MonitorLogin,
    idleLimitMs: number,
  ) {
    this.#pool = createPool<MonitorConnection>(
      {
        create: async () => {
          const connection = new MonitorConnection(target(), login);
          this.#current.add(connection);
          return connection;
        },
        destroy: async (connection) => connection.close(),
        validate: async (connection) => !connection.broken && this.#current.has(connection),
      },
      {
        ...{ max: CONNECTIONS_A_SERVER, min: 0, testOnBorrow: true, fifo: false },
        // Before the server's wait_timeout ends them, which it would log.
        ...{ idleTimeoutMillis: idleLimitMs / 2, evictionRunIntervalMillis: Math.min(MAX_TIMER_MS, idleLimitMs / 4) },
        numTestsPerEvictionRun: CONNECTIONS_A_SERVER,
      },
    );
  }

  /**
   * Runs a check on a connection of its own. One that has to be made first gets `mysql-monitor_connect_timeout` on top, as long as the
   * server says something each `timeoutMs`: a login is several round trips, and a server far away is not a silent one.
   * @throws CheckTimeout after `timeoutMs` of silence, or when the login takes too long; errors of the connection and of the server
   */
  async run<Value>(timeoutMs: number, check: (connection: MonitorConnection) => Promise<Value>): Promise<Value> {
    const connection = await this.#pool.acquire();
    try {
      if (!connection.isOpen) await this.#open(connection, timeoutMs);
      const value = await withinTime(timeoutMs, check(connection));
      await this.#pool.release(connection);
      return value;
    } catch (error) {
      connection.destroy();
      await this.#pool.destroy(connection);
      throw error;
    }
  }

  /**
   * Logs in anew, for this one check.
   * @throws CheckTimeout after `timeoutMs`, connecting included; errors of the connection and of the server
   */
  async runFresh<Value>(timeoutMs: number, check: (connection: MonitorConnection) => Promise<Value>): Promise<Value> {
    const connection = new MonitorConnection(this.target(), this.login);
    try {
      const value = await withinTime(timeoutMs, check(connection));
      connection.close();
      return value;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  async #open(connection: MonitorConnection, silenceMs: number): Promise<void> {
    const limitMs = this.login.connectTimeoutMs + silenceMs;
    const untilMs = performance.now() + limitMs;
    const opened = connection.open();
    for (;;) {
      const { bytesReceived } = connection;
      const leftMs = untilMs - performance.now();
      try {
        return await withinTime(Math.min(silenceMs, leftMs), opened);
      } catch (error) {
        if (!(error instanceof CheckTimeout)) throw error;
        if (connection.bytesReceived === bytesReceived) throw new CheckTimeout(`no answer within ${silenceMs} ms`);
        if (leftMs <= silenceMs) throw new CheckTimeout(`not logged in within ${limitMs} ms`);
      }
    }
  }

  /** The server has moved: connections to where it was serve no further check. */
  forget(): void {
    this.#current = new WeakSet();
  }

  async close(): Promise<void> {
    await this.#pool.drain();
    await this.#pool.clear();
  }
}

/**
 * Waits for `work` no longer than `timeoutMs`.
 * @throws CheckTimeout
 */
export async function withinTime<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> {
  let cancelTimeout = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancelTimeout = patientTimeout(() => reject(new CheckTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancelTimeout();
  }
}
