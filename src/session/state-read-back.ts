import { ROLE } from '../backend/connection-state.js';
import type { ServerError } from '../base/errors.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import { Effect } from '../sql/verdict.js';
import type { GlobalCounters } from '../stats/global-counters.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';
import type { CommandSender } from './command-sender.js';
import type { LossRecovery } from './loss-recovery.js';
import { Pin } from './pins.js';
import type { SessionConnections } from './session-connections.js';
import { ReadBackReceiver } from './silent-replies.js';
import { readBackStatement } from './state-tracking.js';
import type { TrackedSession } from './tracked-session.js';
import { namesToRead, ValuesReceiver, valuesStatement } from './untracked-state.js';

/**
 * Asks a server for what its replies left out: what is carried must be known before the session's next statement may run elsewhere. It is
 * done as soon as the client has its reply, so that an idle session keeps no connection for it; where it keeps one anyway (after a CALL), or
 * the connection alone knows ROW_COUNT(), in front of the next statement that does not ask how the last one went. A session that watches its own
 * statements keeps its connection for good: what is asked there would be among them.
 */
export class StateReadBack {
  /** The connection that is asked while the client may be idle. */
  private reading: PooledConnection | null = null;
  /** Since when it has been seen to be asked, ms of AwakeClock; 0: not yet. */
  private readingSinceMs = 0;
  /** The kept connection is asked for its flags alone, for a command that weir answers. */
  isPinging = false;

  constructor(
    private readonly counters: GlobalCounters,
    private readonly client: ClientSide,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly connections: SessionConnections,
    private readonly sender: CommandSender,
    private readonly recovery: LossRecovery,
    /** Goes on with the command on its connection. */
    private readonly goOn: (connection: PooledConnection) => void,
  ) {}

  /** The client has the reply to its command, and the next one waits for the server's answer. */
  get isUnderWay(): boolean {
    return this.reading !== null;
  }

  /** Behind the command's reply; `then` is called once the connection is kept or given back as its session needs it. */
  follow(connection: PooledConnection, failed: boolean, then: () => void): void {
    const { connections, session } = this;
    const isKeptAnyway = (session.pins & Pin.unknownState) !== 0 || session.watchesItself;
    if (connection !== connections.held || isKeptAnyway || !session.diagnostics.knowsRowCount) {
      then();
      return;
    }
    this.reading = connection;
    this.readingSinceMs = 0;
    const onDone = (): void => {
      this.reading = null;
      connections.settle(connection, failed, 0);
      then();
    };
    this.afterDiagnostics(connection, then, () => this.read(connection, onDone, (cause) => this.onLost(connection, cause, then)));
  }

  /** What the client may still ask for of its statement would be lost. */
  private afterDiagnostics(connection: PooledConnection, then: () => void, next: () => void): void {
    const { diagnostics } = this.session;
    if (!diagnostics.leaves(connection)) {
      next();
      return;
    }
    diagnostics.ask(connection, (cause, isLost) => {
      // The session may have ended meanwhile.
      if (this.reading !== connection) return;
      if (isLost) this.onLost(connection, cause, then);
      else next();
    });
  }

  private onLost(connection: PooledConnection, cause: Error | null, then: () => void): void {
    if (this.reading !== connection) return;
    this.reading = null;
    this.recovery.onIdleLost(connection, cause);
    then();
  }

  /** A server that does not answer is not waited for for longer than a statement may take; ms of AwakeClock. */
  endOverdue(awakeMs: number, limitMs: number): void {
    if (this.reading === null || limitMs === 0) return;
    if (this.readingSinceMs === 0) this.readingSinceMs = awakeMs;
    else if (awakeMs - this.readingSinceMs > limitMs) this.reading.destroy(new Error('the server does not say what a statement has set'));
  }

  /** What failed may have ended the transaction, and an error has no flags: the kept connection is asked. */
  refreshFlags(then: () => void): void {
    const { connections, recovery, session } = this;
    const { held } = connections;
    if (!session.hasOldFlags || held === null) {
      then();
      return;
    }
    connections.active = held;
    this.isPinging = true;
    held.ping((isAlive) => {
      this.isPinging = false;
      if (connections.active !== held) return;
      connections.active = null;
      if (isAlive) session.takeFlags(held.tracker.statusFlags);
      else {
        recovery.onIdleLost(held, null);
        held.destroy();
      }
      then();
    });
  }

  /** The session ends. */
  forget(): void {
    this.reading = null;
  }

  /** Whether the command has to wait for it. Diagnostics would be lost; they are asked for first. */
  comesFirst(connection: PooledConnection): boolean {
    const { command, connections, session } = this;
    const isUnread = (session.pins & Pin.unread) !== 0 && !session.watchesItself;
    return isUnread && connection === connections.held && (command.effects & Effect.readsDiagnostics) === 0;
  }

  /** In front of the command. */
  begin(connection: PooledConnection): void {
    const before = this.client.lexMode;
    this.sender.keepBytes();
    this.read(
      connection,
      () => this.onReadFirst(connection, before),
      (cause) => this.recovery.onLostUnsent(connection, cause),
    );
  }

  private read(connection: PooledConnection, onDone: () => void, whenLost: (cause: Error | null) => void): void {
    const { session } = this;
    this.counters.stateReadBacks++;
    const { capabilities } = connection.login;
    // No server reports a role.
    const isRole = connection.tracksState && session.unread.has(ROLE);
    const onValues = (entries: readonly SessionStateEntry[]): void => {
      if (isRole) session.takeRole(connection, entries);
      else session.takeReadBack(connection, entries);
    };
    const onAnswered = (error: ServerError | null): void => {
      if (error !== null) session.giveUpReading(connection);
      if (session.unread.size > 0) this.read(connection, onDone, whenLost);
      else onDone();
    };
    const isTold = connection.tracksState && !isRole;
    const names = isTold ? [] : isRole ? [ROLE] : namesToRead(session.unread, connection.login);
    const receiver = isTold
      ? new ReadBackReceiver(onValues, onAnswered, whenLost)
      : new ValuesReceiver(names, capabilities, onValues, onAnswered, whenLost);
    const text = isTold ? readBackStatement(session.unread) : valuesStatement(names);
    const bytes = encodeCommands([(writer) => writeComQuery(writer, text, capabilities)]);
    connection.expect(ReplyKind.query, receiver, 0);
    connection.send(bytes, 0, bytes.length, null);
  }

  private onReadFirst(connection: PooledConnection, before: number): void {
    const { client, command, connections } = this;
    if (connections.active !== connection) return;
    // A statement that is prepared keeps what the session was like.
    const isStale = command.replyKind === ReplyKind.prepare || (command.replyKind === ReplyKind.query && client.lexMode !== before);
    if (!isStale) {
      this.goOn(connection);
      return;
    }
    connections.active = null;
    client.readAgain(command.bytes as Buffer);
  }
}
