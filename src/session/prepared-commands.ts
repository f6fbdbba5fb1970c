import { parseKey, type SessionState } from '../backend/connection-state.js';
import { weirError } from '../base/errors.js';
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
import type { SessionContext } from './context.js';
import { asksForCursor, prepareBytes } from './execute-bytes.js';
import type { KillStatements } from './kill-statements.js';
import { ownTextToPrepare } from './own-values.js';
import { Pin } from './pins.js';
import { type ClientStatement, ClientStatements, closeOnServer } from './prepared-statements.js';
import type { StatementRunner } from './statement-runner.js';
import { NEEDS_TEXT } from './tracked-session.js';

/** Shortest COM_STMT_EXECUTE: command, number and flags; what follows is there from some parameter count on. */
const EXECUTE_MIN_BYTES = 7;

/** Whose statements they are. */
export interface PreparedOwner {
  readonly id: ConnectionId;
  readonly lexMode: LexModes;
  readonly assembler: PacketAssembler;
  readonly output: ClientOutput;
  /** There is one when commands come. */
  readonly runner: StatementRunner | null;
  readonly statusFlags: number;
  readonly kills: KillStatements;
  analyse(text: Uint8Array, start: number, end: number): DigestEntry;
  /** The hint of the statement that was analysed last. */
  readonly lastHint: Hint | null;
  /** Sends the command begun to where its statement goes. */
  execute(entry: DigestEntry, hint: Hint | null, text: () => string): void;
  /** Sends the command begun to the connection that the session keeps. */
  executeHeld(): void;
  /** The statement changes what the session is like: its text is looked at once it has been executed. */
  noteText(entry: DigestEntry, text: Buffer): void;
}

/** The commands of the prepared statement protocol, with weir's own statement numbers. Each takes the packet that lies in the assembler. */
export class PreparedCommands {
  private readonly statements = new ClientStatements();
  private preparing: ClientStatement | null = null;

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
  }

  prepare(now: number): void {
    const { context, owner } = this;
    const { assembler } = owner;
    const runner = owner.runner as StatementRunner;
    const text = Buffer.from(assembler.payloadBuffer.subarray(assembler.payloadStart + 1, assembler.payloadEnd));
    const entry = owner.analyse(text, 0, text.length);
    context.stats.counters.comFrontendStmtPrepare++;
    const serverText = ownTextToPrepare(text, entry.verdict.effects, owner.lexMode, owner.id);
    const statement = newStatement(this.statements.nextId(), text, serverText, entry, owner.lastHint, runner.session.state);
    this.preparing = statement;
    runner.command.begin(ReplyKind.prepare, now, assembler.sequence);
    runner.command.statement = statement;
    if (serverText !== text) runner.command.bytes = prepareBytes(serverText).buffer;
    owner.execute(entry, statement.hint, () => text.toString('utf8'));
    // What the statement does to a session it does when it is executed.
    runner.command.effects = Effect.none;
  }

  /** The head of the reply; the packet that the client gets. */
  onPrepared(tracker: ReplyTracker): Uint8Array {
    const statement = this.preparing as ClientStatement;
    statement.parameters = tracker.numParams;
    statement.columns = tracker.numColumns;
    const packet = Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd));
    packet.writeUInt32LE(statement.id, STATEMENT_ID_OFFSET);
    return packet;
  }

  /** A command on a prepared statement has been answered. */
  onDone(statement: ClientStatement, kind: ReplyKind, failed: boolean): void {
    if (kind === ReplyKind.prepare) {
      this.preparing = null;
      if (!failed) this.statements.add(statement);
    } else if (kind === ReplyKind.execute) {
      dropLongData(statement);
    }
  }

  execute(now: number): void {
    const { owner } = this;
    const { payloadBuffer, payloadStart, payloadEnd, sequence } = owner.assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.statements.get(id);
    if (statement === undefined) {
      this.refuseUnknown(id, 'mysqld_stmt_execute');
      return;
    }
    if (payloadEnd - payloadStart < EXECUTE_MIN_BYTES) throw new ProtocolViolation('COM_STMT_EXECUTE is too short');
    this.context.stats.counters.comFrontendStmtExecute++;
    if ((statement.entry.verdict.effects & Effect.kill) !== 0) {
      // Its number is weir's: on a server it would hit somebody else.
      owner.kills.execute(statement.entry, statement.text, now);
      return;
    }
    const { command } = owner.runner as StatementRunner;
    command.begin(ReplyKind.execute, now, sequence);
    command.statement = statement;
    const isBulk = payloadBuffer[payloadStart] === Com.stmtBulkExecute;
    command.wantsCursor = !isBulk && asksForCursor(payloadBuffer, payloadStart);
    if ((statement.entry.verdict.effects & NEEDS_TEXT) !== 0) owner.noteText(statement.entry, statement.text);
    owner.execute(statement.entry, statement.hint, () => statement.text.toString('utf8'));
  }

  fetch(now: number): void {
    const { owner } = this;
    const { payloadBuffer, payloadStart, payloadEnd, sequence } = owner.assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.statements.get(id);
    const runner = owner.runner as StatementRunner;
    const isOpen = statement !== undefined && statement.cursor !== null;
    if (!isOpen || (statement.cursor !== runner.connections.held && !runner.hasLost)) {
      this.refuseUnknown(id, 'mysqld_stmt_fetch');
      return;
    }
    runner.command.begin(ReplyKind.fetch, now, sequence);
    runner.command.statement = statement;
    owner.executeHeld();
  }

  /** Kept here until the execution: it then goes to whichever server executes. Bounded by max_allowed_packet, as on a server. */
  longData(): void {
    const { payloadBuffer, payloadStart, payloadEnd, rawBuffer, rawStart, rawEnd } = this.owner.assembler;
    const statement = this.statements.get(statementIdOf(payloadBuffer, payloadStart, payloadEnd));
    if (statement === undefined) return;
    statement.longDataBytes += rawEnd - rawStart;
    if (statement.longDataBytes > this.context.snapshot.variables.maxAllowedPacketBytes) {
      throw new ProtocolViolation('long data of a prepared statement is longer than max_allowed_packet', 'packetTooLarge');
    }
    statement.longData.push(Buffer.from(rawBuffer.subarray(rawStart, rawEnd)));
  }

  reset(now: number): void {
    const { owner } = this;
    const { payloadBuffer, payloadStart, payloadEnd, sequence } = owner.assembler;
    const id = statementIdOf(payloadBuffer, payloadStart, payloadEnd);
    const statement = this.statements.get(id);
    const runner = owner.runner as StatementRunner;
    if (statement === undefined) {
      this.refuseUnknown(id, 'mysqld_stmt_reset');
      return;
    }
    dropLongData(statement);
    const cursor = statement.cursor;
    statement.cursor = null;
    if (cursor === null || cursor !== runner.connections.held) {
      owner.output.reply({ type: 'ok', statusFlags: owner.statusFlags }, 1);
      return;
    }
    runner.session.pins &= ~Pin.cursor;
    runner.command.begin(ReplyKind.simple, now, sequence);
    runner.command.statement = statement;
    owner.executeHeld();
  }

  /** Has no reply. */
  close(): void {
    const { payloadBuffer, payloadStart, payloadEnd } = this.owner.assembler;
    const statement = this.statements.get(statementIdOf(payloadBuffer, payloadStart, payloadEnd));
    this.context.stats.counters.comFrontendStmtClose++;
    if (statement === undefined) return;
    this.statements.delete(statement.id);
    if (statement.cursor === null) return;
    const runner = this.owner.runner as StatementRunner;
    runner.session.pins &= ~Pin.cursor;
    const prepared = statement.cursor.prepared.get(statement.key);
    if (prepared === undefined || statement.cursor.isClosed) return;
    closeOnServer(statement.cursor, [prepared.id]);
    statement.cursor.prepared.delete(statement.key);
  }

  private refuseUnknown(id: number, command: string): void {
    this.owner.output.reply({ type: 'err', error: weirError('unknownStatement', { id, command }) }, 1);
  }
}

function newStatement(
  id: number,
  text: Buffer,
  serverText: Buffer,
  entry: DigestEntry,
  hint: Hint | null,
  state: SessionState,
): ClientStatement {
  return {
    ...{ id, text, serverText, entry, hint, state },
    key: `${parseKey(state)}\0${serverText.toString('latin1')}`,
    parameters: 0,
    columns: 0,
    types: null,
    longData: [],
    longDataBytes: 0,
    cursor: null,
  };
}

function dropLongData(statement: ClientStatement): void {
  if (statement.longData.length === 0) return;
  statement.longData = [];
  statement.longDataBytes = 0;
}
