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

type Id = number | bigint;

/** Stands for what LAST_INSERT_ID() gives on a connection; 0 on those that have none. */
interface Mark {
  /** null: not known. */
  value: Id | null;
}

/**
 * What LAST_INSERT_ID() gives in a session. Replies do not say it for sure: of an INSERT they have the id that was given by hand too, which is not
 * what LAST_INSERT_ID() gives then, and of LAST_INSERT_ID(expr) or a failed INSERT of several rows nothing. (Observed on MariaDB 10.11 and
 * MySQL 9.7; MySQL manual, "Information Functions".) Then only the connection knows, as long as nobody else has inserted there.
 */
export class OwnInsertId {
  /** By the last reply, or asked for. */
  value: Id = 0;
  /** false: `value` is what it is in nearly all cases, and `at` knows. */
  isSure = true;
  /** Of connections where LAST_INSERT_ID() gives it. */
  token: Mark = { value: 0 };
  /** Executed what set it. */
  at: PooledConnection | null = null;
  /** What `at` is marked with: another mark than the token where the id that was there before was not the session's. */
  private mark: Mark = this.token;
  /** The session's, and that of `at`, in front of the statement. */
  private before: Id = 0;
  private foreign: Id | null = null;
  private hasFailed = false;
  /** Nothing but the connection has an idea of it. */
  private isUnseen = false;

  /** `command` has been answered by `connection`. */
  follow(connection: PooledConnection, tracker: ReplyTracker, command: Command, failed: boolean): void {
    const { effects } = command;
    const id = tracker.lastInsertId;
    const inserts = (effects & Effect.leavesRowCount) !== 0;
    const isUnseen = (effects & SETS_UNSEEN) !== 0 || (inserts && (failed || (effects & Effect.multiple) !== 0));
    if (id === 0 && (!isUnseen || (failed && REFUSED.has(tracker.errno) && (effects & MAY_HAVE_BEGUN) === 0))) return;
    const wasOn = this.isOn(connection);
    this.foreign = connection.insertToken === null ? 0 : (connection.insertToken as Mark).value;
    this.before = this.value;
    this.hasFailed = failed;
    if (id !== 0) this.value = id;
    this.isUnseen = isUnseen;
    this.isSure = false;
    this.at = connection;
    this.token = { value: null };
    this.mark = wasOn ? this.token : { value: null };
    connection.insertToken = this.mark;
  }

  /** LAST_INSERT_ID() there is the session's. */
  isOn(connection: PooledConnection | null): boolean {
    if (connection === null) return false;
    return connection.insertToken === this.token || (connection.insertToken === null && this.isSure && this.value === 0);
  }

  /** Somebody else is about to use `connection`, which alone knows. Users that never read ids stop paying for them. */
  isToBeAskedAt(connection: PooledConnection): boolean {
    const isOnlyThere = !this.isSure && this.at === connection && connection.insertToken === this.mark;
    return isOnlyThere && (this.isUnseen || connection.identity.interest.insertIds > 0);
  }

  /** `at` has said what it is there. */
  onAnswer(id: Id): void {
    this.value = this.mark === this.token ? id : this.ownOf(id);
    this.mark.value = id;
    this.token.value = this.value;
    this.isSure = true;
    this.at = null;
  }

  /** Where it was another session's before, the statement has either changed it or left it. */
  private ownOf(id: Id): Id {
    if (!this.isUnseen) return id === this.value ? id : this.before;
    if (!this.hasFailed) return id;
    return this.foreign === null || id === this.foreign ? this.before : id;
  }

  /** COM_RESET_CONNECTION, COM_CHANGE_USER. */
  clear(): void {
    this.value = 0;
    this.isSure = true;
    this.token = { value: 0 };
    this.at = null;
  }
}
