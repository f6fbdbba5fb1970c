import type { BackendIdentity } from '../backend/identity.js';
import { ReplyRows, type WholeReply } from '../backend/login/reply-rows.js';
import { type LoggedIn, logIn } from '../backend/login/server-login.js';
import { patientTimeout } from '../base/patient-timeout.js';
import type { Transports } from '../net/transports.js';
import { type LoginSettings, loginTargetOf } from '../pool/connector.js';
import type { ServerPool } from '../pool/server-pool.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { encodeCommands } from '../protocol/wire/writer.js';

/** How long the server has to answer what is asked at once. */
const ANSWER_MS = 2_000;

/** Null: the server did not answer in time, or not as servers do. */
type OnAnswered = (replies: readonly WholeReply[] | null) => void;

/** Opens one to this server, for one user; calls back once, later: null when it could not be opened. */
export type OpenSideConnection = (server: ServerPool, identity: BackendIdentity, onOpen: (side: SideConnection | null) => void) => void;

/**
 * A connection of its own, for what must leave no trace on those of sessions. It is outside max_connections, and for a short time: `end` is
 * the caller's to call.
 */
export class SideConnection {
  private readonly replies: ReplyRows;
  private answers: WholeReply[] = [];
  private left = 0;
  private onAnswered: OnAnswered | null = null;
  private cancelTimeout: () => void = () => {};

  constructor(private readonly login: LoggedIn) {
    this.replies = new ReplyRows(login.capabilities, login.mariadbCapabilities);
    login.transport.sink = {
      onBytes: (buffer, start, end) => this.take(buffer, start, end),
      onDrain: () => {},
      onClose: () => this.finish(null),
    };
  }

  /** Of statements with at most one result set each; `onAnswered` is called once, later. */
  ask(texts: readonly string[], onAnswered: OnAnswered): void {
    const { capabilities, transport } = this.login;
    this.onAnswered = onAnswered;
    this.answers = [];
    this.left = texts.length;
    this.cancelTimeout = patientTimeout(() => this.fail(), ANSWER_MS);
    this.replies.begin(ReplyKind.query);
    const bytes = encodeCommands(texts.map((text) => (writer) => writeComQuery(writer, text, capabilities)));
    transport.write(bytes, 0, bytes.length, null);
  }

  end(): void {
    this.onAnswered = null;
    this.finish(null);
    this.login.transport.end();
  }

  private take(buffer: Buffer, start: number, end: number): void {
    try {
      for (let position = start; position < end && this.left > 0; ) {
        position = this.replies.feed(buffer, position, end);
        if (!this.replies.done) return;
        this.answers.push(this.replies.take());
        this.left -= 1;
        if (this.left > 0) this.replies.begin(ReplyKind.query);
        else this.finish(this.answers);
      }
    } catch {
      this.fail();
    }
  }

  private fail(): void {
    this.login.transport.destroy();
    this.finish(null);
  }

  private finish(replies: readonly WholeReply[] | null): void {
    const { onAnswered } = this;
    this.onAnswered = null;
    this.cancelTimeout();
    onAnswered?.(replies);
  }
}

export function sideConnections(transports: () => Transports, settings: () => LoginSettings): OpenSideConnection {
  return (server, identity, onOpen) => {
    logIn(
      transports(),
      loginTargetOf(server, settings()),
      identity,
      (login) => onOpen(new SideConnection(login)),
      () => onOpen(null),
    );
  };
}
