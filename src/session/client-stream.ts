import type { ConfigSnapshot } from '../config/snapshot.js';
import type { DetachedSocket } from '../net/transport.js';
import { ignoringSink, type Transport, type TransportSink } from '../net/transport.js';
import { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import type { LoginTurns } from './login/login-turns.js';
import { Phase } from './phase.js';

/** Longest packet of a client that has not logged in: names, attributes and an answer; the variable holds for those who have. */
const LOGIN_PACKET_MAX_BYTES = 131_072;
/** Bytes that a pipelining client may have waiting here before it is not read any more. */
const BACKLOG_LIMIT_BYTES = 262_144;
const NO_BYTES = Buffer.alloc(0);

/** Whose packets they are. */
export interface StreamOwner {
  readonly phase: Phase;
  /** One packet lies in the assembler. */
  onPacket(): void;
  /** Bytes of a file, of which the packets are not looked at. */
  onFileBytes(buffer: Uint8Array, start: number, end: number): void;
  /** The stream can not be understood any more. */
  onViolation(violation: ProtocolViolation): void;
  /** The client has said hello over TLS. */
  onTlsHello(): void;
  onDrain(): void;
  onClose(cause: Error | null): void;
  /** The client sends nothing any more, and all that it sent has been answered. */
  onAllAnswered(): void;
}

export interface StreamEnvironment {
  /** Monotonic ms. */
  readonly nowMs: () => number;
  readonly snapshot: ConfigSnapshot;
  readonly loginTurns: LoginTurns;
}

/**
 * What the client sends, in packets, each when the one before has been answered. What comes earlier waits here; beyond a bound the client is
 * not read until it has been served.
 */
export class ClientStream implements TransportSink {
  transport: Transport;
  readonly assembler: PacketAssembler;
  /** The transport's own buffer while it is being read, else an empty one. */
  chunk: Uint8Array = NO_BYTES;
  /** Has asked for TLS: what comes next is its hello. */
  awaitsTls = false;
  /** The client sends nothing any more; monotonic ms since when, 0: it may. */
  endedMs = 0;
  private backlog: Buffer[] = [];
  private backlogBytes = 0;

  constructor(
    private readonly environment: StreamEnvironment,
    private readonly owner: StreamOwner,
    transport: Transport,
  ) {
    this.transport = transport;
    this.assembler = new PacketAssembler(Math.min(LOGIN_PACKET_MAX_BYTES, environment.snapshot.variables.maxAllowedPacketBytes));
    this.expectLogin();
    this.assembler.expectedSequence = 1;
    transport.sink = this;
  }

  /** The next packet is a command. */
  expectCommand(): void {
    this.assembler.continueSequence = false;
    this.assembler.expectedSequence = 0;
  }

  /** The next packets belong to a login: they are numbered on. */
  expectLogin(): void {
    this.assembler.continueSequence = true;
  }

  /** The client has logged in: longer packets are taken. */
  allowCommands(): void {
    this.assembler.maxPayloadBytes = this.environment.snapshot.variables.maxAllowedPacketBytes;
    this.expectCommand();
  }

  // ---------------------------------------------------------------- the transport

  onBytes(buffer: Buffer, start: number, end: number): void {
    const { phase } = this.owner;
    if (phase === Phase.idle && this.backlogBytes === 0) {
      this.chunk = buffer;
      this.take(buffer, start, end);
      this.chunk = NO_BYTES;
      return;
    }
    switch (phase) {
      case Phase.idle:
      case Phase.running:
        this.postpone(Buffer.from(buffer.subarray(start, end)));
        return;
      case Phase.infile:
        if (this.backlogBytes > 0) this.postpone(Buffer.from(buffer.subarray(start, end)));
        else this.owner.onFileBytes(buffer, start, end);
        return;
      case Phase.login:
      case Phase.changingUser:
        this.postpone(Buffer.from(buffer.subarray(start, end)));
        this.environment.loginTurns.next(this.awaitsTls ? this.helloCame : this.takeBacklog);
        return;
      case Phase.closed:
        return;
    }
  }

  onDrain(): void {
    this.owner.onDrain();
    this.serveBacklog();
  }

  onClose(cause: Error | null): void {
    this.owner.onClose(cause);
  }

  /** What it has sent before is answered all the same, as servers do: they read the end when they come to it. */
  onPeerEnd(): boolean {
    const { phase } = this.owner;
    // The file that a server has just asked for may have come ahead of that.
    const hasFile = phase === Phase.infile && this.backlogBytes > 0;
    if (phase !== Phase.running && phase !== Phase.idle && !hasFile) return false;
    this.endedMs = this.environment.nowMs();
    if (this.backlogBytes === 0) setImmediate(this.endIfAnswered);
    return true;
  }

  /** Ends the stream once what is pending was sent; nothing that comes is looked at. */
  end(): void {
    this.transport.sink = ignoringSink;
    this.transport.end();
  }

  /** The bare socket with all that came and was not taken, for TLS to begin on. */
  detach(): DetachedSocket {
    return this.transport.detach(this.takePostponed());
  }

  /** Goes on with the stream as TLS carries it. */
  attach(transport: Transport): void {
    this.transport = transport;
    transport.sink = this;
  }

  // ---------------------------------------------------------------- packets

  private take(buffer: Uint8Array, start: number, end: number): void {
    const { assembler } = this;
    try {
      assembler.feed(buffer, start, end);
      while (this.accepts() && assembler.next()) this.owner.onPacket();
      if (assembler.unreadBytes > 0 && !this.accepts() && !this.isClosed) this.onUnread(assembler.takeUnread());
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.owner.onViolation(error);
    }
  }

  private accepts(): boolean {
    // Commands of a client that does not read its replies wait until it does.
    if (this.awaitsTls || this.transport.pendingBytes > this.environment.snapshot.variables.clientBufferMaxBytes) return false;
    const { phase } = this.owner;
    return phase === Phase.idle || phase === Phase.login || phase === Phase.changingUser;
  }

  private get isClosed(): boolean {
    return this.owner.phase === Phase.closed;
  }

  private onUnread(unread: Buffer): void {
    if (this.awaitsTls) {
      this.postpone(unread);
      this.environment.loginTurns.next(this.helloCame);
    } else if (this.owner.phase === Phase.infile) this.owner.onFileBytes(unread, 0, unread.length);
    else this.postpone(unread);
  }

  private readonly helloCame = (): void => {
    if (!this.awaitsTls || this.isClosed) return;
    this.awaitsTls = false;
    this.owner.onTlsHello();
  };

  /** Keeps bytes until their turn comes. */
  postpone(bytes: Buffer): void {
    this.backlog.push(bytes);
    this.backlogBytes += bytes.length;
    if (this.backlogBytes > BACKLOG_LIMIT_BYTES) this.transport.pause();
  }

  /** Takes a command as if it came only now, in front of what has come since. */
  takeAgain(packets: Buffer): void {
    this.expectCommand();
    this.backlog.unshift(packets);
    this.backlogBytes += packets.length;
    this.serveBacklog();
  }

  /** What a pipelining client sent before the last reply: commands, or the file that the server asks for now; not within this call. */
  serveBacklog(): void {
    if (this.backlogBytes > 0) setImmediate(this.takeBacklog);
    else if (this.endedMs > 0) setImmediate(this.endIfAnswered);
  }

  private readonly takeBacklog = (): void => {
    const isFile = this.owner.phase === Phase.infile;
    if (this.backlogBytes === 0 || !(isFile || this.accepts())) return;
    const bytes = this.takePostponed();
    this.transport.resume();
    if (isFile) this.owner.onFileBytes(bytes, 0, bytes.length);
    else this.take(bytes, 0, bytes.length);
    if (this.endedMs > 0) this.endIfAnswered();
  };

  /** Of a client that has ended its side: it has every answer, or waits to be asked for the rest of a file. */
  private readonly endIfAnswered = (): void => {
    const { phase } = this.owner;
    if (this.backlogBytes === 0 && (phase === Phase.idle || phase === Phase.infile)) this.owner.onAllAnswered();
  };

  private takePostponed(): Buffer {
    const bytes = this.backlog.length === 1 ? (this.backlog[0] as Buffer) : Buffer.concat(this.backlog);
    this.forget();
    return bytes;
  }

  /** Drops what waits. */
  forget(): void {
    this.backlog = [];
    this.backlogBytes = 0;
  }
}
