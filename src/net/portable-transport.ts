import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type DetachedSocket, ignoringSink, type Transport, type TransportSink } from './transport.js';
import { hasUnread } from './unread.js';
import { limitUnread } from './unread-end.js';

/** The transport over the public stream interface: TLS connections, and everything where the self-test of *direct* fails. */
export class PortableTransport implements Transport {
  sink: TransportSink = ignoringSink;
  closed = false;
  readonly encrypted: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  private cause: Error | null = null;
  private ending = false;
  private cancelLimit: (() => void) | null = null;

  constructor(private readonly socket: Socket | TLSSocket) {
    // Else the stream would end its own side with the peer's.
    socket.allowHalfOpen = true;
    this.encrypted = 'encrypted' in socket && socket.encrypted === true;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    socket.on('data', this.onData);
    socket.on('drain', this.onDrain);
    socket.on('error', this.onError);
    socket.on('end', this.onEnd);
    socket.on('close', this.onSocketClose);
  }

  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  write(buffer: Uint8Array, start: number, end: number, source: Transport | null): void {
    if (this.closed || this.ending || start === end) return;
    const view = buffer.subarray(start, end);
    // The stream may queue the chunk; a slab that is read into again must be copied first.
    this.socket.write(source === null ? view : Buffer.from(view));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  surrenderSlab(): void {}

  hasUnread(): boolean {
    return !this.closed && hasUnread(this.socket);
  }

  end(): void {
    if (this.closed || this.ending) return;
    this.ending = true;
    this.socket.destroySoon();
    if (!this.socket.destroyed) this.cancelLimit = limitUnread(this, () => this.destroy());
  }

  destroy(cause?: Error): void {
    if (this.closed) return;
    this.cause = cause ?? null;
    this.socket.destroy();
    this.onSocketClose();
  }

  detach(unread: Uint8Array): DetachedSocket {
    this.closed = true;
    this.socket.removeListener('data', this.onData);
    this.socket.removeListener('drain', this.onDrain);
    this.socket.removeListener('error', this.onError);
    this.socket.removeListener('end', this.onEnd);
    this.socket.removeListener('close', this.onSocketClose);
    this.socket.allowHalfOpen = false;
    this.socket.pause();
    if (unread.length > 0) this.socket.unshift(Buffer.from(unread));
    return { socket: this.socket };
  }

  private readonly onData = (chunk: Buffer): void => {
    if (!this.closed && !this.ending) this.sink.onBytes(chunk, 0, chunk.length);
  };

  private readonly onDrain = (): void => {
    if (!this.closed && !this.ending) this.sink.onDrain();
  };

  private readonly onError = (error: Error): void => {
    this.cause = this.cause ?? error;
  };

  private readonly onEnd = (): void => {
    if (!this.closed && !this.ending && this.sink.onPeerEnd?.() === true) return;
    this.socket.destroy();
    this.onSocketClose();
  };

  private readonly onSocketClose = (): void => {
    if (this.closed) return;
    this.closed = true;
    this.cancelLimit?.();
    this.sink.onClose(this.cause);
    this.sink = ignoringSink;
  };
}
