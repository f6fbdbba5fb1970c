import net from 'node:net';

/** What the relay does with bytes and connections, those it has and those to come. */
export type RelayMode =
  | { readonly kind: 'pass' }
  /**
   * Swallows everything; connections stay open: a lost network. Those that have lost something are reset when the mode ends. `only`: the
   * connections that are open now, as when a firewall has forgotten them, or those to come, as of a server that accepts and says nothing.
   */
  | { readonly kind: 'drop'; readonly only?: 'open' | 'new' }
  /** Holds everything back and delivers it when the mode ends: a network that is away for less long than TCP tries again. */
  | { readonly kind: 'stall' }
  /** Resets (RST) what is open and whatever connects. */
  | { readonly kind: 'reset' }
  /** Sends FIN to one side and still listens to it. */
  | { readonly kind: 'half-close'; readonly side: 'client' | 'server' }
  /** Adds latency to each direction. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Limits each direction of each connection. */
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }
  /** Ends a connection when it has passed so many bytes in that direction since the mode was set (or it was opened). */
  | { readonly kind: 'cut'; readonly direction: Direction; readonly afterBytes: number; readonly how: 'reset' | 'close' };

export type Direction = 'to-client' | 'to-server';

export interface FaultRelay {
  readonly port: number;
  /** Connections open now. */
  readonly open: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  readonly mode: RelayMode;
  setMode(mode: RelayMode): void;
  /** Stops listening: new connections are refused by the kernel. `resume` listens again on the same port. */
  refuse(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Target of a relay: where a server listens. */
export type RelayTarget = { readonly host: string; readonly port: number };

const PASS: RelayMode = { kind: 'pass' };
/** A source is paused when so much waits to be sent late. */
const QUEUE_LIMIT_BYTES = 1 << 20;
const RATE_SLICE_MS = 20;
const RESET_GAP_MS = 20;

/** A TCP relay on a free loopback port in front of `target`, that misbehaves as told. */
export async function startFaultRelay(target: RelayTarget, mode: RelayMode = PASS): Promise<FaultRelay> {
  const relay = new Relay(target, mode);
  await relay.resume();
  return relay;
}

class Relay implements FaultRelay {
  port = 0;
  accepted = 0;
  private server: net.Server | null = null;
  private readonly connections = new Set<Connection>();

  constructor(
    private readonly target: RelayTarget,
    private current: RelayMode,
  ) {}

  get mode(): RelayMode {
    return this.current;
  }

  get open(): number {
    return this.connections.size;
  }

  setMode(mode: RelayMode): void {
    this.current = mode;
    for (const connection of [...this.connections]) connection.enter(isOnly(mode, 'new') ? PASS : mode);
  }

  async resume(): Promise<void> {
    if (this.server !== null) return;
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
    this.port = (server.address() as net.AddressInfo).port;
  }

  async refuse(): Promise<void> {
    const server = this.server;
    this.server = null;
    // The port is free at once; `close` would call back only when the last connection has gone.
    server?.close();
  }

  async stop(): Promise<void> {
    await this.refuse();
    for (const connection of [...this.connections]) connection.destroy();
  }

  private accept(client: net.Socket): void {
    this.accepted += 1;
    const server = net.connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    const connection = new Connection(client, server, () => this.connections.delete(connection));
    this.connections.add(connection);
    connection.enter(isOnly(this.current, 'open') ? PASS : this.current);
  }
}

function isOnly(mode: RelayMode, which: 'open' | 'new'): boolean {
  return mode.kind === 'drop' && mode.only === which;
}

class Connection {
  private readonly toServer: Pump;
  private readonly toClient: Pump;

  constructor(
    private readonly client: net.Socket,
    private readonly server: net.Socket,
    private readonly gone: () => void,
  ) {
    this.toServer = new Pump(client, server, (how) => this.end(how));
    this.toClient = new Pump(server, client, (how) => this.end(how));
    for (const socket of [client, server]) {
      socket.on('error', () => this.end('reset'));
      socket.on('close', () => this.closeWhenBothAre());
    }
  }

  enter(mode: RelayMode): void {
    // Bytes after a gap would be another stream than the one that was sent.
    if (mode.kind !== 'drop' && (this.toServer.hasLost || this.toClient.hasLost)) this.end('reset');
    switch (mode.kind) {
      case 'reset':
        this.end('reset');
        break;
      case 'half-close':
        (mode.side === 'client' ? this.client : this.server).end();
        break;
      case 'cut':
        this.toServer.cutAfter(mode.direction === 'to-server' ? mode.afterBytes : Number.POSITIVE_INFINITY, mode.how);
        this.toClient.cutAfter(mode.direction === 'to-client' ? mode.afterBytes : Number.POSITIVE_INFINITY, mode.how);
        break;
      case 'pass':
      case 'drop':
      case 'stall':
      case 'delay':
      case 'rate':
        break;
      default:
        mode satisfies never;
    }
    this.toServer.enter(mode);
    this.toClient.enter(mode);
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }

  private end(how: 'reset' | 'close'): void {
    for (const socket of [this.client, this.server]) {
      if (socket.destroyed) continue;
      // A socket that is still connecting has nobody to reset.
      if (how === 'reset' && !socket.connecting) resetAtOnce(socket);
      else socket.destroy();
    }
  }

  private closeWhenBothAre(): void {
    if (this.client.destroyed && this.server.destroyed) this.gone();
  }
}

interface Piece {
  /** null: the source has ended. */
  readonly bytes: Buffer | null;
  readonly arrivedMs: number;
}

/** One direction of a connection: a queue that is emptied as the mode wants it, in order. */
class Pump {
  /** Swallowed bytes, or the end of the source. */
  hasLost = false;
  private mode: RelayMode = PASS;
  private onModeChange = (): void => {};
  private readonly queue: Piece[] = [];
  private queuedBytes = 0;
  private isPumping = false;
  private untilCut = Number.POSITIVE_INFINITY;
  private cutHow: 'reset' | 'close' = 'close';

  constructor(
    private readonly source: net.Socket,
    private readonly sink: net.Socket,
    private readonly end: (how: 'reset' | 'close') => void,
  ) {
    source.on('data', (bytes) => this.push(bytes));
    source.on('end', () => this.push(null));
  }

  enter(mode: RelayMode): void {
    this.mode = mode;
    this.onModeChange();
  }

  cutAfter(bytes: number, how: 'reset' | 'close'): void {
    this.untilCut = bytes;
    this.cutHow = how;
  }

  private push(bytes: Buffer | null): void {
    this.queue.push({ bytes, arrivedMs: Date.now() });
    this.queuedBytes += bytes?.length ?? 0;
    if (this.queuedBytes > QUEUE_LIMIT_BYTES) this.source.pause();
    if (!this.isPumping) void this.pump();
  }

  private async pump(): Promise<void> {
    this.isPumping = true;
    for (let piece = this.queue.shift(); piece !== undefined; piece = this.queue.shift()) {
      await this.deliver(piece);
      this.queuedBytes -= piece.bytes?.length ?? 0;
      if (this.source.isPaused() && this.queuedBytes <= QUEUE_LIMIT_BYTES) this.source.resume();
    }
    this.isPumping = false;
  }

  private async deliver(piece: Piece): Promise<void> {
    while (this.mode.kind === 'stall') {
      await new Promise<void>((resolve) => {
        this.onModeChange = resolve;
      });
    }
    const { mode } = this;
    if (mode.kind === 'drop') {
      this.hasLost = true;
      return;
    }
    if (mode.kind === 'delay') await sleep(piece.arrivedMs + mode.ms - Date.now());
    if (piece.bytes === null) {
      if (this.sink.writable) this.sink.end();
    } else if (mode.kind === 'rate') await this.writeSlowly(piece.bytes);
    else if (mode.kind === 'cut') await this.writeUntilCut(piece.bytes);
    else await this.write(piece.bytes);
  }

  private async writeSlowly(bytes: Buffer): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const rate = this.mode.kind === 'rate' ? this.mode.bytesPerSecond : Number.POSITIVE_INFINITY;
      const slice = bytes.subarray(offset, offset + Math.max(1, Math.min(bytes.length, Math.floor((rate * RATE_SLICE_MS) / 1000))));
      await this.write(slice);
      offset += slice.length;
      if (rate !== Number.POSITIVE_INFINITY) await sleep((slice.length * 1000) / rate);
    }
  }

  private async writeUntilCut(bytes: Buffer): Promise<void> {
    const passing = bytes.subarray(0, Math.min(bytes.length, this.untilCut));
    this.untilCut -= passing.length;
    if (passing.length > 0) await this.write(passing);
    if (this.untilCut > 0) return;
    // A receiver that finds bytes and the reset together may take them for bytes and an ordinary end (libuv does).
    if (this.cutHow === 'reset') await sleep(RESET_GAP_MS);
    this.end(this.cutHow);
  }

  /** Resolves when the kernel has taken the bytes, or the sink is gone. */
  private write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (!this.sink.writable) resolve();
      else this.sink.write(bytes, () => resolve());
    });
  }
}

/**
 * `resetAndDestroy` ends the writable side in good order first, so that the peer sees a FIN and no RST.
 * It marks the socket with this property, which `destroy` then obeys.
 */
function resetAtOnce(socket: net.Socket): void {
  Object.assign(socket, { resetAndClosing: true }).destroy();
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
