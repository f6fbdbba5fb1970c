import type { PooledConnection } from '../pool/pooled-connection.js';
import type { ReplyTracker } from '../protocol/reply-tracker.js';
import { DiagnosticsUse, Effect } from '../sql/verdict.js';
import { isFirstPacket } from './after-reply.js';
import type { Command } from './command.js';

const D = DiagnosticsUse;

/** More are not brought to another connection. */
const MOST_BROUGHT = 10_000;
/** Of statements that execute others: SQL EXECUTE too, also of a text that is known. */
export const RUNS_WHAT_IS_HIDDEN = Effect.unknownState | Effect.sqlPrepare;
const TEN_ROWS = `(${Array(10).fill('SELECT 1').join(' UNION ALL ')})`;

/** FOUND_ROWS() may be within or behind it what it was, and the text does not say. */
export function mayKeepFoundRows({ effects, entry }: Command, flavour: 'mysql' | 'mariadb'): boolean {
  if (entry === null || entry.verdict.command.startsWith('SELECT')) return false;
  if ((effects & RUNS_WHAT_IS_HIDDEN) !== 0) return true;
  const looks = flavour === 'mysql' ? D.readsFoundRows | D.updatesTable : D.readsFoundRows;
  return (effects & Effect.multiple) !== 0 && (entry.verdict.diagnostics & looks) !== 0;
}

/** Behind it, FOUND_ROWS() is `rows`. */
function statementThatFinds(rows: number): string {
  // MariaDB goes on counting in its messages ("at row 2") where rows were made ready.
  if (rows <= 1) return `SELECT NULL FROM (SELECT 1) AS t LIMIT ${rows}`;
  const tables = Array.from({ length: String(rows - 1).length }, (_, index) => `${TEN_ROWS} AS t${index}`);
  return `SELECT NULL FROM ${tables.join(', ')} LIMIT ${rows}`;
}

/** FOUND_ROWS() of a session, which most replies tell; what they do not is on one connection only. */
export class OwnFoundRows {
  /** null: only `at` knows. */
  value: number | bigint | null = 0;
  /** FOUND_ROWS() there is the session's. */
  at: PooledConnection | null = null;
  /** What it is where `at`, whose value was another session's, says another number than 0; null: it is what `at` says. */
  private otherwise: number | bigint | null = null;
  /** The statement asked for them to be counted: they will be wanted. */
  private isCounted = false;

  /** A result of `rows` has come from `connection`. */
  set(rows: number | bigint, connection: PooledConnection): void {
    this.value = rows;
    this.at = connection;
    this.otherwise = null;
  }

  /** `runsOthers`: the statement may have executed others, of which the reply says nothing. */
  follow(connection: PooledConnection, tracker: ReplyTracker, command: Command, runsOthers: boolean, failed: boolean): void {
    if (failed && isFirstPacket(tracker)) return;
    const use = command.entry?.verdict.diagnostics ?? 0;
    const isMysql = connection.login.flavour === 'mysql';
    const keeps = (use & (isMysql ? D.keepsFoundRowsOnMysql : D.keepsFoundRowsOnMariadb)) !== 0;
    if (keeps && (command.effects & Effect.unknownState) === 0) return;
    this.isCounted = (command.effects & Effect.calculatesFoundRows) !== 0;
    if ((use & D.updatesTable) !== 0 && !runsOthers) {
      if (isMysql) this.followUpdate(connection, tracker.matchedRows);
    } else if (failed || (command.wantsCursor && tracker.resultSets > 0) || (use & D.leavesOtherFoundRows) !== 0 || runsOthers)
      this.leave(connection, null);
    else if (tracker.resultSets > 0 && (use & D.showsConditions) === 0) this.set(tracker.rows, connection);
  }

  /** MySQL: the rows that it found. It leaves them alone where its WHERE cannot be true, as with the key of no row. */
  private followUpdate(connection: PooledConnection, matched: number): void {
    if (matched > 0) this.set(matched, connection);
    else if (matched < 0) this.leave(connection, null);
    else if (this.value === 0) return;
    else if (this.at === connection) this.leave(connection, this.otherwise);
    else if (this.value === null) this.set(0, connection);
    else this.leave(connection, this.value);
  }

  private leave(connection: PooledConnection, otherwise: number | bigint | null): void {
    this.value = null;
    this.at = connection;
    this.otherwise = otherwise;
  }

  /** FOUND_ROWS() there is the session's as it is. */
  isOn(connection: PooledConnection): boolean {
    return this.at === connection && this.otherwise === null;
  }

  /** Only `connection` knows. */
  isOnlyAt(connection: PooledConnection): boolean {
    return this.value === null && this.at === connection;
  }

  /** Not where nobody wants them: pages of results (LIMIT 20, 10) would cost a question each. */
  isToBeAskedAt(connection: PooledConnection): boolean {
    return this.isOnlyAt(connection) && (this.isCounted || connection.identity.interest.foundRows > 0);
  }

  /** null: `connection` was not asked. */
  onAnswer(connection: PooledConnection, rows: number | bigint | null): void {
    if (rows !== null) connection.identity.interest.foundRows -= 1;
    if (this.isOnlyAt(connection)) this.value = rows === null || rows === 0 ? rows : (this.otherwise ?? rows);
    this.forget(connection);
  }

  /** A statement may leave what is there, which is another session's. Users that never read it stop paying for that. */
  isToBeBroughtTo(connection: PooledConnection): boolean {
    const { value } = this;
    if (value === null || value > MOST_BROUGHT || this.isOn(connection)) return false;
    return connection.identity.interest.foundRows > 0;
  }

  /** @returns what `connection` has to execute */
  bring(connection: PooledConnection): string {
    connection.identity.interest.foundRows -= 1;
    this.at = connection;
    return statementThatFinds(Number(this.value));
  }

  forget(connection: PooledConnection): void {
    if (this.at !== connection) return;
    this.at = null;
    this.otherwise = null;
  }
}
