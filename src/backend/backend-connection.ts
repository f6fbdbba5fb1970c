import type { Transport, TransportSink } from '../net/transport.js';
import { Capability, Command, has } from '../protocol/constants.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { writeBareCommand } from '../protocol/packets/simple-commands.js';
import { ReplyEvent, ReplyKind, ReplyTracker } from '../protocol/reply-tracker.js';
import { encodeCommands, PacketWriter } from '../protocol/wire/writer.js';
import { IGNORE_SPACE_MODE, type NamesSetting, type SessionState } from './connection-state.js';
import type { BackendIdentity } from './identity.js';
import type { LoggedIn } from './login/server-login.js';
import { ServerStatements } from './server-statements.js';

/** Who gets one reply. All byte ranges are valid until the call returns. */
export interface ReplyReceiver {
  /** The reply is for somebody else than who sent the command: he is told when the connection is abandoned. */
  readonly outlivesSession?: boolean;
  /** Bytes for the client as they are; they lie in the slab of `connection.transport`. */
  onForward(connection: BackendConnection, buffer: Uint8Array, start: number, end: number): void;
  /** The tracker stopped at a packet that must be looked at: see `tracker.event` and `tracker.packetBuffer`. */
  onEvent(connection: BackendConnection, tracker: ReplyTracker): void;
  /** The reply is complete; the tracker's fields describe it until the next command is sent. */
  onReplyDone(connection: BackendConnection): void;
  /** The connection is gone before the reply was complete. `begun` says whether a byte of it had come. */
  onLost(connection: BackendConnection, cause: Error | null, begun: boolean): void;
}

/** The cause of a loss where the connection was closed before the command came to it: nothing of that was sent. */
export class NotSent extends Error {}

/** What has to know that a connection is gone, whoever used it. */
export interface ConnectionOwner {
  /** `quiet`: no reply was awaited on it, or only that to a ping. */
  onConnectionClosed(connection: BackendConnection, cause: Error | null, quiet: boolean): void;
}

interface Expected {
  readonly kind: ReplyKind;
  readonly receiver: ReplyReceiver;
  readonly commandSequence: number;
  readonly knownColumns: number;
}

/**
 * One connection to a server after its login. Commands go out with `send`; each that has a reply is announced with `expect`
 * in the same order. Owned by the pool; leased to one session at a time.
 */
export class BackendConnection implements TransportSink {
  readonly tracker: ReplyTracker;
  readonly transport: Transport;
  readonly identity: BackendIdentity;
  /** What the server session holds now, as far as it can be carried. */
  state: SessionState;
  /** Status flags of the last reply that had them. */
  statusFlags: number;
  readonly prepared = new ServerStatements();
  /** Something of a session is left on it that a reset must remove first. */
  needsReset = false;
  /**
   * Nobody else gets it, reset or not: it is not what its identity says any more (COM_SET_OPTION), it has the privileges of before a GRANT, or a
   * KILL QUERY may still come.
   */
  isBeyondReset = false;
  /** The token of the session whose failed statement may have set something there that servers do not report; null: none. Reset before another uses it. */
  unprovenFor: object | null = null;

  /** Called when everything sent has left; set while a file is uploaded. */
  drained: (() => void) | null = null;
  private receiver: ReplyReceiver | null = null;
  private readonly queue: Expected[] = [];
  private closed = false;
  /** Its owner knows that it is gone. */
  private hasLeft = false;
  bytesReceived = 0;
  bytesSent = 0;

  constructor(
    readonly login: LoggedIn,
    identity: BackendIdentity,
    state: SessionState,
    readonly openedMs: number,
    private readonly owner: ConnectionOwner,
  ) {
    this.identity = identity;
    this.state = state;
    this.statusFlags = login.statusFlags;
    this.transport = login.transport;
    this.tracker = new ReplyTracker(login.capabilities, login.mariadbCapabilities);
    this.tracker.hidesStateFlag = true;
    this.tracker.statusFlags = login.statusFlags;
    this.transport.sink = this;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** The server says what statements change. */
  get tracksState(): boolean {
    return this.login.setupSql !== '';
  }

  /** No reply is under way. */
  get quiet(): boolean {
    return this.receiver === null;
  }

  get baseNames(): NamesSetting {
    return { charset: this.login.baseCharset, collation: this.login.baseCollation };
  }

  send(buffer: Uint8Array, start: number, end: number, source: Transport | null): void {
    this.bytesSent += end - start;
    this.transport.write(buffer, start, end, source);
  }

  /**
   * A command was or will be sent in this turn whose last packet has the sequence number `commandSequence`. `knownColumns`: see
   * `ReplyTracker.begin`. On a connection that is closed by now the receiver is told so later.
   */
  expect(kind: ReplyKind, receiver: ReplyReceiver, commandSequence: number, knownColumns = 0): void {
    if (this.closed) {
      setImmediate(() => receiver.onLost(this, new NotSent('the connection was closed before'), false));
      return;
    }
    if (this.receiver !== null) {
      this.queue.push({ kind, receiver, commandSequence, knownColumns });
      return;
    }
    this.receiver = receiver;
    this.tracker.begin(kind, commandSequence, knownColumns);
  }

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start;
    try {
      let position = start;
      while (position < end && !this.closed) position = this.consume(buffer, position, end);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  private consume(buffer: Buffer, start: number, end: number): number {
    const { receiver, tracker } = this;
    if (receiver === null) {
      // Nobody asked: the server says that it is about to close (4031, 1053), or it is confused.
      this.destroy(new Error('the server sent bytes without a command'));
      return end;
    }
    const consumed = tracker.feed(buffer, start, end);
    if (tracker.forwardEnd > start) receiver.onForward(this, buffer, start, tracker.forwardEnd);
    if (tracker.event !== ReplyEvent.none) receiver.onEvent(this, tracker);
    if (tracker.done) this.finishReply(receiver, consumed < end);
    return consumed;
  }

  private finishReply(receiver: ReplyReceiver, moreBytes: boolean): void {
    this.statusFlags = this.tracker.statusFlags;
    const next = this.queue.length === 0 ? null : this.queue.shift();
    if (next === null || next === undefined) {
      this.receiver = null;
      if (moreBytes) this.needsReset = true;
      receiver.onReplyDone(this);
      if (moreBytes && !this.closed) this.destroy(new Error('the server sent bytes without a command'));
      return;
    }
    receiver.onReplyDone(this);
    if (this.closed) {
      next.receiver.onLost(this, null, false);
      return;
    }
    this.receiver = next.receiver;
    this.tracker.begin(next.kind, next.commandSequence, next.knownColumns);
  }

  onDrain(): void {
    this.drained?.();
  }

  onClose(cause: Error | null): void {
    if (this.closed) return;
    this.closed = true;
    const receiver = this.receiver;
    this.receiver = null;
    const begun = receiver !== null && this.tracker.begun;
    const waiting = this.queue.splice(0);
    const quiet = receiver === null || (receiver instanceof PingReceiver && waiting.length === 0);
    if (!this.hasLeft) {
      this.hasLeft = true;
      this.owner.onConnectionClosed(this, cause, quiet);
    }
    receiver?.onLost(this, cause, begun);
    for (const expected of waiting) expected.receiver.onLost(this, cause, false);
  }

  /** Closes at once; the receiver of a reply under way is told that it is lost. */
  destroy(cause?: Error): void {
    if (this.closed) return;
    this.transport.destroy(cause);
    this.onClose(cause ?? null);
  }

  /** Takes the receiver's name off: its session is gone and nobody wants the reply. The connection is closed. */
  abandon(): void {
    const others = [this.receiver, ...this.queue.map(({ receiver }) => receiver)].filter((receiver) => receiver?.outlivesSession === true);
    this.receiver = null;
    this.queue.length = 0;
    this.destroy();
    for (const receiver of new Set(others)) receiver?.onLost(this, null, false);
  }

  /** Says goodbye and closes: for a healthy idle connection. */
  quit(): void {
    if (this.closed) return;
    this.leave();
    this.sayGoodbye();
  }

  /** It is nobody's any more, whatever may still be asked on it. */
  private leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.owner.onConnectionClosed(this, null, true);
  }

  private sayGoodbye(): void {
    if (this.closed) return;
    const writer = new PacketWriter();
    writeBareCommand(writer, Command.quit);
    const bytes = writer.take();
    this.transport.write(bytes, 0, bytes.length, null);
    this.closed = true;
    this.transport.end();
  }

  /**
   * COM_RESET_CONNECTION and the set-up again, in one write. The schema stays (MySQL manual, COM_RESET_CONNECTION), the character
   * set and wait_timeout become the global defaults of now and are set back to those of the login. So are roles, which it leaves as they are
   * (seen in MariaDB 10.11 and MySQL 9.7).
   */
  reset(emptyState: (schema: string) => SessionState, onDone: (clean: boolean) => void): void {
    const { charset, collation } = this.baseNames;
    const { capabilities, setupSql, roleSql, baseWaitTimeoutSec } = this.login;
    const mode = has(capabilities, Capability.ignoreSpace) ? `, ${IGNORE_SPACE_MODE}` : '';
    const base = `SET NAMES ${charset} COLLATE ${collation}, SESSION wait_timeout=${baseWaitTimeoutSec}${mode}`;
    const statements = [...(this.tracksState ? [setupSql] : []), base, ...(roleSql === null ? [] : [roleSql])];
    const bytes = encodeCommands([
      (writer) => writeBareCommand(writer, Command.resetConnection),
      ...statements.map((text) => (writer: PacketWriter) => writeComQuery(writer, text, capabilities)),
    ]);
    const collector = new ResetReceiver(1 + statements.length, onDone);
    this.prepared.clear();
    this.state = emptyState(this.state.schema);
    this.needsReset = false;
    this.unprovenFor = null;
    this.expect(ReplyKind.simple, collector, 0);
    for (const _ of statements) this.expect(ReplyKind.query, collector, 0);
    this.send(bytes, 0, bytes.length, null);
  }

  /**
   * To be called before something is sent on a connection that has rested: closes it when the server has, and the event loop has not come to
   * that yet. What is sent behind the server's end would be of unknown fate. Costs a system call.
   */
  endIfServerDid(): void {
    if (this.receiver === null && this.transport.hasUnread()) this.destroy(new Error('the server closed the connection'));
  }

  /** COM_PING; `onDone(false)` when the answer is an error or the connection is lost; nobody is told of one that weir closes. */
  ping(onDone: (alive: boolean) => void): void {
    const writer = new PacketWriter();
    writeBareCommand(writer, Command.ping);
    const bytes = writer.take();
    this.expect(ReplyKind.simple, new PingReceiver(onDone), 0);
    this.send(bytes, 0, bytes.length, null);
  }
}

/** Receives replies that no client sees. */
abstract class SilentReceiver implements ReplyReceiver {
  onForward(): void {}
  onEvent(): void {}
  abstract onReplyDone(connection: BackendConnection): void;
  abstract onLost(): void;
}

class PingReceiver extends SilentReceiver {
  constructor(private readonly onDone: (alive: boolean) => void) {
    super();
  }
  onReplyDone(connection: BackendConnection): void {
    this.onDone(!connection.tracker.isError);
  }
  onLost(): void {
    this.onDone(false);
  }
}

class ResetReceiver extends SilentReceiver {
  private replies = 0;
  private failed = false;

  constructor(
    private readonly expected: number,
    private readonly onDone: (clean: boolean) => void,
  ) {
    super();
  }
  onReplyDone(connection: BackendConnection): void {
    this.failed = this.failed || connection.tracker.isError;
    this.replies += 1;
    if (this.replies === this.expected) this.onDone(!this.failed);
  }
  onLost(): void {
    if (this.replies < this.expected) {
      this.replies = this.expected;
      this.onDone(false);
    }
  }
}
