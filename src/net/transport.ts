/**
 * One byte stream to a client or a server. Two implementations pass the same tests: *direct* (reads into one shared
 * slab, hands writes to the stream handle) and *portable* (plain `net.Socket`, always used for TLS).
 *
 * Ownership of bytes:
 * - what `onBytes` receives is valid only until it returns; keep nothing of it without a copy;
 * - what `write` receives is the caller's again when `write` returns, except that a `source` transport given with it
 *   has then lost its slab and reads into a fresh one (the kernel still owns the bytes).
 */
export interface Transport {
  /** Who is told of bytes and of the end. Changes hands when a connection is leased. */
  sink: TransportSink;
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly pendingBytes: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly encrypted: boolean;
  readonly closed: boolean;
  /**
   * Sends `buffer[start, end)`. `source` names the transport whose slab `buffer` is; null means that the buffer is given
   * away: the caller never writes to it again.
   */
  write(buffer: Uint8Array, start: number, end: number, source: Transport | null): void;
  /** Stops reading; bytes stay in the kernel and the peer feels it. Idempotent. */
  pause(): void;
  resume(): void;
  /** The kernel owns bytes of `slab`: if this transport still reads into it, it reads into another one from now on. */
  surrenderSlab(slab: Uint8Array): void;
  /**
   * For a stream that nothing is expected from: whether the peer has sent something, or ended it, that the event loop has not come to yet.
   * A system call. Whoever hears true destroys the transport: a byte may be gone.
   */
  hasUnread(): boolean;
  /** Sends what is pending, then closes; also when the peer has taken nothing of it for 60 s. Nothing is read any more. */
  end(): void;
  /** Closes at once. `onClose` is still called, once. */
  destroy(cause?: Error): void;
  /** Gives the socket back for a TLS upgrade; `unread` are bytes that were read already and belong to TLS. */
  detach(unread: Uint8Array): DetachedSocket;
}

export interface TransportSink {
  onBytes(buffer: Buffer, start: number, end: number): void;
  /** `pendingBytes` went back to 0. */
  onDrain(): void;
  /**
   * The peer sends nothing any more, and may still read. True: the owner has something to say to it, and closes the transport then. Else,
   * and without this method, it is closed at once.
   */
  onPeerEnd?(): boolean;
  /** The stream is closed in both directions, by whomever; `cause` is null for an orderly end of the peer. */
  onClose(cause: Error | null): void;
}

/** A plain socket on its way from one transport to the next. Only rooms that import `net` see it, and only to hand it on. */
export interface DetachedSocket {
  readonly socket: import('node:net').Socket;
}

/** Receives and ignores: the sink of a transport whose owner is gone. */
export const ignoringSink: TransportSink = {
  onBytes() {},
  onDrain() {},
  onClose() {},
};

/** Bytes read at once. 64 KiB: what a loopback or LAN socket delivers in one go; larger gained nothing measurable. */
export const SLAB_BYTES = 65_536;
