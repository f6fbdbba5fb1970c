import { ReplyKind, type ReplyTracker } from '../protocol/reply-tracker.js';
import { Effect } from '../sql/verdict.js';
import type { Command } from './command.js';

/** ER_BAD_FIELD_ERROR: what MariaDB, for which `$$` is a name, answers to the probe that mysql programs begin with. */
const UNKNOWN_COLUMN = 1054;
const DOLLAR_PROBE = /^select \$\$$/i;
/** ER_PARSE_ERROR; ER_INVALID_CHARACTER_STRING: of a literal, or of a line of LOAD DATA, which is read later. */
const SYNTAX_ERROR = 1064;
const INVALID_CHARACTERS = 1300;
const RUNS_BEFORE_IT_READS: ReadonlySet<string | undefined> = new Set(['CALL', 'LOAD']);

/** A syntax error of a single statement, or one in its characters, e.g. the probe `select $$` of mysql programs. Within CALL or EXECUTE it can come after work was done. */
export function nothingWasExecuted({ effects, entry }: Command, tracker: ReplyTracker): boolean {
  if (tracker.errno === UNKNOWN_COLUMN && entry !== null && DOLLAR_PROBE.test(entry.digestText)) return true;
  if ((tracker.errno !== SYNTAX_ERROR && tracker.errno !== INVALID_CHARACTERS) || tracker.resultSets > 0) return false;
  // No function has SQL that is parsed while it runs; values it may well have.
  if (tracker.errno === INVALID_CHARACTERS && (effects & Effect.unknownState) !== 0) return false;
  return (effects & (Effect.multiple | Effect.sqlPrepare)) === 0 && !RUNS_BEFORE_IT_READS.has(entry?.verdict.command);
}

/** What may set variables of the session and then fail. */
const MAY_SET = Effect.setsVariables | Effect.setsNames | Effect.setsIdentity | Effect.unknownState | Effect.sqlPrepare | Effect.multiple;

/** Variables may have changed that the reply had no room for: an error has none, and rows end with an EOF packet that only says so. */
export function mayHaveChangedUnseen(command: Command, tracker: ReplyTracker, failed: boolean): boolean {
  // A text that only reads sets nothing; on a reader, what is to be read back would keep the session there.
  if ((command.effects & MAY_SET) === 0 || command.entry?.verdict.readOnly === true) return false;
  return failed ? !nothingWasExecuted(command, tracker) : tracker.endedUnseen;
}

/** Errors of the text, the packet or the prepared statement; those of names and rights may come from within a trigger or function as well. */
const BEFORE_EXECUTION: ReadonlySet<number> = new Set([SYNTAX_ERROR, 1153, 1243, 1461, 1615]);

/**
 * A write has failed whose triggers and functions may have set variables, made temporary tables or taken locks: an error reports nothing, and
 * MariaDB (10.11) does not do so later either.
 */
export function mayHaveLeftUnseen({ effects, replyKind, entry }: Command, { errno }: ReplyTracker): boolean {
  if ((effects & Effect.leavesRowCount) === 0 || entry?.verdict.readOnly === true) return false;
  return (replyKind === ReplyKind.query || replyKind === ReplyKind.execute) && !BEFORE_EXECUTION.has(errno);
}

/** START TRANSACTION READ ONLY that may be begun on another connection as well: without a snapshot of its moment, and nothing beside it. */
export function beginsAnywhere({ entry, effects }: Command): boolean {
  return (effects & Effect.multiple) === 0 && !/snapshot/i.test(entry?.digestText ?? '');
}

/** ROW_COUNT(), FOUND_ROWS(), warnings and the insert id can only be asked for on the connection that ran the statement. */
export function leavesDiagnostics({ effects }: Command, tracker: ReplyTracker, failed: boolean): boolean {
  const asks = (effects & (Effect.leavesRowCount | Effect.calculatesFoundRows)) !== 0;
  return asks || failed || tracker.warnings > 0 || tracker.lastInsertId !== 0;
}

/** The packet of the event is the whole reply so far. */
export function isFirstPacket(tracker: ReplyTracker): boolean {
  return tracker.forwardedBytes === tracker.packetEnd - tracker.packetStart;
}
