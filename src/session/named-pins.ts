import type { DigestEntry } from '../sql/digest-entry.js';
import { parseCreatedTemporaryTable, parseDroppedTables, parseHandler, parseUserLockCalls, type TableName } from '../sql/session-text.js';
import { Effect, type Effects } from '../sql/verdict.js';
import type { Command } from './command.js';
import { Pin, type Pins } from './pins.js';

/** Effects of statements that begin or end a pin whose cause has a name; their text is looked at once they have been executed. */
export const NAMED_EFFECTS: Effects =
  Effect.createsTemporaryTable |
  Effect.dropsTable |
  Effect.opensHandler |
  Effect.closesHandler |
  Effect.takesUserLock |
  Effect.releasesUserLock |
  Effect.sqlPrepare |
  Effect.sqlDeallocate;

/** Behind a statement of this command (`Verdict.command`) a temporary table may have another name. */
export const mayRename = (command: string): boolean => /^(ALTER|RENAME)_/.test(command);

/** Things of one kind that are only on the session's connection. */
class Things {
  private readonly names = new Set<string>();
  private isUnsure = false;

  /** None is left. False also when one may be there whose name is not known. */
  get areGone(): boolean {
    return this.names.size === 0 && !this.isUnsure;
  }

  /** null: its name could not be read. */
  add(name: string | null): void {
    if (name === null || name.includes('\ufffd')) this.isUnsure = true;
    else this.names.add(name);
  }

  remove(name: string): void {
    this.names.delete(name);
  }

  /** Their names may have changed. */
  doubt(): void {
    this.isUnsure = this.isUnsure || this.names.size > 0;
  }

  /** One of them may be among the words of a text; of a table, the name without its schema is looked for. */
  mayBeIn(text: string): boolean {
    if (this.isUnsure) return true;
    for (const name of this.names) if (mayContain(text, name.slice(name.lastIndexOf('\0') + 1))) return true;
    return false;
  }

  clear(): void {
    this.names.clear();
    this.isUnsure = false;
  }
}

/** Letters that mean the same to every server and in every character set. */
const PLAIN_NAME = /^[a-z0-9_$]+$/;

/** Whether `name` is a word of `text`, which is in lower case; true where that is not sure. */
function mayContain(text: string, name: string): boolean {
  const wanted = name.toLowerCase();
  if (!PLAIN_NAME.test(wanted)) return true;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (!PLAIN_NAME.test(text[at - 1] ?? ' ') && !PLAIN_NAME.test(text[at + wanted.length] ?? ' ')) return true;
  }
  return false;
}

/** Locks of GET_LOCK by name and how often each was asked for. One that was not granted counts too: rather kept too long than let go. */
class UserLocks {
  private readonly counts = new Map<string, number>();
  private isUnsure = false;

  get areGone(): boolean {
    return this.counts.size === 0 && !this.isUnsure;
  }

  /** `text` null: it is not known what was called. */
  follow({ effects, lexMode }: Command, text: Buffer | null, failed: boolean): void {
    const takes = (effects & Effect.takesUserLock) !== 0;
    if (!takes && (effects & Effect.releasesUserLock) === 0) return;
    const calls = text === null ? null : parseUserLockCalls(text, lexMode);
    if (calls === null || (failed && calls.length > 1)) {
      this.isUnsure = this.isUnsure || takes;
      return;
    }
    if (failed) return;
    for (const { verb, name } of calls) {
      if (verb === 'release-all') this.clear();
      else this.count(name, verb === 'get' ? 1 : -1);
    }
  }

  private count(name: string, by: number): void {
    const count = (this.counts.get(name) ?? 0) + by;
    if (count > 0) this.counts.set(name, count);
    else this.counts.delete(name);
  }

  clear(): void {
    this.counts.clear();
    this.isUnsure = false;
  }
}

/**
 * Tells when the last temporary table, lock or HANDLER of a session has ended, so that its connection need not be kept for it. Names are
 * compared as they are written: where a server takes `T` for `t`, a pin outlives its cause, which costs a connection and no answer.
 */
export class NamedPins {
  private readonly tables = new Things();
  private readonly handlers = new Things();
  private readonly locks = new UserLocks();

  /**
   * The pins after a statement; `pins` are those that its effects lead to. `schema`: the one that names without a schema mean.
   * `isEmpty`: its result has no row, as with `sql_select_limit = 0`, so nothing in it may have been called.
   */
  after(pins: Pins, command: Command, schema: string, failed: boolean, isEmpty: boolean): Pins {
    const { effects } = command;
    const text = (effects & Effect.multiple) === 0 ? command.text : null;
    this.followTables(command, text, schema, failed);
    this.followHandlers(command, text, failed);
    this.locks.follow(command, isEmpty ? null : text, failed);
    let next = pins;
    if (this.tables.areGone) next &= ~Pin.temporaryTable;
    if (this.handlers.areGone) next &= ~Pin.handler;
    if (this.locks.areGone) next &= ~Pin.userLock;
    return next;
  }

  /** A statement may name a temporary table, whatever schema it says or means. */
  mayHaveTableOf({ digestText, isCut }: DigestEntry): boolean {
    return isCut || this.tables.mayBeIn(digestText.toLowerCase());
  }

  private followTables({ effects, entry, lexMode }: Command, text: Buffer | null, schema: string, failed: boolean): void {
    if ((effects & Effect.createsTemporaryTable) !== 0) {
      const table = text === null ? null : parseCreatedTemporaryTable(text, lexMode);
      // A function that the SELECT behind it calls may have made one.
      if (failed && (effects & Effect.leavesRowCount) !== 0) this.tables.add(null);
      else if (table === null || !failed) this.tables.add(keyOf(table, schema));
    }
    if ((effects & Effect.dropsTable) !== 0 && !failed && text !== null) {
      for (const table of parseDroppedTables(text, lexMode) ?? []) this.tables.remove(keyOf(table, schema) ?? '');
    }
    if (mayRename(entry?.verdict.command ?? '') || (effects & Effect.multiple) !== 0) this.tables.doubt();
  }

  private followHandlers({ effects, lexMode }: Command, text: Buffer | null, failed: boolean): void {
    if ((effects & (Effect.opensHandler | Effect.closesHandler)) === 0) return;
    const handler = text === null ? null : parseHandler(text, lexMode);
    if ((effects & Effect.opensHandler) !== 0) {
      if (handler === null || !failed) this.handlers.add(handler?.name ?? null);
    } else if (handler !== null && !failed) this.handlers.remove(handler.name);
  }

  /** The connection is gone or has been reset. */
  clear(): void {
    this.tables.clear();
    this.handlers.clear();
    this.locks.clear();
  }
}

function keyOf(table: TableName | null, schema: string): string | null {
  return table === null ? null : `${table.schema ?? schema}\0${table.name}`;
}
