import type { ReplyReceiver } from '../backend/backend-connection.js';
import { restoreBetween, type SessionState, sameState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import { type ServerError, weirError } from '../base/errors.js';
import type { HostgroupId } from '../base/ids.js';
import type { Hostgroup, Member } from '../pool/hostgroup.js';
import { type PooledConnection, RESTED_MS } from '../pool/pooled-connection.js';
import type { Lessee, Rest, Waiter } from '../pool/waiter.js';
import { Capability, has, ServerStatus } from '../protocol/constants.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { readErr } from '../protocol/packets/err.js';
import { sessionStateOf } from '../protocol/packets/ok.js';
import { ReplyEvent, ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import { Effect } from '../sql/verdict.js';
import { beginsAnywhere, isFirstPacket, leavesDiagnostics, nothingWasExecuted } from './after-reply.js';
import type { ClientSide } from './client-side.js';
import { Command, ReplyUse } from './command.js';
import { CommandSender } from './command-sender.js';
import type { SessionContext } from './context.js';
import { prepareBytes } from './execute-bytes.js';
import { lossError } from './loss-error.js';
import { type Kept, type LossOutcome, type LossPhase, outcomeOf } from './lost-statement.js';
import { PINNING_EFFECTS, PINS_THAT_BLOCK, Pin, type Pins, pinNames, pinsAfter } from './pins.js';
import { rememberPrepared } from './prepared-statements.js';
import { writeStatementReply } from './replies.js';
import { restoreCommands } from './restore-packets.js';
import { Answer, answerOf } from './server-answers.js';
import { PrepareReceiver, RestoreReceiver } from './silent-replies.js';
import { namesAfter, trackEntries } from './state-tracking.js';
import { StatementRecords } from './statement-records.js';

/** Servers that one command that never left may be tried on. */
const MAX_UNSENT_ATTEMPTS = 5;
/** ER_QUERY_INTERRUPTED: what KILL QUERY leads to. */
const QUERY_INTERRUPTED = 1317;
/** How long a server may take to obey KILL QUERY, once weir had the time to connect for it. */
const KILL_GRACE_MS = 2_000;
/** An error of these may come after a part of them was executed. */
const MAY_HAVE_BEGUN = Effect.unknownState | Effect.sqlPrepare;

const PHASE_OF_ANSWER: Readonly<Record<Answer, LossPhase>> = {
  [Answer.ordinary]: 'unanswered',
  [Answer.readOnly]: 'refused',
  [Answer.leaving]: 'unanswered',
  [Answer.leavingUnread]: 'unsent',
};

/** What died with the kept connection between two commands, and what the next one is told unless it can do without. */
interface IdleLoss {
  readonly kept: Kept;
  readonly error: ServerError;
}

/**
 * Executes one command at a time on a server connection: lease, state, prepare, send, reply, release. Replies never wait
 * for anything here: bytes go to the client as they come.
 */
export class StatementRunner implements Lessee, ReplyReceiver {
  readonly command = new Command();
  /** State that follows the session from connection to connection. */
  state: SessionState;
  /** Status flags of the last reply: what a client sees, and whether a transaction is open. */
  statusFlags: number = ServerStatus.autocommit;
  pins: Pins = Pin.none;
  /** Last id from an OK packet. */
  lastInsertId: number | bigint = 0;
  readonly records: StatementRecords;
  private readonly sender: CommandSender;
  /** The connection that the session keeps between statements. */
  held: PooledConnection | null = null;
  /** The connection that executes the command now. */
  active: PooledConnection | null = null;
  private waiter: Waiter | null = null;
  /** The connection that was used last: it has the diagnostics of the last statement. */
  private last: PooledConnection | null = null;
  private insertToken: object = {};
  /** The kept connection died between two statements and took state with it: the next statement is told. */
  private lostWhileIdle: IdleLoss | null = null;
  /** A READ ONLY transaction was begun and nothing has been asked in it. */
  private isFreshReadOnly = false;

  constructor(
    private readonly context: SessionContext,
    private readonly client: ClientSide,
    public identity: BackendIdentity,
  ) {
    this.state = context.initialState;
    this.records = new StatementRecords(context, client, this.command, context.stats.digests.scope('', identity.username, ''));
    this.sender = new CommandSender(context.stats, client, this.command, this);
  }

  get inTransaction(): boolean {
    return (this.statusFlags & (ServerStatus.inTransaction | ServerStatus.inReadOnlyTransaction)) !== 0;
  }

  get autocommit(): boolean {
    return (this.statusFlags & ServerStatus.autocommit) !== 0;
  }

  /** The next command will be told that the kept connection is gone. */
  get hasLost(): boolean {
    return this.lostWhileIdle !== null;
  }

  get waiting(): boolean {
    return this.waiter !== null;
  }

  /** Executes `command`, which the caller has filled. `command.group` null: on the connection that the session keeps. */
  start(): void {
    this.lookAtRested();
    const { command, held, lostWhileIdle } = this;
    if (lostWhileIdle !== null && !this.getsOverLoss(lostWhileIdle)) return;
    if ((command.effects & Effect.readsDiagnostics) !== 0 && this.rowCountIsGone()) {
      this.fail(weirError('diagnosticsLost'));
      return;
    }
    if (held !== null && command.group === null) {
      this.run(held);
      return;
    }
    if (this.needsLastConnection()) {
      const last = this.last as PooledConnection;
      if (this.context.pool.leaseAgain(last, null, this, command.startedMs)) this.run(last);
      else this.fail(weirError('diagnosticsLost'));
      return;
    }
    if ((command.effects & Effect.readsLastInsertId) !== 0 && this.leaseInsertConnection()) return;
    this.lease();
  }

  /** What is sent on a connection that the server has closed is of unknown fate: better to know before. */
  private lookAtRested(): void {
    const { held, command, records } = this;
    if (held !== null && command.startedMs - records.endedMs > RESTED_MS) held.endIfServerDid();
  }

  /** A ping is the last statement for ROW_COUNT(); for nothing else. */
  private rowCountIsGone(): boolean {
    const asked = this.held ?? this.last;
    if (asked === null || asked.pingedMs < this.records.endedMs) return false;
    return /row_count/i.test(this.command.entry?.digestText ?? '');
  }

  private needsLastConnection(): boolean {
    return (this.command.effects & Effect.readsDiagnostics) !== 0 && this.last !== null;
  }

  /** LAST_INSERT_ID() is exact where the insert ran; elsewhere it is set first. */
  private leaseInsertConnection(): boolean {
    const { last } = this;
    if (last === null || last.insertToken !== this.insertToken) return false;
    if (!this.context.pool.leaseAgain(last, this.command.group, this, this.command.startedMs)) return false;
    this.run(last);
    return true;
  }

  private lease(): void {
    const { pool } = this.context;
    const { group } = this.command;
    if (group === null) {
      this.fail(weirError('sessionStateLost', { server: 'the server', hostgroup: '', lost: 'the schema of the session' }));
      return;
    }
    if (this.leaseHeldForUs(group)) return;
    const { avoid, startedMs, refusedMs } = this.command;
    const connection = avoid === null ? pool.lease(group, this.identity, this.state, this, startedMs) : null;
    if (connection !== null) {
      this.run(connection);
      return;
    }
    this.sender.keepBytes();
    const { fallback } = this.command;
    const since = refusedMs === 0 ? this.context.nowMs() : refusedMs;
    this.waiter = pool.wait(group, this.identity, this.state, this, avoid, fallback === null ? null : pool.hostgroup(fallback), since);
  }

  /**
   * The connection that waits for this session because of what its last statement left there: taken again where it may serve; else nobody
   * needs to wait for that any more.
   */
  private leaseHeldForUs(group: Hostgroup): boolean {
    const { last } = this;
    if (last === null || last.holdUntilMs === 0 || last.lastLessee !== this) return false;
    if (last.hostgroupId === group.id && this.command.avoid === null && group.waiters.length === 0) {
      if (last.state.schema !== '' && this.state.schema === '') return false;
      if (this.context.pool.leaseAgain(last, group, this, this.command.startedMs)) {
        this.run(last);
        return true;
      }
    }
    last.holdUntilMs = 0;
    return false;
  }

  onLease(connection: PooledConnection, _member: Member): void {
    this.waiter = null;
    this.run(connection);
  }

  onLeaseFailed(error: ServerError): void {
    this.waiter = null;
    this.fail(error);
  }

  private run(connection: PooledConnection): void {
    this.active = connection;
    this.advance(connection);
  }

  /** Brings the connection closer to where the command can be sent, or sends it. Called again after each step that had to wait. */
  private advance(connection: PooledConnection): void {
    const { command } = this;
    const { statement } = command;
    if (statement !== null && command.replyKind === ReplyKind.execute && !connection.prepared.has(statement.key)) {
      const wanted = this.context.states.asPrepared(this.state, statement.state);
      if (sameState(connection.state, wanted)) this.prepareFirst(connection);
      else this.restore(connection, wanted, null, false);
      return;
    }
    if (command.beginsReadOnly) {
      this.beginReadOnly(connection);
      return;
    }
    const insertId = this.insertIdToSet(connection);
    // A login's command selects the schema itself.
    const wanted = command.replyUse === ReplyUse.login ? this.context.states.withSchema(this.state, connection.state.schema) : this.state;
    if (connection.state !== wanted || insertId !== null) this.restore(connection, wanted, insertId, command.readOnly);
    else this.send(connection, null);
  }

  /**
   * A READ ONLY transaction that ran on a reader goes on at the writer, which alone may have the command. Its snapshot there is a
   * newer one.
   */
  moveToWriter(group: Hostgroup): void {
    const { command } = this;
    command.movesTransaction = true;
    command.beginsReadOnly = true;
    command.readOnly = false;
    command.group = group;
    this.dropHeld();
    this.lease();
  }

  private beginReadOnly(connection: PooledConnection): void {
    this.sender.keepBytes();
    this.command.beginsReadOnly = false;
    const writer = new PacketWriter();
    writeComQuery(writer, 'START TRANSACTION READ ONLY', connection.login.capabilities);
    const bytes = writer.take();
    const done = (error: ServerError | null): void => this.onRestored(connection, false, error, null);
    connection.expect(ReplyKind.query, new RestoreReceiver(1, done, (cause) => this.onLostUnsent(connection, cause)), 0);
    connection.send(bytes, 0, bytes.length, null);
  }

  private insertIdToSet(connection: PooledConnection): number | bigint | null {
    const asks = (this.command.effects & Effect.readsLastInsertId) !== 0;
    return asks && connection.insertToken !== this.insertToken ? this.lastInsertId : null;
  }

  /**
   * Sends what differs. In front of a read the statement goes out in the same write; should the restore fail, its reply is dropped.
   * Anything else waits for the answer: it must never run in the wrong state.
   */
  private restore(connection: PooledConnection, wanted: SessionState, insertId: number | bigint | null, pipelined: boolean): void {
    const ignoreSpace = has(connection.login.capabilities, Capability.ignoreSpace);
    const restore = restoreBetween(connection.state, wanted, connection.baseNames, ignoreSpace);
    if (restore === null) {
      this.restart(connection);
      return;
    }
    const commands = restoreCommands(restore, insertId, connection.login.capabilities);
    const { counters } = this.context.stats;
    if (restore.schema !== null) counters.comBackendInitDb++;
    if (restore.set !== null) counters.comBackendSetNames++;
    connection.state = wanted;
    if (insertId !== null) connection.insertToken = this.insertToken;
    if (commands === null) {
      this.advance(connection);
      return;
    }
    const receiver = new RestoreReceiver(
      commands.replies.length,
      (error, packet) => this.onRestored(connection, pipelined, error, packet),
      (cause) => {
        // In front of a pipelined statement, the statement itself is told too.
        if (!pipelined) this.onLostUnsent(connection, cause);
      },
    );
    for (const kind of commands.replies) connection.expect(kind, receiver, 0);
    if (pipelined) {
      this.send(connection, commands.bytes);
    } else {
      this.sender.keepBytes();
      connection.send(commands.bytes, 0, commands.bytes.length, null);
    }
  }

  private onRestored(connection: PooledConnection, pipelined: boolean, error: ServerError | null, packet: Buffer | null): void {
    if (error === null) {
      if (!pipelined && this.active === connection) this.advance(connection);
      return;
    }
    connection.needsReset = true;
    if (this.active !== connection) return;
    if (pipelined) {
      this.command.replyUse = ReplyUse.swallow;
      this.command.failure = packet;
      // The read behind it got no better answer, and goes elsewhere.
      if (this.isGoodbye(connection, error)) this.noteAnswer(Answer.leaving, error.message);
      return;
    }
    if (this.isGoodbye(connection, error)) {
      this.onLostUnsent(connection, new Error(error.message));
      return;
    }
    this.giveBack(connection, 0);
    this.active = null;
    this.fail(error);
  }

  /** The server answered what was sent in front of a command as one that goes or takes no writes: this connection is of no use to the command. */
  private isGoodbye(connection: PooledConnection, error: ServerError): boolean {
    if (answerOf(error.errno, error.message, false) === Answer.ordinary) return false;
    this.context.faults.report(connection.server.key, error.errno, error.message);
    connection.needsReset = true;
    return true;
  }

  /** The connection can not take the session's state on: another one, without a schema, is needed. */
  private restart(connection: PooledConnection): void {
    this.active = null;
    this.sender.keepBytes();
    connection.needsReset = true;
    this.giveBack(connection, 0);
    this.lease();
  }

  private prepareFirst(connection: PooledConnection): void {
    const statement = this.command.statement as NonNullable<Command['statement']>;
    this.sender.keepBytes();
    const bytes = prepareBytes(statement.text);
    this.context.stats.counters.comBackendStmtPrepare++;
    connection.expect(
      ReplyKind.prepare,
      new PrepareReceiver(
        (id, error) => {
          if (this.active !== connection) return;
          if (error !== null && this.isGoodbye(connection, error)) {
            this.onLostUnsent(connection, new Error(error.message));
            return;
          }
          if (error !== null) {
            this.active = null;
            if (connection !== this.held) this.giveBack(connection, 0);
            this.fail(error);
            return;
          }
          rememberPrepared(connection, statement.key, id, this.context.snapshot.variables.maxStmtsPerConnection);
          this.advance(connection);
        },
        (cause) => this.onLostUnsent(connection, cause),
      ),
      bytes.commandSequence,
    );
    connection.send(bytes.buffer, 0, bytes.buffer.length, null);
  }

  private send(connection: PooledConnection, prefix: Buffer | null): void {
    if (this.sender.send(connection, prefix)) return;
    this.active = null;
    this.giveBack(connection, 0);
    const { id } = this.command.statement as NonNullable<Command['statement']>;
    this.fail(weirError('unknownStatement', { id, command: 'mysqld_stmt_fetch' }));
  }

  onForward(connection: PooledConnection, buffer: Uint8Array, start: number, end: number): void {
    if (this.command.replyUse !== ReplyUse.forward) return;
    const { transport } = this.client;
    this.context.stats.counters.clientBytesSent += end - start;
    transport.write(buffer, start, end, connection.transport);
    if (transport.pendingBytes > this.context.snapshot.variables.clientBufferMaxBytes) connection.transport.pause();
  }

  /** The client took what was pending. */
  onClientDrained(): void {
    this.active?.transport.resume();
  }

  onEvent(connection: PooledConnection, tracker: ReplyTracker): void {
    const { packetBuffer, packetStart, packetEnd } = tracker;
    switch (tracker.event) {
      case ReplyEvent.none:
        return;
      case ReplyEvent.ok:
        this.track(connection, tracker);
        this.forward(this.client.visibleOk(packetBuffer, packetStart, packetEnd));
        return;
      case ReplyEvent.prepareOk:
        this.forward(this.client.onPrepared(tracker));
        return;
      case ReplyEvent.localInfile:
        this.client.onLocalInfile(connection);
        return;
      case ReplyEvent.error:
        this.records.serverError(connection, tracker);
        if (this.turnsAway(connection, tracker)) return;
        if (tracker.errno === QUERY_INTERRUPTED && this.command.killedMs > 0)
          this.forwardError(this.timeoutError(), packetBuffer[packetStart + 3] as number);
        else this.forward(Buffer.from(packetBuffer.subarray(packetStart, packetEnd)));
        return;
      case ReplyEvent.held:
        this.forward(Buffer.from(packetBuffer.subarray(packetStart, packetEnd)));
        return;
    }
  }

  private forwardError(error: ServerError, sequence: number): void {
    this.forward(writeStatementReply({ type: 'err', error }, sequence, this.client.capabilities));
  }

  /** Sends bytes that belong to nobody else. */
  private forward(packet: Uint8Array): void {
    if (this.command.replyUse === ReplyUse.forward) {
      this.context.stats.counters.clientBytesSent += packet.length;
      this.client.transport.write(packet, 0, packet.length, null);
    } else if (this.command.replyUse === ReplyUse.login) this.command.failure = Buffer.from(packet);
  }

  private track(connection: PooledConnection, tracker: ReplyTracker): void {
    const entries = sessionStateOf(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    const outcome = trackEntries(entries, this.state, this.command, this.context.states, this.pins !== Pin.none);
    this.pins |= outcome.pins;
    if (outcome.isStrange) connection.needsReset = true;
    if (outcome.state !== this.state) {
      this.state = outcome.state;
      connection.state = outcome.state;
      this.client.onStateChanged();
    }
  }

  onReplyDone(connection: PooledConnection): void {
    const { tracker } = connection;
    const { command } = this;
    if (command.answer !== Answer.ordinary) {
      this.onTurnedAway(connection);
      return;
    }
    this.records.endedMs = this.context.nowMs();
    const failed = tracker.errno !== 0;
    this.records.replied(connection, tracker);
    // A read beside the kept connection says nothing of the transaction there. An error has no flags; what was answered before it has.
    const hasFlags = !failed || ((command.effects & Effect.multiple) !== 0 && !isFirstPacket(tracker));
    if (hasFlags && (this.held === null || this.held === connection)) this.statusFlags = tracker.statusFlags;
    if (command.text !== null) this.followSet(connection, failed);
    if (command.replyUse === ReplyUse.login && !failed) connection.state = this.state;
    if (tracker.lastInsertId !== 0) {
      this.lastInsertId = tracker.lastInsertId;
      this.insertToken = {};
      connection.insertToken = this.insertToken;
    }
    const effects = command.effects;
    this.isFreshReadOnly = (effects & Effect.startsReadOnlyTransaction) !== 0 && !failed && beginsAnywhere(command);
    if ((effects & PINNING_EFFECTS) !== 0 && !nothingWasExecuted(command, tracker))
      this.pins = pinsAfter(this.pins, effects, failed, this.inTransaction);
    if ((effects & Effect.setsLastInsertId) !== 0 && tracker.lastInsertId === 0) this.pins |= Pin.insertId;
    if (command.wantsCursor || command.replyKind === ReplyKind.fetch) this.followCursor(connection);
    const holdMs = leavesDiagnostics(command, tracker, failed) ? this.context.snapshot.variables.diagnosticsHoldMs : 0;
    this.active = null;
    command.bytes = null;
    this.last = connection;
    if (this.mustKeep(failed)) this.keep(connection);
    else if (connection === this.held) this.letGo(holdMs);
    else this.giveBack(connection, holdMs);
    this.finish(failed);
  }

  private finish(failed: boolean): void {
    const { command } = this;
    if (command.replyUse === ReplyUse.swallow && command.failure !== null) {
      this.client.transport.write(command.failure, 0, command.failure.length, null);
    }
    this.client.onCommandDone(failed || command.replyUse === ReplyUse.swallow);
  }

  private followSet(connection: PooledConnection, failed: boolean): void {
    if (failed) {
      // Part of it may have been executed, and servers report that late or never.
      this.pins |= Pin.variable;
      return;
    }
    const outcome = namesAfter(this.command, this.state, this.context.states);
    this.pins |= outcome.pins;
    if (outcome.state === this.state) return;
    this.state = outcome.state;
    connection.state = outcome.state;
    this.client.onStateChanged();
  }

  private followCursor(connection: PooledConnection): void {
    const { statement } = this.command;
    if (statement === null) return;
    const flags = connection.tracker.statusFlags;
    const open = (flags & ServerStatus.cursorExists) !== 0 && (flags & ServerStatus.lastRowSent) === 0 && !connection.tracker.isError;
    statement.cursor = open ? connection : null;
    if (open) this.pins |= Pin.cursor;
    else this.pins &= ~Pin.cursor;
  }

  /** After an error without autocommit a transaction may have begun that the flags do not show yet. */
  private mustKeep(failed: boolean): boolean {
    return this.pins !== 0 || this.inTransaction || this.command.keepsConnection || (failed && !this.autocommit);
  }

  private keep(connection: PooledConnection): void {
    if (this.held !== null && this.held !== connection) {
      // The state that pins is on the newer one only when the session kept none before.
      this.giveBack(connection, 0);
      return;
    }
    this.held = connection;
  }

  private letGo(holdMs: number): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.giveBack(held, holdMs);
  }

  private giveBack(connection: PooledConnection, holdMs: number): void {
    if (connection === this.held) this.held = null;
    connection.transport.resume();
    this.context.pool.release(connection, this, holdMs, this.records.endedMs);
  }

  onLost(connection: PooledConnection, cause: Error | null, begun: boolean): void {
    if (this.active !== connection) return;
    const { command, sender } = this;
    if (sender.sending) {
      // The client's buffer still has the command: this is within the call that tried to send it.
      sender.sending = false;
      sender.keepBytes();
      this.recover(connection, 'unsent', cause);
      return;
    }
    this.context.faults.report(connection.server.key, 0, cause?.message ?? 'connection closed by the server');
    const isPartial = begun && command.replyUse === ReplyUse.forward && connection.tracker.forwardedBytes > 0;
    if (isPartial) this.endPartialReply(connection, cause);
    else this.recover(connection, 'unanswered', cause);
  }

  /** The server has not executed the command, or nobody knows; nothing of a reply is with the client. */
  private recover(connection: PooledConnection, phase: LossPhase, cause: Error | null): void {
    const { command } = this;
    // Now: once it is given back, the next session's command is in that place.
    if (command.bytes === null) command.bytes = connection.copyOfCommand();
    const { outcome, error } = this.settleLoss(connection, phase, cause);
    const isAgain = outcome === 'again' || outcome === 'againReadOnly';
    if (!isAgain || !this.mayRunAgain(phase)) {
      this.fail(isAgain && command.killedMs > 0 ? this.timeoutError() : error);
      return;
    }
    if (outcome === 'againReadOnly') command.movesTransaction = true;
    this.runElsewhere(connection, phase);
  }

  /** Forgets what the connection had, gives it back if it lives, and says what that means for the command. */
  private settleLoss(connection: PooledConnection, phase: LossPhase, cause: Error | null): { outcome: LossOutcome; error: ServerError } {
    const { command, autocommit } = this;
    const wasHeld = connection === this.held;
    const inTransaction = wasHeld && this.inTransaction;
    const kept = wasHeld ? this.kept : 'nothing';
    const lost = wasHeld ? this.lostNames() : '';
    this.active = null;
    if (wasHeld) this.forgetHeld();
    if (!connection.isClosed) this.giveBack(connection, 0);
    const outcome = outcomeOf({ phase, kept, inTransaction, autocommit, command });
    const statement = command.entry?.verdict.command ?? '';
    return { outcome, error: lossError(outcome, { connection, cause, lost, statement }) };
  }

  private mayRunAgain(phase: LossPhase): boolean {
    const { command } = this;
    if (command.killedMs > 0) return false;
    // A refused statement is bounded by the time that it may wait.
    if (phase === 'refused') return true;
    if (phase === 'unsent') return command.losses < MAX_UNSENT_ATTEMPTS;
    const retries = this.context.snapshot.variables.queryRetriesOnFailure;
    if (command.repeats < retries) return true;
    // Behind the readers that it allows, the writer is asked once.
    return retries > 0 && this.goToFallback();
  }

  private runElsewhere(connection: PooledConnection, phase: LossPhase): void {
    const { command, context } = this;
    command.losses += 1;
    if (phase === 'unanswered') {
      command.repeats += 1;
      context.stats.counters.retriedReads++;
    }
    if (command.replyUse === ReplyUse.swallow) command.replyUse = ReplyUse.forward;
    command.failure = null;
    command.answer = Answer.ordinary;
    command.beginsReadOnly = command.movesTransaction;
    if (command.avoid === null) command.avoid = [connection.server];
    else command.avoid.push(connection.server);
    if (command.group === null) this.client.chooseGroup();
    const { avoid, group } = command;
    if (group?.onlineMembers.every((member) => avoid?.includes(member.server))) this.goToFallback();
    this.lease();
  }

  private goToFallback(): boolean {
    const { command, context } = this;
    if (command.fallback === null || command.group === null) return false;
    const writers = context.pool.hostgroup(command.fallback);
    if (writers === command.group || !writers.hasOnline) return false;
    command.group = writers;
    command.fallback = null;
    context.stats.counters.readerFallbacks++;
    return true;
  }

  /** A part of the reply is with the client: between two rows it ends with an error, else it is cut off, as by a server that dies. */
  private endPartialReply(connection: PooledConnection, cause: Error | null): void {
    const { tracker } = connection;
    const sequence = tracker.mayEndWithError ? tracker.expectedSequence : -1;
    const { error } = this.settleLoss(connection, 'unanswered', cause);
    if (sequence >= 0 || this.client.receivesFile) this.fail(error, sequence);
    else this.client.transport.destroy();
  }

  /**
   * The server answered that it is not the one to execute anything now. Nothing of the reply is with the client yet.
   * @returns false when the answer is the client's all the same
   */
  private turnsAway(connection: PooledConnection, tracker: ReplyTracker): boolean {
    const { message } = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    const answer = answerOf(tracker.errno, message, tracker.isUnasked);
    if (answer === Answer.ordinary) return false;
    const { command, context } = this;
    const isFirst = isFirstPacket(tracker);
    if (answer === Answer.readOnly) {
      // Of a CALL, an earlier statement may have been executed; and not every hostgroup has a writer to wait for.
      if (!isFirst || (command.effects & MAY_HAVE_BEGUN) !== 0 || !context.router.awaitsWriter(connection.hostgroupId)) return false;
    }
    context.faults.report(connection.server.key, tracker.errno, message);
    connection.needsReset = connection.needsReset || answer !== Answer.readOnly || (command.effects & PINNING_EFFECTS) !== 0;
    if (!isFirst || command.replyUse === ReplyUse.swallow) return false;
    this.noteAnswer(answer, message);
    return true;
  }

  /** What is to be done follows at the end of the reply. */
  private noteAnswer(answer: Answer, text: string): void {
    this.command.answer = answer;
    this.command.answerText = text;
  }

  private onTurnedAway(connection: PooledConnection): void {
    const { command, context } = this;
    const { answer } = command;
    command.answer = Answer.ordinary;
    if (connection === this.held) connection.needsReset = true;
    if (answer === Answer.readOnly) {
      if (command.refusedMs === 0) command.refusedMs = context.nowMs();
      context.pool.setAside(
        context.pool.hostgroup(connection.hostgroupId as HostgroupId),
        connection.server,
        'it refused a write as read-only',
      );
    }
    const cause = new Error(command.answerText);
    this.recover(connection, PHASE_OF_ANSWER[answer], cause);
  }

  /** A connection of the command failed before the command was sent on it. */
  private onLostUnsent(connection: PooledConnection, cause: Error | null): void {
    if (this.active === connection) this.recover(connection, 'unsent', cause);
  }

  private get kept(): Kept {
    if (this.pins !== Pin.none) return 'state';
    if (!this.inTransaction) return 'nothing';
    if ((this.statusFlags & ServerStatus.inReadOnlyTransaction) === 0) return 'transaction';
    return this.isFreshReadOnly ? 'freshReadOnly' : 'readOnlyTransaction';
  }

  private lostNames(): string {
    const names = pinNames(this.pins);
    return (this.inTransaction ? ['the open transaction', ...names] : names).join(', ');
  }

  onIdleLost(connection: PooledConnection, cause: Error | null): void {
    if (connection !== this.held) return;
    const { kept, statusFlags } = this;
    const lost = this.lostNames();
    this.forgetHeld();
    if (kept === 'nothing') return;
    const outcome = kept === 'state' ? 'stateLost' : 'transactionLost';
    this.lostWhileIdle = { kept, error: lossError(outcome, { connection, cause, lost, statement: '' }) };
    // For its client it goes on: it begins again with the next statement.
    if (kept === 'freshReadOnly') this.statusFlags = statusFlags;
  }

  /** An open transaction and locks end by the server's wait_timeout, as without weir: others may wait for them. */
  restOn(connection: PooledConnection): Rest | null {
    if (connection !== this.held || this.active !== null || this.inTransaction || (this.pins & PINS_THAT_BLOCK) !== 0) return null;
    return { sinceMs: this.records.endedMs, isSparing: (this.command.effects & Effect.leavesRowCount) !== 0 };
  }

  /** The kept connection died since the last command: true when this one may run all the same, else it has been told. */
  private getsOverLoss({ kept, error }: IdleLoss): boolean {
    const { command } = this;
    this.lostWhileIdle = null;
    const outcome = outcomeOf({ phase: 'unsent', kept, inTransaction: true, autocommit: this.autocommit, command });
    switch (outcome) {
      case 'again':
        this.statusFlags &= ServerStatus.autocommit;
        return true;
      case 'againReadOnly':
        command.movesTransaction = true;
        command.beginsReadOnly = true;
        return true;
      default:
        this.fail(error);
        return false;
    }
  }

  /** Called once a second. A server that does not react to KILL QUERY is not waited for any longer. */
  sweep(now: number): void {
    const { active, command, context } = this;
    const { queryTimeoutMs, connectTimeoutServerMs } = context.snapshot.variables;
    if (active === null || queryTimeoutMs === 0) return;
    if (command.killedMs === 0) {
      if (now - command.startedMs <= queryTimeoutMs) return;
      command.killedMs = now;
      context.stats.counters.killedQueries++;
      context.killOnServer(active, () => this.active === active && command.killedMs === now);
    } else if (now - command.killedMs > connectTimeoutServerMs + KILL_GRACE_MS) {
      active.destroy(new Error(`no end within mysql-default_query_timeout (${queryTimeoutMs} ms), nor after KILL QUERY`));
    }
  }

  private timeoutError(): ServerError {
    const { queryTimeoutMs } = this.context.snapshot.variables;
    return weirError('queryInterrupted', {}, { detail: `it took longer than mysql-default_query_timeout (${queryTimeoutMs} ms)` });
  }

  /** Gives the kept connection back although the session goes on, cleaned. */
  dropHeld(): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.cleanAndRelease(held);
  }

  /** The connection that the session kept is gone, and what was only there. */
  private forgetHeld(): void {
    this.held = null;
    this.pins = Pin.none;
    this.statusFlags = (this.statusFlags & ServerStatus.autocommit) | 0;
  }

  /** `sequence`: of the ERR packet, where a part of the reply has been sent; else -1. */
  private fail(error: ServerError, sequence = -1): void {
    const { command, records } = this;
    const hostgroup = command.group?.id ?? -1;
    records.ownError(hostgroup, error.errno, error.message);
    if (command.replyKind === ReplyKind.query || command.replyKind === ReplyKind.execute) records.answeredHere(command.entry, hostgroup);
    this.client.failCommand(error, sequence);
  }

  /** COM_RESET_CONNECTION, COM_CHANGE_USER, or the end: nothing of the session may stay on a connection that others get. */
  clear(): void {
    if (this.waiter !== null) this.context.pool.cancel(this.waiter);
    this.waiter = null;
    this.abandonActive(this.context.snapshot.variables.killWhenClientIsGone);
    const { held } = this;
    this.held = null;
    this.last = null;
    this.pins = Pin.none;
    this.statusFlags = ServerStatus.autocommit;
    this.lastInsertId = 0;
    this.insertToken = {};
    this.lostWhileIdle = null;
    if (held !== null && !held.isClosed) this.cleanAndRelease(held);
  }

  /** Nobody wants the reply under way any more. `kill`: the server is not to go on with it either. */
  abandonActive(kill: boolean): void {
    const { active } = this;
    this.active = null;
    if (active === null) return;
    if (kill) this.context.killOnServer(active, () => true);
    active.abandon();
  }

  private cleanAndRelease(connection: PooledConnection): void {
    if (!connection.login.supportsReset || !connection.quiet) {
      connection.abandon();
      return;
    }
    const { states, pool } = this.context;
    connection.insertToken = null;
    connection.reset(
      (schema) => states.withSchema(this.context.initialState, schema),
      (clean) => {
        if (connection.isClosed) return;
        if (clean) pool.release(connection, this, 0, this.context.nowMs());
        else connection.abandon();
      },
    );
  }
}
