import type { BackendConnection, ReplyReceiver } from '../backend/backend-connection.js';
import type { ServerError } from '../base/errors.js';
import { readErr } from '../protocol/packets/err.js';
import { sessionStateOf } from '../protocol/packets/ok.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { ReplyEvent, type ReplyTracker } from '../protocol/reply-tracker.js';

/** The replies of what was sent in front of a statement. Calls one of the two back, once. */
export class RestoreReceiver implements ReplyReceiver {
  private error: ServerError | null = null;
  private packet: Buffer | null = null;
  private failures = 0;
  private lost = false;

  constructor(
    private left: number,
    /** `error`: the first of `failures`. */
    private readonly onDone: (error: ServerError | null, packet: Buffer | null, failures: number) => void,
    private readonly whenLost: (cause: Error | null) => void,
  ) {}
  onForward(): void {}
  onEvent(_connection: BackendConnection, tracker: ReplyTracker): void {
    if (tracker.event !== ReplyEvent.error) return;
    this.failures += 1;
    if (this.error !== null) return;
    this.error = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    this.packet = Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd));
  }
  onReplyDone(): void {
    this.left -= 1;
    if (this.left === 0) this.onDone(this.error, this.packet, this.failures);
  }
  onLost(_connection: BackendConnection, cause: Error | null): void {
    if (this.lost) return;
    this.lost = true;
    this.whenLost(cause);
  }
}

/** The reply of `readBackStatement`. Calls `onDone` or `whenLost` back, once; `onReport` in front of the former where there is something. */
export class ReadBackReceiver implements ReplyReceiver {
  private error: ServerError | null = null;

  constructor(
    private readonly onReport: (entries: readonly SessionStateEntry[]) => void,
    private readonly onDone: (error: ServerError | null) => void,
    private readonly whenLost: (cause: Error | null) => void,
  ) {}
  onForward(): void {}
  onEvent(_connection: BackendConnection, tracker: ReplyTracker): void {
    if (tracker.event === ReplyEvent.ok) this.onReport(sessionStateOf(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd));
    if (tracker.event === ReplyEvent.error) this.error = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
  }
  onReplyDone(): void {
    this.onDone(this.error);
  }
  onLost(_connection: BackendConnection, cause: Error | null): void {
    this.whenLost(cause);
  }
}

/** The reply of a COM_STMT_PREPARE that weir sends for an execution. */
export class PrepareReceiver implements ReplyReceiver {
  private error: ServerError | null = null;
  constructor(
    private readonly onDone: (id: number, error: ServerError | null) => void,
    private readonly whenLost: (cause: Error | null) => void,
  ) {}
  onForward(): void {}
  onEvent(_connection: BackendConnection, tracker: ReplyTracker): void {
    if (tracker.event === ReplyEvent.error) this.error = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
  }
  onReplyDone(connection: BackendConnection): void {
    this.onDone(connection.tracker.statementId, this.error);
  }
  onLost(_connection: BackendConnection, cause: Error | null): void {
    this.whenLost(cause);
  }
}
