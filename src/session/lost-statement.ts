import { ReplyKind } from '../protocol/reply-tracker.js';
import { Definitions, Effect, type Verdict } from '../sql/verdict.js';
import type { Command } from './command.js';

/** How far a statement had come when its server was lost. */
export type LossPhase =
  /** Nothing of it left weir, or the server said that it had not read it. */
  | 'unsent'
  /** The server answered that it does not execute it: read_only. */
  | 'refused'
  /** Sent, and no byte of the reply is with the client. */
  | 'unanswered';

/** What was only on the connection that the session kept. */
export type Kept =
  | 'nothing'
  /** A READ ONLY transaction in which no statement has been answered. */
  | 'freshReadOnly'
  /** A READ ONLY transaction: it has nothing to commit. */
  | 'readOnlyTransaction'
  | 'transaction'
  /** Temporary tables, user variables, locks: with or without a transaction. */
  | 'state';

export type LossOutcome =
  /** It runs on another connection. */
  | 'again'
  /** The same, behind START TRANSACTION READ ONLY. */
  | 'againReadOnly'
  /** Nothing of the transaction is there any more: the client may begin it again. */
  | 'transactionLost'
  | 'stateLost'
  /** It may have been executed. */
  | 'fateUnknown'
  /** It may have committed the transaction. */
  | 'commitUnknown';

export interface Loss {
  readonly phase: LossPhase;
  readonly kept: Kept;
  /** Of the session. */
  readonly inTransaction: boolean;
  readonly autocommit: boolean;
  readonly command: LostCommand;
}

export type LostCommand = Pick<Command, 'entry' | 'effects' | 'replyKind'>;

/** The table of ARCHITECTURE.md, "Retries, and what is never sent twice". */
export function outcomeOf(loss: Loss): LossOutcome {
  switch (loss.phase) {
    case 'unsent':
    case 'refused':
      return withoutEffect(loss.kept, loss.command);
    case 'unanswered':
      return withPossibleEffect(loss);
  }
}

function withoutEffect(kept: Kept, command: LostCommand): LossOutcome {
  switch (kept) {
    case 'nothing':
      return 'again';
    case 'freshReadOnly':
      return onlyEndsTransaction(command) ? 'again' : 'againReadOnly';
    case 'readOnlyTransaction':
      return onlyEndsTransaction(command) ? 'again' : 'transactionLost';
    case 'transaction':
      return isRollback(command) ? 'again' : 'transactionLost';
    case 'state':
      return 'stateLost';
  }
}

function withPossibleEffect({ kept, inTransaction, autocommit, command }: Loss): LossOutcome {
  const hasNothingToCommit = kept === 'readOnlyTransaction' || kept === 'freshReadOnly';
  if (isRollback(command)) return withoutEffect(kept, command);
  if (hasNothingToCommit && onlyEndsTransaction(command)) return 'again';
  if (inTransaction && !hasNothingToCommit && mayCommit(command)) return 'commitUnknown';
  if (isRepeatable(command)) return withoutEffect(kept, command);
  if (mayCommit(command)) return 'fateUnknown';
  // What was done in an open transaction ends with its connection; without autocommit the first statement opens one.
  if (inTransaction || !autocommit) return kept === 'state' ? 'stateLost' : 'transactionLost';
  return 'fateUnknown';
}

/** Beginnings and ends of transactions, and settings of a session, do the same on a new connection, whether or not they were done on the lost one. */
const SESSION_ONLY: ReadonlySet<string> = new Set(['BEGIN', 'START_TRANSACTION', 'COMMIT', 'ROLLBACK', 'USE', 'SET']);
const SESSION_EFFECTS =
  Effect.startsTransaction |
  Effect.startsReadOnlyTransaction |
  Effect.endsTransaction |
  Effect.setsVariables |
  Effect.setsNames |
  Effect.setsNextTransaction |
  Effect.setsUserVariable |
  Effect.readsUserVariable |
  Effect.changesSchema;

/** A SET without any is of the account: SET PASSWORD. */
const ASSIGNS = Effect.setsVariables | Effect.setsNames | Effect.setsNextTransaction | Effect.setsUserVariable;

/** May be executed twice. */
export function isRepeatable({ entry, effects, replyKind }: LostCommand): boolean {
  if (entry === null || replyKind === ReplyKind.prepare || entry.verdict.readOnly) return true;
  if (!SESSION_ONLY.has(entry.verdict.command) || (effects & ~SESSION_EFFECTS) !== 0) return false;
  if (entry.verdict.command === 'SET' && (effects & ASSIGNS) === 0) return false;
  // Behind a parenthesis may stand a query or a call of a function, and neither is known to only read.
  return !entry.isCut && !entry.digestText.includes('(');
}

/** Statements that commit nothing by themselves. (MySQL manual, Statements That Cause an Implicit Commit: those that do are too many to name.) */
const COMMITS_NOTHING: ReadonlySet<string> = new Set([
  'INSERT',
  'REPLACE',
  'UPDATE',
  'DELETE',
  'DO',
  'SAVEPOINT',
  'RELEASE_SAVEPOINT',
  'ROLLBACK_SAVEPOINT',
  'USE',
  'HANDLER',
  'EXPLAIN',
  'CREATE_TEMPORARY',
]);
const MAY_COMMIT =
  Effect.unknownState |
  Effect.sqlPrepare |
  Effect.xa |
  Effect.startsTransaction |
  Effect.startsReadOnlyTransaction |
  Effect.endsTransaction |
  Effect.locksTables |
  Effect.unlocksTables |
  Effect.setsIdentity;

const CALLS: ReadonlySet<string> = new Set(['unknown-function', 'stored-function-possible', 'writing-function', 'sequence']);
const PLAIN_WRITES: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/** A write of which nothing is unknown but functions that it calls: they can not commit, and a server that takes no writes calls none. */
export const onlyCalls = ({ command, effects, reasons }: Verdict): boolean =>
  PLAIN_WRITES.has(command) && (effects & Effect.multiple) === 0 && CALLS.has(reasons[0]!.code);

function mayCommit({ entry, effects, replyKind }: LostCommand): boolean {
  if (entry === null || replyKind === ReplyKind.prepare) return false;
  if ((effects & MAY_COMMIT & (onlyCalls(entry.verdict) ? ~Effect.unknownState : -1)) !== 0) return true;
  const { command, definitions, readOnly } = entry.verdict;
  if (readOnly) return false;
  // Named after the first of them.
  if ((effects & Effect.multiple) !== 0) return true;
  if (command.startsWith('SELECT')) return false;
  // (MySQL manual, the same page: SET PASSWORD and SET DEFAULT ROLE.)
  const isOfAccount = (effects & (ASSIGNS | Effect.changesNewSessions)) === 0 || definitions === Definitions.changes;
  if (command === 'SET') return entry.isCut || isOfAccount || /autocommit/i.test(entry.digestText);
  // IMPORT TABLE, which commits, counts as LOAD too.
  if (command === 'LOAD') return (effects & Effect.leavesRowCount) === 0;
  return !COMMITS_NOTHING.has(command);
}

function onlyEndsTransaction({ effects }: LostCommand): boolean {
  return (effects & Effect.endsTransaction) !== 0 && (effects & Effect.multiple) === 0;
}

/** Wanted: that nothing of the transaction stays. A lost connection has seen to that. */
export function isRollback(command: LostCommand): boolean {
  return command.entry?.verdict.command === 'ROLLBACK' && onlyEndsTransaction(command);
}
