import { restoreBetween, type SessionState, sameState } from '../backend/connection-state.js';
import { type ServerError, weirError } from '../base/errors.js';
import type { LeftBehind, PooledConnection } from '../pool/pooled-connection.js';
import { Capability, has } from '../protocol/constants.js';
import { writeComQuery } from '../protocol/packets/com-query.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import { Effect } from '../sql/verdict.js';
import { type Command, ReplyUse } from './command.js';
import type { CommandSender } from './command-sender.js';
import type { SessionContext } from './context.js';
import { prepareBytes } from './execute-bytes.js';
import type { GlobalAssignment } from './global-assignment.js';
import { lacksFoundRows, mayKeepOthers } from './kept-conditions.js';
import type { LossRecovery } from './loss-recovery.js';
import { RUNS_WHAT_IS_HIDDEN } from './own-found-rows.js';
import { stayInSchema, tellOfSwitch } from './own-schema.js';
import { type ClientStatement, closeOnServer, rememberPrepared } from './prepared-statements.js';
import { isTimeout, timeoutError } from './query-timeout.js';
import { charsetOfTypes, nextRepetition, type Repeating } from './repeated-bindings.js';
import { restoreCommands } from './restore-packets.js';
import { type RunnerSteps, UNANSWERED } from './runner-steps.js';
import { SchemaRenewal } from './schema-renewal.js';
import { isSchemaGone } from './server-answers.js';
import type { SessionConnections } from './session-connections.js';
import { PrepareReceiver, RestoreReceiver } from './silent-replies.js';
import { isFlagOfOwnTracking } from './state-flag.js';
import type { StatementForm } from './statement-form.js';
import type { StatementRecords } from './statement-records.js';
import { findPrepared } from './statement-replies.js';
import type { StatementRoom } from './statement-room.js';
import type { TrackedSession } from './tracked-session.js';
import type { TurnedAway } from './turned-away.js';

const BEGINNING = ['START TRANSACTION READ ONLY'];
/** Leaves no conditions. MariaDB keeps them when a statement names no table. */
const CLEARING = ['SELECT 1 FROM (SELECT 1) AS t LIMIT 0'];

const TOO_BIG_SELECT = 1104;

/** They may leave what they find on their connection as it is. */
const MAY_KEEP = RUNS_WHAT_IS_HIDDEN | Effect.multiple;

/** Brings a leased connection to where the command can be executed, and sends it. */
export class ConnectionSetup {
  private readonly renewal: SchemaRenewal;

  constructor(
    private readonly context: SessionContext,
    private readonly command: Command,
    private readonly session: TrackedSession,
    private readonly connections: SessionConnections,
    private readonly sender: CommandSender,
    private readonly recovery: LossRecovery,
    private readonly turnedAway: TurnedAway,
    private readonly records: StatementRecords,
    private readonly room: StatementRoom,
    private readonly globals: GlobalAssignment,
    private readonly steps: RunnerSteps,
  ) {
    this.renewal = new SchemaRenewal(session, context);
  }

  /** Brings the connection closer, or sends the command. Called again after each step that had to wait. */
  advance(connection: PooledConnection): void {
    const { command, session } = this;
    const { states } = this.context;
    if (connection.diagnosticsOf !== session.diagnostics && this.asksFor(connection.diagnosticsOf, connection)) return;
    if (connection.unprovenFor !== null && connection.unprovenFor !== session.token) {
      this.cleanFirst(connection);
      return;
    }
    const { statement } = command;
    if (statement !== null && command.replyKind !== ReplyKind.prepare) findPrepared(connection, command);
    if (command.ownSchema !== null && connection === this.connections.held) stayInSchema(connection, command, session.state, this.context);
    if (statement !== null && command.replyKind === ReplyKind.execute && command.prepared === null) {
      const wanted = states.asPrepared(session.state, command.preparedUnder as SessionState);
      if (sameState(connection.state, wanted)) this.prepareFirst(connection);
      else this.restore(connection, wanted, null, false);
      return;
    }
    if (statement !== null && (command.prefersHome || statement.history !== null) && this.repeats(connection)) return;
    const insertId = session.insertIdToSet(connection);
    const wanted = this.wantedOn(connection);
    const needsNothingElse = !command.switchesSchema && !command.clearsDiagnostics && !command.beginsReadOnly;
    const mayPipeline = command.readOnly && needsNothingElse && command.replyUse === ReplyUse.forward;
    const renews = (command.effects & Effect.readsSchemaDefaults) !== 0 && this.renewal.isDue(connection, mayPipeline);
    if (renews && connection === this.connections.held) this.renewHeld(connection, wanted, insertId);
    else if (renews) this.restore(connection, wanted, insertId, mayPipeline, true);
    else if (connection.state !== wanted || insertId !== null) this.restore(connection, wanted, insertId, mayPipeline);
    else if (command.beginsReadOnly) this.beginReadOnly(connection);
    else if (command.clearsDiagnostics) this.clearDiagnostics(connection);
    else if ((command.effects & MAY_KEEP) === 0 || !this.bringsWhatIsKept(connection)) this.send(connection, null);
  }

  /** What the server has to remember of the statement's earlier executions is repeated there first. */
  private repeats(connection: PooledConnection): boolean {
    const { command, session } = this;
    const { prepared, replyKind, statement } = command;
    if (prepared === null || replyKind !== ReplyKind.execute) return false;
    const repetition = nextRepetition(connection, command, prepared, this.repeating);
    if (repetition === null) return false;
    // On MariaDB it leaves an error.
    if (connection.login.flavour === 'mariadb' && this.asksFor(session.diagnostics, connection)) return true;
    const { bytes, onDone, state } = repetition;
    if (!sameState(connection.state, state)) {
      this.restore(connection, state, null, false);
      return true;
    }
    this.sender.keepBytes();
    const done = (): void => {
      onDone();
      command.clearsDiagnostics ||= connection.login.flavour === 'mariadb';
      if (this.connections.active === connection) this.advance(connection);
    };
    const receiver = new RestoreReceiver(1, done, (cause) => this.recovery.onLostUnsent(connection, cause));
    connection.expect(ReplyKind.execute, receiver, 0, (statement as ClientStatement).columns);
    connection.send(bytes, 0, bytes.length, null);
    return true;
  }

  private get repeating(): Repeating {
    const { identity, states } = this.context;
    return { states, identity, session: this.session.state };
  }

  /** Behind the restore: autocommit, set to 1, would end the transaction, and its isolation level is that of the session. */
  private beginReadOnly(connection: PooledConnection): void {
    this.command.beginsReadOnly = false;
    this.execute(connection, BEGINNING);
  }

  private wantedOn(connection: PooledConnection): SessionState {
    const { statement } = this.command;
    const wanted = this.session.wantedIn(connection, connection === this.connections.held);
    if (statement === null || statement.history === null) return wanted;
    const charset = charsetOfTypes(connection, this.command, this.repeating);
    return charset === null ? wanted : this.context.states.withVariable(wanted, 'character_set_client', charset);
  }

  private renewHeld(connection: PooledConnection, wanted: SessionState, insertId: number | bigint | null): void {
    this.sender.keepBytes();
    const done = (isThere: boolean): void => {
      if (this.connections.active !== connection) return;
      if (isThere && connection.login.flavour === 'mariadb') this.restore(connection, wanted, insertId, false, true);
      else this.advance(connection);
    };
    this.renewal.tryHeld(connection, done, (cause) => this.recovery.onLostUnsent(connection, cause));
  }

  /** What the command may find there and leave is made the session's. true: `advance` is called again behind that. */
  private bringsWhatIsKept(connection: PooledConnection): boolean {
    const { diagnostics } = this.session;
    const clears = mayKeepOthers(this.command, diagnostics, connection);
    if (!clears && !lacksFoundRows(this.command, diagnostics, connection)) return false;
    if (this.asksFor(diagnostics, connection)) return true;
    if (clears) diagnostics.onClearedAt(connection);
    if (lacksFoundRows(this.command, diagnostics, connection)) this.execute(connection, [diagnostics.foundRows.bring(connection)]);
    else this.execute(connection, CLEARING);
    return true;
  }

  /** Behind the restore, which may leave warnings of its own. */
  private clearDiagnostics(connection: PooledConnection): void {
    // What the session itself left there would be cleared as well.
    if (this.asksFor(this.session.diagnostics, connection)) return;
    this.command.clearsDiagnostics = false;
    this.execute(connection, CLEARING);
  }

  /** What the connection alone knows of a session is asked before it is overwritten; true: `advance` is called again behind that. */
  private asksFor(owner: LeftBehind | null, connection: PooledConnection): boolean {
    if (owner !== this.session.diagnostics) connection.diagnosticsOf = null;
    if (owner === null || !owner.leaves(connection)) return false;
    this.sender.keepBytes();
    owner.ask(connection, (cause, lost) => {
      if (lost) this.recovery.onLostUnsent(connection, cause);
      else if (this.connections.active === connection) this.advance(connection);
    });
    return true;
  }

  /** Executes statements of weir's own, then goes on with the command. */
  private execute(connection: PooledConnection, statements: readonly string[]): void {
    this.sender.keepBytes();
    const { capabilities } = connection.login;
    const bytes = encodeCommands(statements.map((text) => (writer) => writeComQuery(writer, text, capabilities)));
    // The session may have a smaller max_join_size than FOUND_ROWS().
    const done = (error: ServerError | null): void => {
      const isFailed = error !== null && error.errno !== TOO_BIG_SELECT;
      if (isFailed) connection.needsReset = true;
      this.onRestored(connection, false, isFailed ? error : null, null);
    };
    const receiver = new RestoreReceiver(statements.length, done, (cause) => this.recovery.onLostUnsent(connection, cause));
    for (const _ of statements) connection.expect(ReplyKind.query, receiver, 0);
    connection.send(bytes, 0, bytes.length, null);
  }

  /**
   * Sends what differs. In front of a read the statement goes out in the same write; should the restore fail, its reply is dropped.
   * Anything else waits for the answer: it must never run in the wrong state.
   */
  private restore(
    connection: PooledConnection,
    wanted: SessionState,
    insertId: number | bigint | null,
    pipelined: boolean,
    renewsSchema = false,
  ): void {
    const ignoreSpace = has(connection.login.capabilities, Capability.ignoreSpace);
    const held = renewsSchema ? this.context.states.withSchema(connection.state, '') : connection.state;
    const restore = restoreBetween(held, wanted, connection.baseNames, ignoreSpace, connection.login.roleSql);
    if (restore === null) {
      this.restart(connection);
      return;
    }
    const reenters = renewsSchema && connection.login.flavour === 'mariadb';
    const commands = restoreCommands(restore, insertId, connection.login.capabilities, reenters);
    const { counters } = this.context.stats;
    // Without its role the session would be told what the login may not do.
    const isPipelined = pipelined && restore.role === null && !this.session.missesSchema;
    if (restore.schema !== null) counters.comBackendInitDb++;
    if (restore.set !== null) counters.comBackendSetNames++;
    if (commands !== null) counters.stateRestores++;
    const staysIn = reenters ? null : connection.state.schema;
    connection.state = wanted;
    if (insertId !== null) this.session.insertId.onSet(connection, this.command);
    if (commands === null) {
      this.advance(connection);
      return;
    }
    this.session.diagnostics.onOwnStatement(connection);
    const receiver = new RestoreReceiver(
      commands.replies.length,
      (error, packet, failures) => {
        const isGone = error !== null && isSchemaGone(error.errno);
        if (restore.schema !== null && (isGone || error === null)) this.session.missesSchema = isGone;
        // A schema that can not be chosen leaves the connection in the one it was in.
        const stays = staysIn !== null && isGone && failures === 1;
        if (stays) connection.state = this.context.states.withSchema(wanted, staysIn);
        else if (error !== null) connection.needsReset = true;
        if (stays && !isPipelined && connection === this.connections.held) this.goOnInSchema(connection, error);
        else this.onRestored(connection, isPipelined, error, packet);
      },
      (cause) => {
        // In front of a pipelined statement, the statement itself is told too.
        if (!isPipelined) this.recovery.onLostUnsent(connection, cause);
      },
    );
    for (const kind of commands.replies) connection.expect(kind, receiver, 0);
    if (isPipelined) {
      this.send(connection, commands.bytes);
    } else {
      this.sender.keepBytes();
      connection.send(commands.bytes, 0, commands.bytes.length, null);
    }
  }

  private onRestored(connection: PooledConnection, pipelined: boolean, error: ServerError | null, packet: Buffer | null): void {
    const { command, connections, turnedAway } = this;
    if (error === null) {
      if (!pipelined && connections.active === connection) this.advance(connection);
      return;
    }
    this.renewal.forget();
    this.context.stats.counters.stateRestoresFailed++;
    if (connections.active !== connection) return;
    if (pipelined) {
      command.replyUse = ReplyUse.swallow;
      command.failure = packet;
      turnedAway.onRestoreFailed(connection, error);
      return;
    }
    if (turnedAway.isGoodbye(connection, error)) {
      this.recovery.onLostUnsent(connection, new Error(error.message));
      return;
    }
    if (turnedAway.asksWriter(connection, error, true)) return;
    this.recovery.onIdleLost(connection, new Error(error.message));
    connections.giveBack(connection, 0);
    connections.active = null;
    this.steps.fail(this.told(error), UNANSWERED);
  }

  /** Nothing that the session keeps is lost. A server that has prepared the statement says itself what it lacks. */
  private goOnInSchema(connection: PooledConnection, error: ServerError): void {
    const { command } = this;
    this.renewal.forget();
    this.context.stats.counters.stateRestoresFailed++;
    if (this.connections.active !== connection) return;
    const isLeftToServer = command.prepared !== null && command.ownSchema !== null;
    if (isLeftToServer) command.ownSchema = null;
    if (isLeftToServer || this.session.goesOnWithout) this.advance(connection);
    else this.failAt(connection, error);
  }

  /** Something of another session may be on it that no server reports. */
  private cleanFirst(connection: PooledConnection): void {
    const { context, recovery, sender } = this;
    connection.unprovenFor = null;
    if (!connection.login.supportsReset) {
      this.restart(connection);
      return;
    }
    sender.keepBytes();
    connection.insertToken = null;
    context.stats.counters.connectionResets++;
    connection.reset(
      (schema) => context.states.withSchema(context.initialState, schema),
      (clean) => {
        if (this.connections.active !== connection) return;
        if (clean) this.advance(connection);
        else if (connection.isClosed) recovery.onLostUnsent(connection, null);
        else this.restart(connection);
      },
    );
  }

  /** The connection can not take the session's state on: another one, without a schema, is needed. */
  private restart(connection: PooledConnection): void {
    this.connections.active = null;
    this.sender.keepBytes();
    connection.needsReset = true;
    this.connections.giveBack(connection, 0);
    this.command.clearsDiagnostics = this.command.asksBeforeAny;
    this.steps.lease();
  }

  private prepareFirst(connection: PooledConnection): void {
    const statement = this.command.statement as NonNullable<Command['statement']>;
    this.sender.keepBytes();
    const bytes = prepareBytes((this.command.form ?? statement.form).text);
    this.context.stats.counters.comBackendStmtPrepare++;
    const receiver = new PrepareReceiver(
      (id, error) => this.onPrepared(connection, id, error),
      (cause) => this.recovery.onLostUnsent(connection, cause),
    );
    connection.expect(ReplyKind.prepare, receiver, bytes.commandSequence);
    connection.send(bytes.buffer, 0, bytes.buffer.length, null);
  }

  private onPrepared(connection: PooledConnection, id: number, error: ServerError | null): void {
    const { command, connections } = this;
    const { counters } = this.context.stats;
    const { maxStmtsPerConnection } = this.context.snapshot.variables;
    if (connections.active !== connection) {
      // Nobody wants it any more.
      if (error === null) closeOnServer(connection, [id], counters);
      return;
    }
    if (error === null) {
      rememberPrepared(connection, command.form as StatementForm, id, maxStmtsPerConnection, counters);
      // What that closes is written, which may show that the connection is lost: the command is elsewhere then.
      if (connections.active === connection) this.advance(connection);
      return;
    }
    if (this.turnedAway.isGoodbye(connection, error)) {
      this.recovery.onLostUnsent(connection, new Error(error.message));
      return;
    }
    if (this.turnedAway.asksWriter(connection, error, false)) return;
    if (this.room.isLacking(error.errno) && this.room.make(connection, () => this.advance(connection))) return;
    this.failAt(connection, error);
  }

  /** It is the error of the execution, and what SHOW WARNINGS is asked for. */
  private failAt(connection: PooledConnection, error: ServerError): void {
    this.records.endedMs = this.context.nowMs();
    this.session.diagnostics.onFailedAt(connection, error);
    this.connections.settle(connection, true, this.context.snapshot.variables.diagnosticsHoldMs);
    this.steps.fail(this.told(error), UNANSWERED, true);
  }

  private told(error: ServerError): ServerError {
    return isTimeout(this.command, error.errno) ? timeoutError(this.context) : error;
  }

  private send(connection: PooledConnection, prefix: Buffer | null): void {
    if ((this.command.effects & Effect.changesNewSessions) !== 0 && this.globals.comesFirst(connection)) {
      this.sender.keepBytes();
      this.globals.begin(connection, () => {
        if (this.connections.active === connection) this.send(connection, prefix);
      });
      return;
    }
    connection.tracker.hidesStateFlag = isFlagOfOwnTracking(this.command, connection);
    if (this.sender.send(connection, prefix)) {
      if (this.command.switchesSchema) tellOfSwitch(connection, this.command);
      return;
    }
    this.connections.settle(connection, true, 0);
    const { id } = this.command.statement as NonNullable<Command['statement']>;
    this.steps.fail(weirError('unknownStatement', { id, command: 'mysqld_stmt_fetch' }), UNANSWERED);
  }
}
