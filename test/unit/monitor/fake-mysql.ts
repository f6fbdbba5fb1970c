import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createMysqlServer } from 'mysql2';

/** The part of mysql2's server side that is used here; its types do not have it. */
interface ServerConnection {
  serverHandshake(options: object): void;
  on(event: 'query' | 'stmt_prepare', listener: (sql: string) => void): void;
  on(event: 'ping' | 'error' | 'quit', listener: () => void): void;
  writeOk(): void;
  writeError(error: { code: number; message: string }): void;
  writeTextResult(rows: object[], columns: object[]): void;
  close(): void;
  sequenceId: number;
  stream: { destroy(): void };
}

/** A server that logs everybody in and answers pings and read_only. */
export class FakeMysql {
  readOnly = 0;
  /** Answers that come before `readOnly` is asked again. */
  readonly nextReadOnly: number[] = [];
  /** Answer queries with 1227. */
  refuses = false;
  /** Refuse logins with 1045. */
  locksOut = false;
  port = 0;
  #mysql: Server | null = null;
  readonly #connections = new Set<ServerConnection>();

  async start(): Promise<void> {
    const mysql = (createMysqlServer as unknown as () => Server)();
    this.#mysql = mysql;
    mysql.on('connection', (socket: unknown) => this.#serve(socket as ServerConnection));
    this.port ||= await freePort();
    await new Promise<void>((resolve) =>
      (mysql as unknown as { listen(port: number, host: string, done: () => void): void }).listen(this.port, '127.0.0.1', resolve),
    );
  }

  stop(): void {
    this.#mysql?.close();
    for (const connection of this.#connections) connection.stream.destroy();
    this.#connections.clear();
  }

  #serve(connection: ServerConnection): void {
    this.#connections.add(connection);
    connection.on('error', () => undefined);
    connection.serverHandshake({
      ...{ protocolVersion: 10, serverVersion: '8.4.0-fake', connectionId: 1, statusFlags: 2, characterSet: 45, capabilityFlags: 0xffffff },
      authCallback: (_login: unknown, done: (error: null, refusal: { code: number; message: string } | null) => void) => {
        done(null, this.locksOut ? { code: 1045, message: 'locked out' } : null);
        connection.sequenceId = 0;
      },
    });
    connection.on('ping', () => answer(connection, () => connection.writeOk()));
    connection.on('quit', () => connection.stream.destroy());
    // What mysql2's server side takes SET for.
    connection.on('stmt_prepare', () => answer(connection, () => connection.writeOk()));
    connection.on('query', () =>
      answer(connection, () => {
        if (this.refuses) connection.writeError({ code: 1227, message: 'no privilege' });
        else connection.writeTextResult([{ read_only: this.nextReadOnly.shift() ?? this.readOnly }], [READ_ONLY_COLUMN]);
      }),
    );
  }
}

const READ_ONLY_COLUMN = {
  ...{ catalog: 'def', schema: '', table: '', orgTable: '', name: 'read_only', orgName: '' },
  ...{ characterSet: 63, columnLength: 1, columnType: 3, flags: 0, decimals: 0 },
};

/** mysql2's server side does not begin to count packets anew with each command. */
function answer(connection: ServerConnection, write: () => void): void {
  connection.sequenceId = 1;
  write();
  connection.sequenceId = 0;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
