import { type Connection, createConnection, type RowDataPacket } from 'mysql2';

export interface MonitorTarget {
  readonly hostname: string;
  /** 0: `hostname` is the path of a Unix socket. */
  readonly port: number;
  readonly useSsl: boolean;
}

/** PEM texts for servers with use_ssl; null where there is none. With `ca` their certificates are verified. */
export interface ServerTls {
  readonly serverCaPem: string | null;
  readonly serverCertPem: string | null;
  readonly serverKeyPem: string | null;
}

export interface MonitorLogin {
  readonly username: string;
  readonly password: string;
  readonly tls: ServerTls;
  /** What a login may take beside the check that it is for: kept to by who waits for it. */
  readonly connectTimeoutMs: number;
  /** What the server is told to wait for the next check, s; 0 leaves it its own wait_timeout. */
  readonly waitTimeoutSec: number;
}

/** The part of node:net's Socket that is looked at here. */
interface ReceivingSocket {
  readonly bytesRead: number;
}

/** How long a server has to take leave, ms. */
const FAREWELL_MS = 500;

/** One connection to a server, made at its first use so that a pool never waits for one that can not be made. */
export class MonitorConnection {
  #connection: Connection | null = null;
  #connected: Promise<void> | null = null;
  #socket: ReceivingSocket | null = null;
  #isOpen = false;
  #broken = false;
  #version: string | null = null;

  constructor(
    private readonly target: MonitorTarget,
    private readonly login: MonitorLogin,
  ) {}

  get broken(): boolean {
    return this.#broken;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** All that the server has sent so far. */
  get bytesReceived(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  /** Logs in, where that has not been done. The check does so too. */
  async open(): Promise<void> {
    await this.#open();
  }

  /** How long the answer took, ms, without the login that it may have needed. */
  async ping(): Promise<number> {
    const connection = await this.#open();
    const begunMs = performance.now();
    await connection.promise().ping();
    return performance.now() - begunMs;
  }

  async query(sql: string): Promise<RowDataPacket[]> {
    const connection = await this.#open();
    const [rows] = await connection.promise().query<RowDataPacket[]>(sql);
    return rows;
  }

  /** What SELECT VERSION() says; asked once. */
  async version(): Promise<string> {
    this.#version ??= String((await this.query('SELECT VERSION() AS version'))[0]?.['version']);
    return this.#version;
  }

  /** Ends it at once, in whatever it does. */
  destroy(): void {
    this.#broken = true;
    this.#connection?.destroy();
  }

  /** Ends it so that the server does not log an aborted connection. */
  close(): void {
    const connection = this.#connection;
    if (this.#broken || connection === null) {
      this.destroy();
      return;
    }
    this.#broken = true;
    const timer = setTimeout(() => connection.destroy(), FAREWELL_MS).unref();
    connection.once('end', () => clearTimeout(timer));
    connection.end();
  }

  async #open(): Promise<Connection> {
    if (this.#broken) throw new Error('connection lost between two checks');
    this.#connected ??= this.#connect();
    await this.#connected;
    return this.#connection!;
  }

  async #connect(): Promise<void> {
    const connection = createConnection(optionsOf(this.target, this.login));
    // mysql2's types do not have it. With TLS it is put under another stream, and counts what was encrypted.
    this.#socket = (connection as unknown as { readonly stream: ReceivingSocket }).stream;
    this.#connection = connection;
    await new Promise<void>((resolve, reject) => {
      connection.once('connect', () => resolve());
      // Also between two checks, when nobody else hears of its end.
      connection.on('error', (error) => {
        this.destroy();
        reject(error);
      });
    });
    const { waitTimeoutSec } = this.login;
    if (waitTimeoutSec > 0) await connection.promise().query(`SET SESSION wait_timeout = ${waitTimeoutSec}`);
    this.#isOpen = true;
  }
}

function optionsOf({ hostname, port, useSsl }: MonitorTarget, login: MonitorLogin): Parameters<typeof createConnection>[0] & object {
  return {
    ...(port === 0 ? { socketPath: hostname } : { host: hostname, port }),
    user: login.username,
    password: login.password,
    // Whoever uses the connection limits its time.
    connectTimeout: 0,
    enableKeepAlive: true,
    // None is used; for its default mysql2 makes room for 16,000 of them with each connection, which costs more than the login.
    maxPreparedStatements: 1,
    ...(useSsl ? { ssl: tlsOptions(login.tls) } : {}),
    connectAttributes: { program_name: 'weir_monitor' },
  };
}

/** As for the connections of clients: without a CA the server's certificate is not verified. */
function tlsOptions({ serverCaPem, serverCertPem, serverKeyPem }: ServerTls): object {
  return {
    rejectUnauthorized: serverCaPem !== null,
    ...(serverCaPem === null ? {} : { ca: serverCaPem }),
    ...(serverCertPem === null ? {} : { cert: serverCertPem }),
    ...(serverKeyPem === null ? {} : { key: serverKeyPem }),
  };
}
