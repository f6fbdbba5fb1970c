import { areParsedAlike, type SessionState } from '../backend/connection-state.js';
import { type ServerError, weirError } from '../base/errors.js';
import type { ConnectionId } from '../base/ids.js';
import { Command as Com } from '../protocol/constants.js';
import { statementIdOf } from '../protocol/packets/com-stmt-execute.js';
import { STATEMENT_ID_OFFSET } from '../protocol/packets/stmt-prepare-ok.js';
import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import { Effect, type Hint, type LexModes } from '../sql/verdict.js';
import type { ClientOutput } from './client-output.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import { asksForCursor, prepareBytes } from './execute-bytes.js';
import { executedKill, executedText } from './executed-text.js';
import type { KillStatements } from './kill-statements.js';
import { LONG_DATA_MIN_BYTES, SessionLongData } from './long-data.js';
import { schemaToStandIn } from './own-schema.js';
import { ownTextToPrepare } from './own-values.js';
import { ParameterHistory } from './parameter-history.js';
import { hasNull, takeBulkTypes, takeTypes, typesOfFixed, typesOfValues } from './parameter-types.js';
import { Phase } from './phase.js';
import { makesVariables } from './pins.js';
import { type ClientStatement, ClientStatements, forgetPrepared } from './prepared-statements.js';
import type { StatementForm } from './statement-form.js';
import type { StatementRunner } from './statement-runner.js';
import { NEEDS_TEXT } from './tracked-session.js';

/** Shortest COM_STMT_EXECUTE: command, number and flags; what follows is there from some parameter count on. */
const EXECUTE_MIN_BYTES = 7;
/** MariaDB 10.11 answers a repeated SHOW CREATE of a view with what the view was at PREPARE, and dies of it where that is a table by now. */
const STALE_WHEN_REPEATED = /^show create (?:view|table)/i;

/** Whose statements they are. */
export interface PreparedOwner {
  readonly id: ConnectionId;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput;
  readonly lexMode: LexModes;
  /** There is one when commands come. */
  readonly runner: StatementRunner | null;
  readonly statusFlags: number;
  readonly kills: KillStatements;
  phase: Phase;
  analyse(text: Uint8Array, start: number, end: number): DigestEntry;
  /** The hint of the statement that was analysed last. */
  readonly lastHint: Hint | null;
  /** Sends the command begun to where its statement goes. */
  execute(entry: DigestEntry, hint: Hint | null, text: () => string): void;
  /** Sends the command begun to the connection that the session keeps. */
  executeHeld(): void;
  /** The statement changes what the session is like: its text is looked at once it has been executed. */
  noteText(entry: DigestEntry, text: Buffer): void;
  onCommandDone(failed: boolean): void;
}

/** The commands of the prepared statement protocol, with weir's own statement numbers. Each takes the packet that lies in the assembler. */
export class PreparedCommands {
  private readonly statements = new ClientStatements();
  private readonly longDataKept = new SessionLongData();
  private preparing: ClientStatement | null = null;
  /** The server has given it a number. */
  private isPrepared = false;

  constructor(
    private readonly context: SessionContext,
    private readonly owner: PreparedOwner,
  ) {}

  get count(): number {
    return this.statements.size;
  }

  all(): Iterable<ClientStatement> {
    return this.statements.all();
  }

  clear(): void {
    this.statements.clear();
    this.longDataKept.clear();
  }

  prepare(now: number): void {
    const { context, owner } = this;
    const { assembler } = owner;
    const runner = owner.runner as StatementRunner;
    const text = Buffer.from(assembler.payloadBuffer.subarray(assembler.payloadStart + 1, assembler.payloadEnd));
    const entry = owner.analyse(text, 0, text.length);
    context.stats.counters.comFrontendStmtPrepare++;
    this.statements.last = null;
    if (this.statements.size >= context.maxPreparedStatements) {
      this.refuse(weirError('tooManyStatements', { limit: context.maxPreparedStatements }));
      return;
    }
    const { state } = runner.session;
    const serverText = ownTextToPrepare(text, entry.verdict.effects, owner.lexMode, runner.session.ownNumber(owner.id));
    const form = this.formOf(entry, state, serverText);
    const statement = newStatement(this.statements.nextId(), serverText === text ? form.text : text, form, entry, owner.lastHint, state);
    this.preparing = statement;
    this.isPrepared = false;
    runner.command.begin(ReplyKind.prepare, now, assembler.sequence);
    runner.command.statement = statement;
    if (serverText !== text) runner.command.bytes = prepareBytes(serverText).buffer;
    owner.execute(entry, statement.hint, () => text.toString('utf8'));
    // All else that the statement does to a session it does when it is executed.
    runner.command.effects = makesVariables(entry.verdict.effects, context.identity.flavour) ? Effect.setsUserVariable : Effect.none;
  }

  private formOf({ digestText }: DigestEntry, state: SessionState, text: Buffer): StatementForm {
    const form = this.context.forms.get(state, text);
    return STALE_WHEN_REPEATED.test(digestText) ? form.alone() : form;
  }

  /** The head of the reply; the packet that the client gets. */
  onPrepared(tracker: ReplyTracker): Uint8Array {
    const statement = this.preparing as ClientStatement;
    const { state } = (this.owner.runner as StatementRunner).session;
    if (state !== statement.state) {
      // What a SET before it did was read back in front of it.
      statement.state = state;
      statement.form = statement.plainForm = this.formOf(statement.entry, state, statement.form.text);
    }
    statement.parameters = tracker.numParams;
    statement.columns = tracker.numColumns;
    this.isPrepared = true;
    const packet = Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd));
    packet.writeUInt32LE(statement.id, STATEMENT_ID_OFFSET);
    return packet;
  }

  /** A command on a prepared statement has been answered. */
  onDone(statement: ClientStatement, kind: ReplyKind, failed: boolean): void {
    if (kind === ReplyKind.prepare) {
      this.preparing = null;
      if (!failed && this.isPrepared) this.statements.add(statement);
    } else if (kind === ReplyKind.execute) {
      this.longDataKept.onExecuted(statement);
    }
  }

  execute(now: number): void {
    const { owner } = this;
    const { payloadBuffer, payloadStart, payloadEnd, sequence } = owner.assembler;
    const statement = this.named('mysqld_stmt_execute');
    if (statement === null) return;
    if (payloadEnd - payloadStart < EXECUTE_MIN_BYTES) throw new ProtocolViolation('COM_STMT_EXECUTE is too short');
    this.context.stats.counters.comFrontendStmtExecute++;
    if (statement.longDataError !== null) {
      this.refuse(statement.longDataError);
      return;
    }
    const { command } = owner.runner as StatementRunner;
    command.begin(ReplyKind.execute, now, sequence);
    command.statement = statement;
    command.formBefore = statement.form;
    const isBulk = payloadBuffer[payloadStart] === Com.stmtBulkExecute;
    const { fixed } = statement;
    command.bindsTypes = statement.parameters > 0 && this.takeTypes(statement, isBulk, command);
    if ((statement.entry.verdict.effects & Effect.kill) !== 0 && this.isTakenAsKill(statement, now)) return;
    command.wantsCursor = !isBulk && asksForCursor(payloadBuffer, payloadStart);
    this.chooseForm(statement, command);
    if (statement.form.isAlone && statement.parameters > 0) this.noteBinding(statement, command, fixed);
    command.preparedUnder = statement.state;
    const { state } = (owner.runner as StatementRunner).session;
    command.switchesSchema = statement.state.schema !== state.schema;
    if (command.switchesSchema) command.ownSchema = schemaToStandIn(statement, state);
    if ((statement.entry.verdict.effects & NEEDS_TEXT) !== 0)
      owner.noteText(statement.entry, executedText(statement, owner.assembler, owner.lexMode, owner.output.capabilities));
    owner.execute(statement.entry, statement.hint, () => statement.text.toString('utf8'));
  }

  /** Its number is weir's: on a server it would hit somebody else. */
  private isTakenAsKill(statement: ClientStatement, now: number): boolean {
    const { assembler, kills, lexMode, output } = this.owner;
    const { payloadBuffer, payloadStart } = assembler;
    const text = executedKill(statement, assembler, lexMode, output.capabilities);
    this.longDataKept.drop(statement);
    // Observed on MySQL 9.7; MariaDB opens none.
    const isRefused = this.context.identity.flavour === 'mysql' && asksForCursor(payloadBuffer, payloadStart);
    if (text !== null && !isRefused) return kills.takes(statement.entry, text, now);
    kills.refuseArguments(isRefused ? 'with cursor' : 'mysqld_stmt_execute', now);
    return true;
  }

  private takeTypes(statement: ClientStatement, isBulk: boolean, command: Command): boolean {
    const { assembler, output } = this.owner;
    const { payloadBuffer, payloadStart, payloadEnd } = assembler;
    if (isBulk) return takeBulkTypes(statement, payloadBuffer, payloadStart, payloadEnd);
    const fixesTypes = this.context.identity.flavour === 'mysql';
    const { capabilities } = output;
    const hasTypes = takeTypes(statement, payloadBuffer, payloadStart, payloadEnd, capabilities, fixesTypes);
    command.prefersHome =
      fixesTypes && (statement.form.isAlone || hasNull(statement, payloadBuffer, payloadStart, payloadEnd, capabilities));
    return hasTypes;
  }

  private chooseForm(statement: ClientStatement, command: Command): void {
    const { state } = (this.owner.runner as StatementRunner).session;
    if (state !== statement.state && !areParsedAlike(state, statement.state)) this.shareNoLonger(statement, command);
    if (command.wantsCursor) {
      // That of a statement that reads diagnostics may have had their numbers in its text.
      if (statement.cursorForm?.text !== statement.form.text) statement.cursorForm = statement.form.alone();
      command.form = command.formBefore = statement.cursorForm;
      return;
    }
    command.form = statement.form;
    // Without types a first execution is an error. Where another session has executed the same, the server would take that one's.
    const hasNoTypes = statement.parameters > 0 && statement.types === null && !command.bindsTypes;
    if (hasNoTypes) command.form = command.formBefore = statement.plainForm.alone();
    if (statement.cursor !== null) this.closeCursor(statement);
  }

  /**
   * Servers that prepare a statement again, after DDL, do it by the rules of the moment, and convert values by the character set of when their
   * types came: once these rules are others than at PREPARE, what the server has is of this client alone.
   */
  private shareNoLonger(statement: ClientStatement, command: Command): void {
    if (!statement.form.isAlone) {
      statement.form = statement.plainForm.alone();
      command.takesAtHomeOnly = true;
    }
    command.prefersHome ||= statement.parameters > 0;
  }

  /** `fixed`: what the statement had bound before this execution. */
  private noteBinding(statement: ClientStatement, { bindsTypes }: Command, fixed: Uint16Array | null): void {
    const { assembler, output, runner } = this.owner;
    const { payloadBuffer, payloadStart, payloadEnd } = assembler;
    const { state } = (runner as StatementRunner).session;
    const isMysql = this.context.identity.flavour === 'mysql';
    // MariaDB goes by the types that came last alone.
    const types = isMysql ? typesOfValues(statement, payloadBuffer, payloadStart, payloadEnd, output.capabilities) : new Uint16Array(0);
    if (types === null || statement.types === null) return;
    statement.history ??= new ParameterHistory(statement.parameters, statement.state, fixed === null ? null : typesOfFixed(fixed));
    statement.history.note({ types, state }, bindsTypes);
  }

  fetch(now: number): void {
    const { owner } = this;
    const { sequence } = owner.assembler;
    const statement = this.named('mysqld_stmt_fetch');
    if (statement === null) return;
    const runner = owner.runner as StatementRunner;
    const { cursor } = statement;
    if (cursor === null || (cursor !== runner.connections.held && !runner.hasLost)) {
      this.refuse(this.noCursor(statement));
      return;
    }
    runner.command.begin(ReplyKind.fetch, now, sequence);
    this.onCursor(statement);
  }

  /** Has no reply, but for one that MySQL gives to what is too short. */
  longData(): void {
    const { assembler } = this.owner;
    const { payloadBuffer, payloadStart, payloadEnd } = assembler;
    if (payloadEnd - payloadStart < LONG_DATA_MIN_BYTES) {
      if (this.context.identity.flavour === 'mysql') this.refuse(weirError('malformedPacket'));
      return;
    }
    const statement = this.find(statementIdOf(payloadBuffer, payloadStart, payloadEnd));
    if (statement === undefined || statement.longDataError !== null) return;
    const { maxAllowedPacketBytes } = this.context.snapshot.variables;
    const command = this.isMysql8 ? 'mysql_stmt_precheck' : 'mysqld_stmt_send_long_data';
    statement.longDataError = this.longDataKept.take(statement, assembler, maxAllowedPacketBytes, command);
    if (statement.longDataError !== null) this.longDataKept.drop(statement);
  }

  reset(now: number): void {
    const { owner } = this;
    const { sequence } = owner.assembler;
    const statement = this.named('mysqld_stmt_reset');
    if (statement === null) return;
    const runner = owner.runner as StatementRunner;
    this.longDataKept.drop(statement);
    statement.longDataError = null;
    const { cursor } = statement;
    if (cursor === null || cursor !== runner.connections.held) {
      runner.session.cursorClosed(statement);
      runner.session.diagnostics.onStatementReset();
      owner.phase = Phase.running;
      runner.command.begin(ReplyKind.simple, now, sequence);
      runner.refreshFlags(() => {
        owner.output.reply({ type: 'ok', statusFlags: owner.statusFlags }, 1);
        owner.onCommandDone(false);
      });
      return;
    }
    runner.session.cursorClosed(statement);
    runner.command.begin(ReplyKind.simple, now, sequence);
    this.onCursor(statement);
  }

  /** Has no reply. */
  close(): void {
    const { payloadBuffer, payloadStart, payloadEnd } = this.owner.assembler;
    const statement = this.find(statementIdOf(payloadBuffer, payloadStart, payloadEnd));
    this.context.stats.counters.comFrontendStmtClose++;
    if (statement === undefined) return;
    this.statements.delete(statement.id);
    this.longDataKept.drop(statement);
    if (statement.cursor !== null) this.closeCursor(statement);
  }

  /** The command that has begun goes to where the statement's cursor is. */
  private onCursor(statement: ClientStatement): void {
    const { command } = this.owner.runner as StatementRunner;
    command.statement = statement;
    command.form = command.formBefore = statement.cursorForm;
    this.owner.executeHeld();
  }

  private closeCursor(statement: ClientStatement): void {
    const { connections, session } = this.owner.runner as StatementRunner;
    const { cursor, cursorForm } = statement;
    session.cursorClosed(statement);
    if (cursor === null || cursor !== connections.held || cursorForm === null) return;
    const prepared = cursor.prepared.get(cursorForm);
    if (prepared !== undefined) forgetPrepared(cursor, prepared, this.context.stats.counters);
  }

  private find(id: number): ClientStatement | undefined {
    return this.statements.get(id, this.context.identity.flavour === 'mariadb');
  }

  /** The statement that the command in the assembler names; null: there is none, and the client was told so. */
  private named(command: string): ClientStatement | null {
    const { payloadBuffer, payloadStart, payloadEnd } = this.owner.assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.find(id);
    if (statement !== undefined) return statement;
    const where = this.isMysql8 ? 'mysql_stmt_precheck' : command;
    this.refuse(weirError('unknownStatement', { id, command: where }));
    return null;
  }

  private refuse(error: ServerError): void {
    const { owner } = this;
    const runner = owner.runner as StatementRunner;
    const { diagnostics } = runner.session;
    if (!this.isMysql8) {
      diagnostics.onOwnError(error);
      owner.output.reply({ type: 'err', error }, 1);
      return;
    }
    // MySQL 8 leaves the conditions of the statement before in front of it.
    owner.phase = Phase.running;
    runner.command.begin(ReplyKind.simple, this.context.nowMs(), owner.assembler.sequence);
    runner.countWarnings(() => {
      diagnostics.onAddedError(error);
      owner.output.reply({ type: 'err', error }, 1);
      owner.onCommandDone(true);
    });
  }

  private noCursor({ id }: ClientStatement): ServerError {
    return weirError('noOpenCursor', { id, end: this.isMysql8 ? '.' : '' });
  }

  private get isMysql8(): boolean {
    const { flavour, version } = this.context.identity;
    return flavour === 'mysql' && Number.parseInt(version, 10) >= 8;
  }
}

function newStatement(
  id: number,
  text: Buffer,
  form: StatementForm,
  entry: DigestEntry,
  hint: Hint | null,
  state: SessionState,
): ClientStatement {
  return {
    ...{ id, text, entry, hint, state, form },
    plainForm: form,
    cursorForm: null,
    parameters: 0,
    columns: 0,
    types: null,
    fixed: null,
    typesFixed: false,
    history: null,
    longData: null,
    longDataError: null,
    home: null,
    cursor: null,
    openCursor: null,
  };
}
