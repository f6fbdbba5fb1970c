import type { ServerError } from '../base/errors.js';
import type { LeftBehind, PooledConnection } from '../pool/pooled-connection.js';
import { readErr } from '../protocol/packets/err.js';
import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import { DiagnosticsUse, Effect } from '../sql/verdict.js';
import { type Answers, askConnection, type Captured, ownCondition, withLastError, withOwnError } from './captured-conditions.js';
import type { Command } from './command.js';
import { OwnFoundRows } from './own-found-rows.js';
import type { OwnInsertId } from './own-insert-id.js';

const D = DiagnosticsUse;
const KEEPS_FOUND_ROWS = D.keepsFoundRowsOnMysql | D.keepsFoundRowsOnMariadb;
/** Everything but reads of numbers: statements whose reply says all of what they leave have none of these. */
const UNUSUAL =
  D.showsConditions | D.showsCount | D.getsDiagnostics | D.keepsConditions | D.leavesOtherFoundRows | D.updatesTable | KEEPS_FOUND_ROWS;
const NEITHER_CLEARS_NOR_LEAVES = D.showsConditions | D.showsCount | D.getsDiagnostics;
/** ROW_COUNT() behind them is not in their reply. */
const RUNS_OTHERS = Effect.unknownState | Effect.multiple;

/** What a CALL or an EXECUTE has run is not in the reply, nor what GET DIAGNOSTICS leaves alone. */
function saysRowCount({ effects }: Command, use: number): boolean {
  return (effects & Effect.unknownState) === 0 && ((effects & Effect.multiple) === 0 || (use & D.getsDiagnostics) === 0);
}

const ASCII = /^[ -~]*$/;

const NO_ANSWERS: Answers = { conditions: null, foundRows: null, insertId: null, rowCount: null };

/** Where the conditions of the session's last statement are. */
export type Conditions =
  /** There are none. */
  | 'none'
  /** On `conditionsAt`, until somebody else gets it. */
  | 'there'
  /** Lost with their connection. */
  | 'lost'
  | Captured;

/**
 * What a session's last statements left behind: the conditions that SHOW WARNINGS shows, ROW_COUNT() and FOUND_ROWS(). What replies do not tell is on
 * one connection only; whoever takes that connection asks it for the session first (`leaves`).
 */
export class OwnDiagnostics implements LeftBehind {
  rowCount: number | bigint = 0;
  /** false: only `lastAt` knows ROW_COUNT(). */
  knowsRowCount = true;
  /** It is asked for that. */
  rowCountFrom: PooledConnection | null = null;
  readonly foundRows = new OwnFoundRows();
  conditions: Conditions = 'none';
  /** How many there were by the reply; at least 1 after an error. */
  warnings = 0;
  /** What MySQL counts in its answer to COM_PING: those of the last statement alone. */
  lastWarnings = 0;
  /** The last statement failed: only the server has counted what it left beside its error. */
  isUncounted = false;
  failed = false;
  /** Of the error that the last statement ended with. */
  sqlState = '';
  errno = 0;
  /** Executed the last statement, and nothing has been executed there since. */
  lastAt: PooledConnection | null = null;
  /** The conditions there are the session's; they may be none. */
  conditionsAt: PooledConnection | null = null;
  /** Connections that are asked for them by other sessions that have got them. */
  private asks = 0;
  private whenAnswered: (() => void) | null = null;

  constructor(readonly insertId: OwnInsertId) {}

  /** The command has been answered by `connection`. */
  follow(connection: PooledConnection, tracker: ReplyTracker, command: Command, failed: boolean): void {
    const { entry } = command;
    connection.diagnosticsOf = this;
    const isPlain = entry !== null && (entry.verdict.diagnostics & UNUSUAL) === 0 && command.replyKind <= ReplyKind.execute;
    if (failed || !isPlain || command.wantsCursor || (command.effects & RUNS_OTHERS) !== 0) {
      this.followUnusual(connection, tracker, command, failed);
      return;
    }
    this.lastAt = connection;
    this.knowsRowCount = true;
    this.conditionsAt = connection;
    this.conditions = tracker.warnings > 0 ? 'there' : 'none';
    this.warnings = this.lastWarnings = tracker.warnings;
    this.failed = this.isUncounted = false;
    if (tracker.resultSets === 0) {
      this.rowCount = tracker.affectedRows;
      return;
    }
    this.rowCount = -1;
    this.foundRows.set(tracker.rows, connection);
  }

  private followUnusual(connection: PooledConnection, tracker: ReplyTracker, command: Command, failed: boolean): void {
    const use = command.entry?.verdict.diagnostics ?? 0;
    const isStatement = command.replyKind === ReplyKind.query || command.replyKind === ReplyKind.execute;
    this.followConditions(connection, tracker, command, use, failed);
    // Neither PREPARE nor GET DIAGNOSTICS changes ROW_COUNT().
    if (failed) this.setRowCount(-1, connection);
    else if (isStatement && (use & D.getsDiagnostics) === 0) {
      this.setRowCount(tracker.resultSets > tracker.resultSetsAtOk ? -1 : tracker.affectedRows, connection);
      this.knowsRowCount = saysRowCount(command, use);
    } else if (command.replyKind === ReplyKind.simple) this.setRowCount(answersWithOk(command) ? 0 : -1, connection);
    else if (command.replyKind === ReplyKind.fieldList) this.setRowCount(-1, connection);
    if (isStatement) this.foundRows.follow(connection, tracker, command, (command.effects & RUNS_OTHERS) !== 0, failed);
  }

  private setRowCount(count: number | bigint, connection: PooledConnection | null): void {
    this.lastAt = connection;
    this.rowCount = count;
    this.knowsRowCount = true;
  }

  private followConditions(connection: PooledConnection, tracker: ReplyTracker, command: Command, use: number, failed: boolean): void {
    const isMariadb = connection.login.flavour === 'mariadb';
    const isMultiple = (command.effects & Effect.multiple) !== 0;
    const hasOwn = failed || tracker.warnings > 0 || ((use & D.hidesConditions) !== 0 && tracker.hadWarnings);
    this.followLastWarnings(tracker, command, failed);
    const keeps =
      command.entry === null ||
      isPreparedCall(command) ||
      (!isMultiple && (use & NEITHER_CLEARS_NOR_LEAVES) !== 0) ||
      (isMariadb && keepsOnMariadb(command, use));
    if (!hasOwn && keeps) return;
    // MySQL's OK for COM_INIT_DB counts the conditions of the statement before it.
    if (!failed && command.entry === null) return;
    const before = this.conditionsAt === connection ? 'there' : this.conditions;
    this.conditionsAt = connection;
    this.conditions = hasOwn ? 'there' : 'none';
    this.warnings = failed ? Math.max(1, tracker.warnings) : tracker.warnings;
    this.failed = failed;
    if (!failed) return;
    const error = readErr(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd);
    this.sqlState = error.sqlState;
    this.errno = error.errno;
    // On MySQL it stands behind what was there, which may be somebody else's.
    if (command.entry !== null || isMariadb || before === 'there' || before === 'lost' || !ASCII.test(error.message)) return;
    this.setConditions(withOwnError(before === 'none' ? null : before, error));
    this.failed = true;
  }

  /** An error of a command without text is added to the conditions of before. */
  private followLastWarnings(tracker: ReplyTracker, { replyKind, statement }: Command, failed: boolean): void {
    if (replyKind === ReplyKind.statistics) return;
    if (replyKind !== ReplyKind.simple) {
      this.lastWarnings = failed ? Math.max(1, tracker.warnings) : tracker.warnings;
      this.isUncounted = failed;
    } else if (failed) this.lastWarnings += 1;
    else if (statement !== null) this.onStatementReset();
  }

  /** What the command needed first has failed on `connection`, and the client gets that error. */
  onFailedAt(connection: PooledConnection, error: ServerError): void {
    connection.diagnosticsOf = this;
    this.setRowCount(-1, connection);
    this.conditionsAt = connection;
    this.conditions = 'there';
    this.setError(error);
  }

  /** weir itself has answered with an error. */
  onOwnError(error: ServerError): void {
    this.setRowCount(-1, null);
    this.conditions = ownCondition(error);
    this.conditionsAt = null;
    this.setError(error);
    this.isUncounted = false;
  }

  /** The same, behind what is there. */
  onAddedError(error: ServerError): void {
    const { conditions } = this;
    this.onOwnError(error);
    if (typeof conditions !== 'string') this.setConditions(withOwnError(conditions, error));
    else if (conditions !== 'none') this.setConditions('lost');
    this.failed = true;
  }

  /** weir has executed a KILL, which has no conditions of its own: MariaDB keeps those of before. */
  onKilled(keepsConditions: boolean, affectedRows: number): void {
    this.setRowCount(affectedRows, null);
    if (!keepsConditions) this.setConditions('none');
    this.lastWarnings = 0;
    this.isUncounted = false;
  }

  /**
   * The same where a server was asked for the number, whose answer is the error at the end of the list. `error`: the client's; null: it was killed.
   * `before`: what is there behind a KILL without conditions of its own.
   * @returns the warnings of the KILL
   */
  onAskedKill(error: ServerError | null, before: Conditions): number {
    const { conditions } = this;
    const own = typeof conditions === 'string' ? null : withLastError(conditions, error);
    if (error !== null) {
      this.onOwnError(error);
      if (own !== null) this.setConditions(own);
      return 0;
    }
    const warnings = own?.warningCount ?? 0;
    this.onKilled(true, 0);
    this.setConditions(own === null || warnings === 0 ? before : own);
    this.lastWarnings = warnings;
    return warnings;
  }

  private setConditions(conditions: Conditions): void {
    this.conditions = conditions;
    this.conditionsAt = null;
    this.failed = false;
    this.warnings = typeof conditions === 'string' ? 0 : conditions.warningCount;
  }

  private setError({ errno, sqlState }: ServerError): void {
    this.warnings = this.lastWarnings = 1;
    this.failed = this.isUncounted = true;
    this.sqlState = sqlState;
    this.errno = errno;
  }

  /** There are no conditions on `connection` once it is cleared, for a statement that may clear those of before; FOUND_ROWS() is others then. */
  onClearedAt(connection: PooledConnection): void {
    this.foundRows.forget(connection);
    this.conditions = 'none';
    this.conditionsAt = connection;
  }

  /** COM_PING and its kind, which no server sees. Servers count no rows after an OK, -1 after an EOF. */
  onAnsweredHere(rowCount: 0 | -1): void {
    this.setRowCount(rowCount, null);
  }

  /** COM_STMT_RESET was answered without a server. Its conditions are kept, but counted no more. */
  onStatementReset(): void {
    this.setRowCount(0, null);
    this.lastWarnings = 0;
    this.isUncounted = false;
  }

  /**
   * Somebody else is about to use `connection`. true: it has to be asked first for what only it knows, and the answer goes to `onAnswer`
   * or `onLost`.
   */
  leaves(connection: PooledConnection): boolean {
    this.onOwnStatement(connection);
    const asks =
      this.hasConditionsAt(connection) ||
      this.foundRows.isToBeAskedAt(connection) ||
      this.insertId.isToBeAskedAt(connection) ||
      this.rowCountFrom === connection;
    if (asks) this.asks += 1;
    else this.forget(connection);
    return asks;
  }

  ask(connection: PooledConnection, onDone: (cause: Error | null, lost: boolean) => void): void {
    askConnection(connection, this, onDone);
  }

  hasConditionsAt(connection: PooledConnection): boolean {
    return this.conditions === 'there' && this.conditionsAt === connection;
  }

  /** What `leaves` asked for. */
  onAnswer(connection: PooledConnection, { conditions, foundRows, insertId, rowCount }: Answers): void {
    if (insertId !== null) {
      // Asking has set it to 0.
      connection.insertToken = null;
      connection.identity.interest.insertIds -= 1;
      this.insertId.onAnswer(connection, insertId);
    }
    if (rowCount !== null) this.setRowCount(rowCount, null);
    if (this.rowCountFrom === connection) this.rowCountFrom = null;
    if (this.hasConditionsAt(connection)) this.onConditions(conditions);
    this.foundRows.onAnswer(connection, foundRows);
    this.forget(connection);
    this.answered();
  }

  private onConditions(conditions: Captured | null): void {
    this.conditions = conditions ?? 'lost';
    if (this.isUncounted && conditions !== null) this.lastWarnings = conditions.warningCount;
    this.isUncounted = false;
  }

  onLost(connection: PooledConnection): void {
    this.onAnswer(connection, NO_ANSWERS);
  }

  get isAsked(): boolean {
    return this.asks > 0;
  }

  /** Calls `next` once the connection that is asked has answered, or is lost. */
  onceAnswered(next: () => void): void {
    this.whenAnswered = next;
  }

  private forget(connection: PooledConnection): void {
    if (this.conditionsAt === connection) this.conditionsAt = null;
    this.foundRows.forget(connection);
  }

  private answered(): void {
    this.asks -= 1;
    if (this.asks > 0) return;
    const next = this.whenAnswered;
    this.whenAnswered = null;
    next?.();
  }

  /** weir executes something of its own there: ROW_COUNT() on it is not the session's any more. */
  onOwnStatement(connection: PooledConnection): void {
    if (this.lastAt === connection) this.lastAt = null;
  }

  /** `connection` is reset for others: FOUND_ROWS() outlives that, conditions do not. */
  onReset(connection: PooledConnection): void {
    this.onOwnStatement(connection);
    if (this.hasConditionsAt(connection)) this.conditions = 'lost';
    if (this.conditionsAt === connection) this.conditionsAt = null;
  }

  /** COM_RESET_CONNECTION, COM_CHANGE_USER: FOUND_ROWS() is what it was. Observed on MariaDB 10.11 and MySQL 9.7. */
  clear(): void {
    this.setRowCount(0, null);
    this.conditions = 'none';
    this.warnings = this.lastWarnings = 0;
    this.failed = this.isUncounted = false;
    this.conditionsAt = null;
    this.whenAnswered = null;
  }
}

/** COM_INIT_DB, COM_STMT_RESET; others answer with an EOF. */
const answersWithOk = ({ effects, statement }: Command): boolean => (effects & Effect.changesSchema) !== 0 || statement !== null;

/** In the text that a PREPARE has, which its digest has not. */
const TABLE_WORDS = /\b(?:FROM|INTO|UPDATE|INSERT|REPLACE|DELETE|TABLES?|CALL|VIEW|INDEX|SHOW|DESC|DESCRIBE)\b/i;
const PREPARED_TEXT = /^[^'"]*FROM\s*(['"].*)/is;

/** PREPARE looks at no table for it. */
const isPreparedCall = ({ entry, replyKind }: Command): boolean => replyKind === ReplyKind.prepare && entry?.verdict.command === 'CALL';

function keepsOnMariadb({ effects, text }: Command, use: number): boolean {
  if ((use & D.keepsConditions) === 0) return false;
  if ((effects & Effect.sqlPrepare) === 0 || text === null) return true;
  return !TABLE_WORDS.test(PREPARED_TEXT.exec(text.toString('latin1'))?.[1] ?? '');
}
