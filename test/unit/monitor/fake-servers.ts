import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { frame } from '../../support/wire-client.js';

export type Behaviour =
  | { readonly kind: 'answers'; readonly afterMs: number }
  /** Takes connections and says nothing. */
  | { readonly kind: 'silent' }
  /** What it says instead of a greeting. */
  | { readonly kind: 'refuses'; readonly errno: number; readonly message: string };

/** As little of a server as the monitor's checks need, so that hundreds fit into one process: logs everybody in, answers pings and read_only. */
export class FakeServer {
  logins = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  constructor(
    public behaviour: Behaviour,
    private readonly readOnly = 0,
  ) {
    this.#listener = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** `port` 0: a free one. */
  listen(port = 0, address = '127.0.0.1'): Promise<void> {
    return new Promise((resolve) => this.#listener.listen(port, address, resolve));
  }

  stop(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const { behaviour } = this;
    if (behaviour.kind === 'refuses') socket.end(frame(errorPacket(behaviour), 0));
    if (behaviour.kind === 'answers') this.#say(socket, frame(GREETING, 0));
    let isLoggedIn = false;
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readUIntLE(0, 3)) {
        const packet = rest.subarray(4, 4 + rest.readUIntLE(0, 3));
        rest = rest.subarray(4 + packet.length);
        if (isLoggedIn) this.#command(socket, packet);
        else {
          this.logins++;
          this.#say(socket, frame(OK, 2));
        }
        isLoggedIn = true;
      }
    });
  }

  #command(socket: Socket, packet: Buffer): void {
    if (packet[0] === COM_QUIT) socket.end();
    else if (packet.includes('read_only')) this.#say(socket, resultSet('read_only', String(this.readOnly)));
    else this.#say(socket, frame(OK, 1));
  }

  #say(socket: Socket, bytes: Buffer): void {
    const { behaviour } = this;
    if (behaviour.kind !== 'answers') return;
    if (behaviour.afterMs === 0) socket.write(bytes);
    else setTimeout(() => socket.write(bytes), behaviour.afterMs);
  }
}

const COM_QUIT = 0x01;
const zeros = (count: number): Buffer => Buffer.alloc(count);
const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

/** CLIENT_PROTOCOL_41, CLIENT_TRANSACTIONS, CLIENT_RESERVED2, CLIENT_PLUGIN_AUTH. */
const GREETING = Buffer.concat([
  Buffer.from('\x0a8.4.0-fake\0'),
  Buffer.from([1, 0, 0, 0]),
  Buffer.from('abcdefgh\0'),
  Buffer.from([0x00, 0xa2, 45, 2, 0, 0x08, 0x00, 21]),
  zeros(10),
  Buffer.from('ijklmnopqrst\0mysql_native_password\0'),
]);
const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);

function errorPacket({ errno, message }: { readonly errno: number; readonly message: string }): Buffer {
  return Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(message)]);
}

function resultSet(column: string, value: string): Buffer {
  const definition = Buffer.concat([text('def'), zeros(3), text(column), zeros(1), Buffer.from([12, 63, 0, 1, 0, 0, 0, 8]), zeros(5)]);
  return Buffer.concat([[Buffer.from([1]), definition, EOF, text(value), EOF].map((payload, index) => frame(payload, index + 1))].flat());
}
