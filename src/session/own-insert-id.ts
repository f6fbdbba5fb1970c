import type { PooledConnection } from '../pool/pooled-connection.js';
import type { ReplyTracker } from '../protocol/reply-tracker.js';
import { Effect, type Effects } from '../sql/verdict.js';
import type { Command } from './command.js';

/** They may leave another id than their reply says: LAST_INSERT_ID(expr), SET last_insert_id, a CALL. */
const SETS_UNSEEN: Effects = Effect.setsLastInsertId | Effect.unknownState;
/** Statements whose answer, an error too, may have changed LAST_INSERT_ID(). */
export const MAY_SET_INSERT_ID: Effects = SETS_UNSEEN | Effect.leavesRowCount;
/** Statements that must find the session's id on their connection: they give it, or may leave it as it is without saying so. */
export const NEEDS_INSERT_ID: Effects = SETS_UNSEEN | Effect.readsLastInsertId;

/** No schema, no table, no right, or no sense: the statement was refused before its first row. */
const REFUSED: ReadonlySet<number> = new Set([1044, 1046, 1049, 1064, 1142, 1146]);
const MAY_HAVE_BEGUN: Effects = Effect.unknownState | Effect.multiple;
/** They give no ids. */
const WITHOUT_IDS: ReadonlySet<string> = new Set(['UPDATE', 'DELETE']);

const mayInsert = ({ effects, entry }: Command): boolean =>
  (effects & MAY_HAVE_BEGUN) !== 0 || !WITHOUT_IDS.has(entry?.verdict.command ?? '');

type Id = number | bigint;

/** Stands for what LAST_INSERT_ID() gives on a connection; 0 on those that have none. */
interface Mark {
  /** null: not known. */
  value: Id | null;
}

const NOBODYS: Mark = { value: 0 };

/** Not known yet of how many statements in a row, each on another connection than the one before. */
const MOST_UNSURE = 4;

/** What one statement has left on its connection, which is marked with it. */
class Left implements Mark {
  value: Id | null = null;
  /** How many statements before it are not known of either. */
  readonly depth: number;

  constructor(
    readonly at: PooledConnection,
    /** By its reply. */
    readonly told: Id,
    /** LAST_INSERT_ID() there was the session's before. */
    readonly wasOn: boolean,
    /** The session's in front of the statement, as far as that is known, and who else may say it. */
    readonly before: Id,
    readonly earlier: Left | null,
    /** That of `at` in front of the statement. */
    readonly foreign: Id | null,
    /** The statement may have left it alone; where that cannot be told, it has given one if `seemsOwn`. */
    readonly mayLeave: boolean,
    readonly seemsOwn: boolean,
    /** Nothing but the connection has an idea of it. */
    readonly isUnseen: boolean,
  ) {
    this.depth = earlier === null ? 0 : earlier.depth + 1;
  }

  /** Once the connection has answered. null: the statement has left the session's as it was. */
  get own(): Id | null {
    const id = this.value as Id;
    if (this.wasOn) return id;
    if (!this.isUnseen) return id === this.told ? id : null;
    if (!this.mayLeave) return id;
    if (this.foreign === null) return this.seemsOwn ? id : null;
    return id === this.foreign ? null : id;
  }
}

/**
 * What LAST_INSERT_ID() gives in a session. Replies do not say it for sure: of an INSERT they have the id that was given by hand too, which is not
 * what LAST_INSERT_ID() gives then, and of LAST_INSERT_ID(expr) or a failed INSERT of several rows nothing. (Observed on MariaDB 10.11 and
 * MySQL 9.7; MySQL manual, "Information Functions".) Then only the connection knows, as long as nobody else has inserted there.
 */
export class OwnInsertId {
  /** By the last reply, or asked for. */
  value: Id = 0;
  /** Of connections where LAST_INSERT_ID() gives it. */
  token: Mark = { value: 0 };
  /** The statement whose connection knows; null: `value` is sure. */
  private left: Left | null = null;

  /** false: `value` is what it is in nearly all cases, and `at` knows. */
  get isSure(): boolean {
    return this.left === null;
  }

  /** Nobody has given the session one. */
  get isNone(): boolean {
    return this.left === null && this.value === 0;
  }

  /** Executed what set it. */
  get at(): PooledConnection | null {
    return this.left === null ? null : this.left.at;
  }

  /** `command` has been answered by `connection`. */
  follow(connection: PooledConnection, tracker: ReplyTracker, command: Command, failed: boolean): void {
    const { effects } = command;
    const id = tracker.lastInsertId;
    const inserts = (effects & Effect.leavesRowCount) !== 0;
    const setsUnseen = (effects & SETS_UNSEEN) !== 0;
    // Behind the rows of RETURNING there is no id.
    const hidesId = inserts && (tracker.resultSets > 0 || (effects & Effect.multiple) !== 0);
    const isUnseen = setsUnseen || hidesId || (inserts && failed);
    const mayLeave = failed || (hidesId && !setsUnseen);
    const seemsOwn = !failed && (id !== 0 || tracker.resultSets > 0);
    if (id === 0 && (!isUnseen || (failed && REFUSED.has(tracker.errno) && (effects & MAY_HAVE_BEGUN) === 0))) return;
    if (!setsUnseen && !mayInsert(command)) return;
    const wasOn = this.isOn(connection);
    const foreign = connection.insertToken === null ? 0 : (connection.insertToken as Mark).value;
    const { left, value } = this;
    const earlier = left !== null && !wasOn && left.depth < MOST_UNSURE && left.at.insertToken === left ? left : null;
    if (id !== 0) this.value = id;
    this.left = new Left(connection, this.value, wasOn, value, earlier, foreign, mayLeave, seemsOwn, isUnseen);
    this.token = this.tokenOf(this.left);
    connection.insertToken = this.left;
  }

  private tokenOf(left: Left): Mark {
    return left.wasOn ? left : { value: null };
  }

  /** LAST_INSERT_ID() there is the session's. */
  isOn(connection: PooledConnection | null): boolean {
    if (connection === null) return false;
    return connection.insertToken === this.token || (connection.insertToken === null && this.isSure && this.value === 0);
  }

  /** What LAST_INSERT_ID() has to be set to on `connection` before the command runs there; null: nothing. */
  idToSet(connection: PooledConnection, command: Command): Id | null {
    if ((command.effects & NEEDS_INSERT_ID) !== 0) return this.isOn(connection) ? null : this.value;
    if (!this.mayMistake(connection, command)) return null;
    return this.isSure ? this.value : 0;
  }

  /**
   * The command is about to insert there, where the id of another session is that nobody is asked for any more: by hand it may give the same,
   * which would look as if it had been generated. Users that never read ids do not pay for that.
   */
  private mayMistake(connection: PooledConnection, command: Command): boolean {
    const foreign = connection.insertToken as Mark | null;
    if (foreign === null || foreign.value === 0 || connection.identity.interest.insertIds <= 0 || this.isOn(connection)) return false;
    for (let { left } = this; left !== null; left = left.earlier) if (left === foreign) return false;
    return mayInsert(command);
  }

  /** `idToSet` has been set. */
  onSet(connection: PooledConnection, { effects }: Command): void {
    const isForItself = (effects & NEEDS_INSERT_ID) !== 0;
    connection.insertToken = isForItself || this.isSure ? this.token : NOBODYS;
    if (!isForItself) connection.identity.interest.insertIds -= 1;
  }

  /** Somebody else is about to use `connection`, which alone knows. Users that never read ids stop paying for them. */
  isToBeAskedAt(connection: PooledConnection): boolean {
    for (let { left } = this; left !== null; left = left.earlier)
      if (left.at === connection && connection.insertToken === left) return left.isUnseen || connection.identity.interest.insertIds > 0;
    return false;
  }

  /** `connection` has said what it is there. */
  onAnswer(connection: PooledConnection, id: Id): void {
    for (let { left } = this; left !== null; left = left.earlier) if (left.at === connection && left.value === null) left.value = id;
    this.settle();
  }

  /** By what is known of the last statement, or, where that has left it as it was, of those before. */
  private settle(): void {
    for (let { left } = this; left !== null; left = left.earlier) {
      if (left.value === null) {
        this.left = left;
        this.value = left.told;
        this.token = this.tokenOf(left);
        return;
      }
      const { own } = left;
      if (own === null && left.earlier !== null) continue;
      this.value = own ?? left.before;
      break;
    }
    this.left = null;
    this.token.value = this.value;
  }

  /** COM_RESET_CONNECTION, COM_CHANGE_USER. */
  clear(): void {
    this.value = 0;
    this.token = { value: 0 };
    this.left = null;
  }
}
