import { createServer, type Server, type Socket } from 'node:net';
import type { Transport, TransportSink } from '../../../src/net/transport.js';
import { type TransportKind, Transports } from '../../../src/net/transports.js';

/** Bytes whose value says where in the stream they stand. */
export function pattern(length: number, offset = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = byteAt(offset + i);
  return bytes;
}

export const byteAt = (position: number): number => (position * 31 + (position >>> 8) * 7 + (position >>> 16)) & 0xff;

/** Collects what a transport tells. */
export class Recorder implements TransportSink {
  readonly chunks: Buffer[] = [];
  received = 0;
  drains = 0;
  readonly closes: (Error | null)[] = [];
  private readonly waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.chunks.push(Buffer.from(buffer.subarray(start, end)));
    this.received += end - start;
    this.check();
  }
  onDrain(): void {
    this.drains += 1;
    this.check();
  }
  onClose(cause: Error | null): void {
    this.closes.push(cause);
    this.check();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Resolves when `holds`, looked at after each event; a test that waits in vain times out. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ holds, resolve }));
  }

  private check(): void {
    for (const waiter of [...this.waiting]) {
      if (!waiter.holds()) continue;
      this.waiting.splice(this.waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

export interface Pair {
  readonly client: Transport;
  readonly clientSink: Recorder;
  readonly server: Transport;
  readonly serverSink: Recorder;
}

/** Makes connected transports and plain sockets, and closes all of it. */
export class Sockets {
  private readonly servers: Server[] = [];
  private readonly opened: { destroy(): void }[] = [];
  readonly transports: Transports;

  constructor(kind: TransportKind) {
    this.transports = new Transports(kind, 0);
  }

  close(): void {
    for (const one of this.opened) one.destroy();
    for (const server of this.servers) server.close();
  }

  closing<Kind extends { destroy(): void }>(one: Kind): Kind {
    this.opened.push(one);
    return one;
  }

  /** Listens on loopback, or on the Unix socket `path`; sockets arrive as the listener of weir gives them. */
  async listen(onSocket: (socket: Socket) => void, path?: string): Promise<{ hostname: string; port: number; timeoutMs: number }> {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      this.closing(socket);
      onSocket(socket);
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => (path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve)));
    const address = server.address();
    if (address === null) throw new Error('not listening');
    return typeof address === 'string'
      ? { hostname: address, port: 0, timeoutMs: 5_000 }
      : { hostname: '127.0.0.1', port: address.port, timeoutMs: 5_000 };
  }

  connect(target: { hostname: string; port: number; timeoutMs: number }): Promise<Transport> {
    return new Promise((resolve, reject) => this.transports.connect(target, (transport) => resolve(this.closing(transport)), reject));
  }

  /** A transport at each end. */
  async pair(path?: string): Promise<Pair> {
    const [pair] = await this.pairs(1, path);
    return pair as Pair;
  }

  /** Pairs whose `client` ends, accepted by one process, share what clients share. */
  async pairs(count: number, path?: string): Promise<Pair[]> {
    const accepted: Socket[] = [];
    let arrived = (): void => {};
    const target = await this.listen((socket) => {
      accepted.push(socket);
      arrived();
    }, path);
    const made: Pair[] = [];
    for (let i = 0; i < count; i++) {
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const server = await this.connect(target);
      await arrival;
      const client = this.closing(this.transports.forClient(accepted[i] as Socket));
      const [clientSink, serverSink] = [new Recorder(), new Recorder()];
      client.sink = clientSink;
      server.sink = serverSink;
      // As the worker does: an accepted socket is paused until somebody listens.
      client.resume();
      made.push({ client, clientSink, server, serverSink });
    }
    return made;
  }

  /** A client transport whose peer is a plain socket that does not read. */
  async withStalledPeer(): Promise<{ transport: Transport; sink: Recorder; peer: Socket }> {
    const sink = new Recorder();
    const peers: Socket[] = [];
    const target = await this.listen((socket) => peers.push(socket));
    const transport = await this.connect(target);
    transport.sink = sink;
    while (peers.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return { transport, sink, peer: peers[0] as Socket };
  }
}

/** Reads a plain socket to its end. */
export function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.resume();
  });
}
