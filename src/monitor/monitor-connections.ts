import { createPool, type Pool } from 'generic-pool';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { CheckTimeout } from './check-result.js';

export interface MonitorTarget {
  readonly hostname: string;
  /** 0: `hostname` is the path of a Unix socket. */
  readonly port: number;
  readonly useSsl: boolean;
}

export interface MonitorAccount {
  readonly username: string;
  readonly password: string;
}

/** One connection to a server, made at its first use so that a pool never waits for one that can not be made. */
export class MonitorConnection {
  #connection: Connection | null = null;
  #broken = false;
  #version: string | null = null;

  constructor(
    private readonly target: MonitorTarget,
    private readonly account: MonitorAccount,
    private readonly connectTimeoutMs: number,
  ) {}

  get broken(): boolean {
    return this.#broken;
  }

  async ping(): Promise<void> {
    await (await this.#connected()).ping();
  }

  async query(sql: string): Promise<RowDataPacket[]> {
    const [rows] = await (await this.#connected()).query<RowDataPacket[]>(sql);
    return rows;
  }

  /** What SELECT VERSION() says; asked once. */
  async version(): Promise<string> {
    this.#version ??= String((await this.query('SELECT VERSION() AS version'))[0]?.['version']);
    return this.#version;
  }

  destroy(): void {
    this.#broken = true;
    this.#connection?.destroy();
  }

  async #connected(): Promise<Connection> {
    if (this.#connection) return this.#connection;
    const { hostname, port, useSsl } = this.target;
    const connection = await createConnection({
      ...(port === 0 ? { socketPath: hostname } : { host: hostname, port }),
      user: this.account.username,
      password: this.account.password,
      connectTimeout: this.connectTimeoutMs,
      enableKeepAlive: true,
      ...(useSsl ? { ssl: { rejectUnauthorized: false } } : {}),
      connectAttributes: { program_name: 'weir_monitor' },
    });
    // Between two checks nobody else hears of its end.
    connection.on('error', () => this.destroy());
    this.#connection = connection;
    if (this.#broken) connection.destroy();
    return connection;
  }
}

/** Checks of one server that may run at the same time: ping, read_only and lag. */
const CONNECTIONS_A_SERVER = 3;

/** The monitor's connections to one server. A check that fails or takes too long costs its connection. */
export class MonitorConnections {
  readonly #pool: Pool<MonitorConnection>;

  constructor(target: MonitorTarget, account: MonitorAccount, connectTimeoutMs: number) {
    this.#pool = createPool<MonitorConnection>(
      {
        create: async () => new MonitorConnection(target, account, connectTimeoutMs),
        destroy: async (connection) => connection.destroy(),
        validate: async (connection) => !connection.broken,
      },
      { max: CONNECTIONS_A_SERVER, min: 0, testOnBorrow: true, fifo: false },
    );
  }

  /**
   * Runs a check on a connection of its own.
   * @throws CheckTimeout after `timeoutMs`, connecting included; errors of the connection and of the server
   */
  async run<Value>(timeoutMs: number, check: (connection: MonitorConnection) => Promise<Value>): Promise<Value> {
    const connection = await this.#pool.acquire();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new CheckTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const value = await Promise.race([check(connection), late]);
      await this.#pool.release(connection);
      return value;
    } catch (error) {
      await this.#pool.destroy(connection);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#pool.drain();
    await this.#pool.clear();
  }
}
