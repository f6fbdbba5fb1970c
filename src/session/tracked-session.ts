import { ROLE, type SessionState, sameVariable } from '../backend/connection-state.js';
import type { ConnectionId } from '../base/ids.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { ServerStatus } from '../protocol/constants.js';
import { sessionStateOf } from '../protocol/packets/ok.js';
import type { SessionStateEntry } from '../protocol/packets/session-state.js';
import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { Effect } from '../sql/verdict.js';
import { beginsAnywhere, isFirstPacket, mayHaveChangedUnseen, mayHaveLeftUnseen, nothingWasExecuted } from './after-reply.js';
import type { ClientSide } from './client-side.js';
import { type Command, ReplyUse } from './command.js';
import type { SessionContext } from './context.js';
import type { Kept } from './lost-statement.js';
import { NAMED_EFFECTS, NamedPins } from './named-pins.js';
import { OwnDiagnostics } from './own-diagnostics.js';
import { MAY_SET_INSERT_ID, NEEDS_INSERT_ID, OwnInsertId } from './own-insert-id.js';
import { READS_OWN_VALUES } from './own-values.js';
import { makesVariables, PINNING_EFFECTS, Pin, type Pins, pinNames, pinsAfter } from './pins.js';
import type { ClientStatement } from './prepared-statements.js';
import { rolesAmong, setsRoles } from './roles.js';
import { flagsAtLogin } from './session-bases.js';
import { SqlPrepared } from './sql-prepared.js';
import {
  LATE,
  outcomeOfSet,
  outcomeOfUntrackedSet,
  SETS_BY_TEXT,
  type TrackOutcome,
  tiedBy,
  trackEntries,
  trackReadBack,
  withSchemaOf,
} from './state-tracking.js';
import { mayChangeSchema } from './untracked-state.js';
import { pinsWithoutAutocommit } from './without-autocommit.js';

/** Effects of statements whose text is looked at once they have been executed. */
export const NEEDS_TEXT = SETS_BY_TEXT | NAMED_EFFECTS | READS_OWN_VALUES | Effect.changesNewSessions;

const BEGINS_OR_ENDS = Effect.startsTransaction | Effect.startsReadOnlyTransaction | Effect.endsTransaction;
const NEEDS_NO_SCHEMA = BEGINS_OR_ENDS | Effect.changesSchema;

/** In one text. */
const BEGINS_READ_ONLY = Effect.startsReadOnlyTransaction | Effect.multiple;
const SETS_BESIDE = Effect.setsVariables | Effect.multiple;

/**
 * A READ ONLY transaction has ended without COMMIT or ROLLBACK, as SET autocommit = 1 ends it: the next one on that connection is READ ONLY too
 * (seen in MySQL 9.7 and MariaDB 10.11).
 */
function leavesReadOnly(effects: number, { variables }: SessionState): boolean {
  // In one text, either may have come last.
  if ((effects & Effect.endsTransaction) !== 0 && (effects & SETS_BESIDE) !== SETS_BESIDE) return false;
  return !READ_ONLY.test(variables.get('transaction_read_only') ?? variables.get('tx_read_only') ?? '');
}

const READ_ONLY = /^(?:ON|1)$/;

/** What a session has set, as replies tell it: what follows it from connection to connection, and what ties it to one. */
export class TrackedSession {
  /** What every connection of the session is brought to. */
  state: SessionState;
  /** Status flags of the last reply: what a client sees, and whether a transaction is open. */
  statusFlags: number = ServerStatus.autocommit;
  /** They are from before a statement that has failed: it may have ended the transaction. */
  hasOldFlags = false;
  /** When the open transaction was begun, monotonic ms; of no meaning while there is none. */
  transactionSinceMs = 0;
  pins: Pins = Pin.none;
  /** Variables to be read back from the connection that the session keeps; Pin.unread is set meanwhile. */
  readonly unread = new Set<string>();
  /** The variables that Pin.variable is for. */
  private readonly tied = new Set<string>();
  readonly insertId = new OwnInsertId();
  /** A READ ONLY transaction was begun and nothing has been asked in it. */
  private isFreshReadOnly = false;
  /** It has changed definitions of tables and the like since its login or reset: replicas may not know them yet. */
  changedDefinitions = false;
  readonly diagnostics = new OwnDiagnostics(this.insertId);
  /** Another one after each reset: what was left on connections before that is somebody else's. */
  token: object = {};
  /** Its schema could not be chosen when it was last tried. */
  missesSchema = false;
  /** Replicas do not know the roles that it has set. */
  lacksRoles = false;
  private readonly named = new NamedPins();
  readonly sqlPrepared: SqlPrepared;
  /** With a cursor on the connection that the session keeps. */
  private readonly cursors = new Set<ClientStatement>();

  constructor(
    private readonly context: Pick<SessionContext, 'states' | 'initialState' | 'analyzer' | 'defaultSqlMode' | 'identity'>,
    private readonly client: Pick<ClientSide, 'onStateChanged'>,
    private readonly command: Command,
  ) {
    this.state = context.initialState;
    this.sqlPrepared = new SqlPrepared(context);
  }

  /** What the connection of the command under way is brought to. */
  get wanted(): SessionState {
    const { ownSchema } = this.command;
    return ownSchema === null ? this.state : this.context.states.withSchema(this.state, ownSchema);
  }

  /** The schema of the session is gone, and the command is about none. */
  get goesOnWithout(): boolean {
    const { effects } = this.command;
    return this.missesSchema && (effects & NEEDS_NO_SCHEMA) !== 0 && (effects & Effect.multiple) === 0;
  }

  /**
   * The state that `connection` needs. A login's command selects the schema itself; and no server can be told to forget one, for which nothing
   * that is kept may be lost.
   */
  wantedIn({ state }: PooledConnection, isKept: boolean): SessionState {
    const { wanted } = this;
    const keepsSchema = this.command.replyUse === ReplyUse.login || (isKept && (wanted.schema === '' || this.goesOnWithout));
    return keepsSchema ? this.context.states.withSchema(wanted, state.schema) : wanted;
  }

  get inTransaction(): boolean {
    return (this.statusFlags & (ServerStatus.inTransaction | ServerStatus.inReadOnlyTransaction)) !== 0;
  }

  get autocommit(): boolean {
    return (this.statusFlags & ServerStatus.autocommit) !== 0;
  }

  /** The id that has to be set on a connection before the command runs there; null: none. */
  insertIdToSet(connection: PooledConnection): number | bigint | null {
    const { command, insertId } = this;
    const concernsIds = (command.effects & (NEEDS_INSERT_ID | Effect.leavesRowCount)) !== 0;
    return concernsIds && command.replyKind !== ReplyKind.prepare ? insertId.idToSet(connection, command) : null;
  }

  /** The command is an EXECUTE: it does what the statement does that was prepared. */
  resolveExecute(): void {
    if (this.sqlPrepared.resolve(this.command, this.state.schema)) this.changedDefinitions = true;
  }

  /** It has set the character set of its schema by hand, which choosing the schema would take back. */
  get hasOwnSchemaDefaults(): boolean {
    return this.tied.has('character_set_database') || this.tied.has('collation_database');
  }

  /** What CONNECTION_ID() gives: the number of the greeting; null: that of the connection, since the session has set `pseudo_thread_id`. */
  ownNumber(greeted: ConnectionId): ConnectionId | null {
    return this.tied.has('pseudo_thread_id') ? null : greeted;
  }

  /** Its connection keeps profiles or traces of what it executes. */
  get watchesItself(): boolean {
    return this.tied.has('optimizer_trace') || this.tied.has('profiling');
  }

  /** The tracker stands at an OK packet. */
  takeOver(connection: PooledConnection, tracker: ReplyTracker): void {
    const entries = sessionStateOf(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    const { flavour } = connection.login;
    this.take(connection, trackEntries(entries, this.state, this.command, this.context.states, this.pins !== Pin.none, flavour));
    if (this.command.ownSchema !== null) connection.state = withSchemaOf(entries, connection.state, this.context.states);
  }

  /** The client sees its session's schema in the last OK of a statement that was executed in another one; null: nothing to tell. */
  schemaToTell(tracker: ReplyTracker): string | null {
    const { lacksSchema, ownSchema } = this.command;
    return ownSchema !== null && !lacksSchema && tracker.done ? this.state.schema : null;
  }

  /** What the server has answered when it was asked for what is unread. */
  takeReadBack(connection: PooledConnection, entries: readonly SessionStateEntry[]): void {
    const others = this.takeRole(connection, entries);
    const told = connection.state.schema === this.state.schema ? others : others.filter(({ type }) => type !== 'schema');
    const outcome = trackReadBack(told, this.unread, this.state, this.context.states);
    this.forgetUnread();
    this.take(connection, outcome);
  }

  /** The roles that the server has named. @returns what else it has said */
  takeRole(connection: PooledConnection, entries: readonly SessionStateEntry[]): readonly SessionStateEntry[] {
    const { others, roles } = rolesAmong(entries, connection.login.flavour);
    if (!this.unread.delete(ROLE) || this.unread.size === 0) this.pins &= ~Pin.unread;
    if (roles === null) this.pins |= Pin.identity;
    else if (roles !== '') this.change(connection, this.context.states.withVariable(this.state, ROLE, roles));
    return others;
  }

  /** Another session has taken them away. */
  loseRoles(): void {
    this.state = this.context.states.withVariable(this.state, ROLE, 'NONE');
  }

  /** The server refuses to answer: the session stays where it is. */
  giveUpReading(connection: PooledConnection): void {
    this.take(connection, tiedBy(this.state, [...this.unread]));
    this.forgetUnread();
  }

  private take(connection: PooledConnection, outcome: TrackOutcome): void {
    this.pins |= outcome.pins;
    for (const name of outcome.tied) this.tied.add(name);
    if (outcome.unread.length > 0) this.leaveUnread(outcome.unread);
    if (outcome.isStrange) connection.needsReset = true;
    this.change(connection, outcome.state);
  }

  private leaveUnread(names: readonly string[]): void {
    for (const name of names) this.unread.add(name);
    this.pins |= Pin.unread;
  }

  private forgetUnread(): void {
    this.unread.clear();
    this.pins &= ~Pin.unread;
  }

  /** The command's reply is complete. `hasTransaction`: it came from the connection that a transaction of the session is on. */
  follow(connection: PooledConnection, failed: boolean, hasTransaction: boolean): void {
    const { command } = this;
    const { tracker } = connection;
    const { effects } = command;
    // An error has no flags; what was answered before it has.
    const hasFlags = !failed || ((effects & Effect.multiple) !== 0 && !isFirstPacket(tracker));
    const mayHaveBeenReadOnly =
      (this.statusFlags & ServerStatus.inReadOnlyTransaction) !== 0 || (effects & BEGINS_READ_ONLY) === BEGINS_READ_ONLY;
    if (hasFlags && hasTransaction) {
      if (!this.inTransaction || (effects & BEGINS_OR_ENDS) !== 0) this.transactionSinceMs = command.startedMs;
      this.takeFlags(tracker.statusFlags);
    } else if (hasTransaction) this.hasOldFlags = true;
    if (failed && mayHaveLeftUnseen(command, tracker)) connection.unprovenFor = this.token;
    if (mayHaveChangedUnseen(command, tracker, failed)) this.leaveUnread(LATE);
    if (!connection.tracksState) this.followUntracked(connection, failed);
    else if (command.text !== null && (effects & SETS_BY_TEXT) !== 0 && !failed) this.take(connection, outcomeOfSet(command, this.state));
    if (command.replyUse === ReplyUse.login && !failed) connection.state = this.state;
    if (tracker.lastInsertId !== 0 || (effects & MAY_SET_INSERT_ID) !== 0) this.insertId.follow(connection, tracker, command, failed);
    this.isFreshReadOnly = (effects & Effect.startsReadOnlyTransaction) !== 0 && !failed && beginsAnywhere(command);
    if ((effects & PINNING_EFFECTS) !== 0 && !nothingWasExecuted(command, tracker)) {
      const before = this.pins;
      this.pins = pinsAfter(before, effects, failed, this.inTransaction);
      if (makesVariables(effects, connection.login.flavour)) this.pins |= Pin.userVariable;
      if ((effects & Effect.setsIdentity) !== 0 && setsRoles(command, connection)) {
        this.pins &= ~Pin.identity | before;
        this.lacksRoles = false;
        if (!failed || (effects & Effect.multiple) !== 0) this.leaveUnread([ROLE]);
      }
    }
    if (mayHaveBeenReadOnly && !this.inTransaction && leavesReadOnly(effects, this.state)) this.pins |= Pin.nextTransaction;
    // Servers show XA transactions by the flag of transactions, until they have ended or, in MySQL from 8.0.29 on, are prepared.
    if ((this.pins & Pin.xa) !== 0 && !this.inTransaction) this.pins &= ~Pin.xa;
    if ((effects & NAMED_EFFECTS) !== 0 || (this.pins & Pin.temporaryTable) !== 0) {
      // Names in a prepared statement keep meaning what they meant when it was prepared.
      const { schema } = command.statement === null ? this.state : command.statement.state;
      // The rows of a cursor come later.
      const isEmpty = !command.wantsCursor && tracker.resultSets > 0 && tracker.rows === 0;
      this.pins = this.named.after(this.pins, command, schema, failed, isEmpty);
      this.sqlPrepared.follow(command, schema, tracker.errno);
      if (this.sqlPrepared.areGone) this.pins &= ~Pin.sqlPrepare;
    }
    if (command.wantsCursor || command.replyKind === ReplyKind.fetch) this.followCursor(connection);
    const mayLeaveOrEnd = !this.autocommit || (this.pins & Pin.withoutAutocommit) !== 0;
    if (mayLeaveOrEnd && !nothingWasExecuted(command, tracker))
      this.pins = pinsWithoutAutocommit(this.pins, command, failed, this, connection.login.flavour);
  }

  takeFlags(statusFlags: number): void {
    this.statusFlags = statusFlags;
    this.hasOldFlags = false;
  }

  /** A server without trackers. */
  private followUntracked(connection: PooledConnection, failed: boolean): void {
    const { command } = this;
    const { tracker } = connection;
    if (failed && nothingWasExecuted(command, tracker)) return;
    if (command.text !== null && (command.effects & SETS_BY_TEXT) !== 0) this.take(connection, outcomeOfUntrackedSet(command, this.state));
    else if (mayHaveChangedUnseen(command, tracker, failed)) this.take(connection, tiedBy(this.state, ['unknown']));
    if (command.replyUse !== ReplyUse.login && mayChangeSchema(command)) this.leaveUnread(LATE);
  }

  /** The session begins, or begins again, with this. */
  begin(state: SessionState): void {
    this.state = state;
    this.statusFlags = this.firstFlags;
  }

  /** What a server tells of it at its login, or reset. */
  get firstFlags(): number {
    return flagsAtLogin(this.context, this.state);
  }

  /** A variable goes on with the value that it has had from the beginning, unless the session has set its own. */
  keep(name: string, value: string, held: PooledConnection | null): void {
    const { variables } = this.state;
    if (variables.has(name) || variables.has(sameVariable(name))) return;
    const state = this.context.states.withVariable(this.state, name, value);
    // The connection that it keeps is from before too.
    if (held?.state === this.state) held.state = state;
    this.state = state;
    this.client.onStateChanged();
  }

  private change(connection: PooledConnection, state: SessionState): void {
    if (state === this.state) return;
    const isElsewhere = connection.state.schema !== this.state.schema;
    this.state = state;
    connection.state = isElsewhere ? this.context.states.withSchema(state, connection.state.schema) : state;
    this.client.onStateChanged();
  }

  private followCursor(connection: PooledConnection): void {
    const { replyKind, statement, prepared } = this.command;
    if (statement === null || prepared === null) return;
    const { tracker } = connection;
    const flags = replyKind === ReplyKind.fetch ? tracker.fetchFlags : tracker.statusFlags;
    const open = (flags & ServerStatus.cursorExists) !== 0 && (flags & ServerStatus.lastRowSent) === 0 && !tracker.isError;
    this.cursorClosed(statement);
    if (!open) return;
    prepared.hasCursor = true;
    statement.openCursor = prepared;
    statement.cursor = connection;
    this.cursors.add(statement);
    this.pins |= Pin.cursor;
  }

  /** The server has closed it, or was told to. */
  cursorClosed(statement: ClientStatement): void {
    if (statement.openCursor !== null) statement.openCursor.hasCursor = false;
    statement.cursor = statement.openCursor = null;
    this.cursors.delete(statement);
    if (this.cursors.size === 0) this.pins &= ~Pin.cursor;
  }

  /** A statement with this digest may name a temporary table of the session. */
  namesTemporaryTable(entry: DigestEntry): boolean {
    return (this.pins & Pin.temporaryTable) !== 0 && this.named.mayHaveTableOf(entry);
  }

  /** What is only on the connection that the session keeps. */
  get kept(): Kept {
    if ((this.pins & ~Pin.withoutAutocommit) !== Pin.none) return 'state';
    if (!this.inTransaction) return this.pins === Pin.none ? 'nothing' : 'transaction';
    if ((this.statusFlags & ServerStatus.inReadOnlyTransaction) === 0) return 'transaction';
    return this.isFreshReadOnly ? 'freshReadOnly' : 'readOnlyTransaction';
  }

  /** The same by name, for messages. */
  get keptNames(): string {
    const names = pinNames(this.pins, this.tied);
    return (this.inTransaction ? ['the open transaction', ...names] : names).join(', ');
  }

  /** Why it keeps its connection. */
  get keptReasons(): string[] {
    return this.inTransaction ? ['transaction', ...pinNames(this.pins, this.tied)] : pinNames(this.pins, this.tied);
  }

  /** The connection that the session kept is gone, and what was only there. */
  forgetKept(): void {
    this.clearPins();
    this.statusFlags &= ServerStatus.autocommit;
  }

  /** COM_RESET_CONNECTION, COM_CHANGE_USER; `state` is the caller's to set. */
  clear(): void {
    this.clearPins();
    this.token = {};
    this.changedDefinitions = this.lacksRoles = false;
    this.diagnostics.clear();
    this.takeFlags(ServerStatus.autocommit);
    this.insertId.clear();
  }

  /** Its connection keeps it no longer, although a transaction may go on elsewhere. */
  clearPins(): void {
    this.cursors.clear();
    this.pins = Pin.none;
    this.unread.clear();
    this.tied.clear();
    this.named.clear();
    this.sqlPrepared.clear();
  }
}
