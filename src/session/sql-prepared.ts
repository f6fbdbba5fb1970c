import type { StatementAnalyzer } from '../sql/analyzer.js';
import { parsePreparedText, parseUsing, withExpressions } from '../sql/prepare-text.js';
import { parsePreparedName } from '../sql/session-text.js';
import { Definitions, Effect, type Effects, type LexModes, type Verdict } from '../sql/verdict.js';
import type { Command } from './command.js';
import { mayRename } from './named-pins.js';

/** A text that PREPARE has given a name. */
interface PreparedText {
  readonly text: Buffer;
  readonly lexMode: LexModes;
  /** Of the session then: what its names without a schema mean. */
  readonly schema: string;
  readonly verdict: Verdict;
}

/** ER_UNKNOWN_STMT_HANDLER. */
const UNKNOWN_STATEMENT = 1243;
/** What of a prepared statement its EXECUTE does. The others say where a statement must run; an EXECUTE runs where it was prepared. */
const NOT_OF_EXECUTE = Effect.readsDiagnostics | Effect.readsConnectionId;
/** Statements whose effects are followed by the words of their own digest, or not at all. */
const NOT_FOLLOWED = Effect.unknownState | Effect.multiple | Effect.xa | Effect.sqlPrepare | Effect.sqlDeallocate | Effect.kill;

/**
 * The statements that a session has prepared as SQL: their names, until the last DEALLOCATE, and what executing them does, as far as their text is known.
 * Names are compared without case, and one that is not plain is never thought to be gone.
 */
export class SqlPrepared {
  /** By name; null: its text is not known. */
  private readonly statements = new Map<string, PreparedText | null>();
  private isUnsure = false;

  constructor(private readonly context: { readonly analyzer: StatementAnalyzer }) {}

  /** None is left. False also when one may be there whose name is not known. */
  get areGone(): boolean {
    return this.statements.size === 0 && !this.isUnsure;
  }

  /** In front of an EXECUTE: gives the command the effects and the text of what is executed. @returns whether that changes definitions */
  resolve(command: Command, schema: string): boolean {
    const { text, lexMode } = command;
    if (text === null || (command.effects & (Effect.sqlPrepare | Effect.multiple)) !== Effect.sqlPrepare) return false;
    if (command.entry?.verdict.command !== 'EXECUTE') return false;
    const name = parsePreparedName(text, lexMode)?.name;
    const prepared = name === undefined ? this.immediate(text, lexMode, schema) : this.statements.get(name);
    if (prepared === undefined && !this.isUnsure && isPlain(name)) command.effects = Effect.sqlPrepare;
    if (prepared === undefined || prepared === null || prepared.schema !== schema || !isFollowed(prepared.verdict)) return false;
    command.effects = effectsOf(command.effects, prepared.verdict);
    command.text = prepared.text;
    command.lexMode = prepared.lexMode;
    return prepared.verdict.definitions === Definitions.changes;
  }

  /** A PREPARE or DEALLOCATE has been answered; `errno` 0: it succeeded. */
  follow({ effects, entry, text, lexMode }: Command, schema: string, errno: number): void {
    if ((effects & (Effect.sqlPrepare | Effect.sqlDeallocate)) === 0 || entry?.verdict.command === 'EXECUTE') return;
    const prepared = text === null || (effects & Effect.multiple) !== 0 ? null : parsePreparedName(text, lexMode);
    if (prepared === null || text === null || !isPlain(prepared.name)) this.isUnsure = this.isUnsure || (effects & Effect.sqlPrepare) !== 0;
    else if (prepared.verb === 'deallocate') {
      if (errno === 0 || errno === UNKNOWN_STATEMENT) this.statements.delete(prepared.name);
    } else if (errno === 0) this.statements.set(prepared.name, this.read(parsePreparedText(text, lexMode), lexMode, schema));
    // Servers drop the one that had the name, unless they did not get as far as that.
    else if (this.statements.has(prepared.name)) this.statements.set(prepared.name, null);
  }

  /**
   * The KILL that this text, an EXECUTE, executes, with what USING gives its parameters; null: something else, or nobody knows what.
   * `isMariadb`: it may be an EXECUTE IMMEDIATE.
   */
  killOf(text: Uint8Array, lexMode: LexModes, isMariadb: boolean): Buffer | null {
    const name = parsePreparedName(text, lexMode)?.name;
    const prepared = name === undefined ? (isMariadb ? this.immediate(text, lexMode, '') : null) : this.statements.get(name);
    if (prepared === undefined || prepared === null || (prepared.verdict.effects & Effect.kill) === 0) return null;
    const values = parseUsing(text, lexMode);
    return values === null ? null : withExpressions(prepared.text, prepared.lexMode, values);
  }

  clear(): void {
    this.statements.clear();
    this.isUnsure = false;
  }

  private immediate(text: Uint8Array, lexMode: LexModes, schema: string): PreparedText | null {
    return this.read(parsePreparedText(text, lexMode), lexMode, schema);
  }

  private read(text: Buffer | null, lexMode: LexModes, schema: string): PreparedText | null {
    if (text === null) return null;
    const { verdict } = this.context.analyzer.analyse(text, 0, text.length, lexMode);
    return { text, lexMode, schema, verdict };
  }
}

function isPlain(name: string | undefined): boolean {
  return name !== undefined && /^[a-z0-9_$]+$/.test(name);
}

function isFollowed({ command, effects }: Verdict): boolean {
  return (effects & NOT_FOLLOWED) === 0 && !mayRename(command);
}

function effectsOf(execute: Effects, prepared: Verdict): Effects {
  return (execute & ~Effect.unknownState) | (prepared.effects & ~NOT_OF_EXECUTE);
}
