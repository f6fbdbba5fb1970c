import type { StatementKind, Tolerated } from './messages.js';

/** Numbers of weir's errors that tell something about the fate of a statement. */
const TRANSACTION_LOST = [1213, 9100];
const STATEMENT_FATE_UNKNOWN = [2013, 9101];
const NO_SERVER = [9001, 9002];
/** A login that the server refuses: the statement never left weir. */
const LOGIN_REFUSED = [1045, 9102];
const WAIT_SLACK_MS = 200;

export interface Failure {
  readonly errno: number;
  readonly message: string;
  /** The client's connection has ended with it. */
  readonly fatal: boolean;
}

export interface FailedStatement {
  readonly kind: StatementKind;
  /** Of a transaction: which of its statements it was. */
  readonly step: 'only' | 'begin' | 'body' | 'commit' | 'rollback';
  readonly elapsedMs: number;
}

/** What a failure says, or null: no fault of a server is an excuse for it. */
export function classify(failure: Failure, statement: FailedStatement, waitForServerMs: number): Tolerated | null {
  if (failure.fatal || statement.kind === 'read' || statement.kind === 'preparedRead') return null;
  const { errno } = failure;
  if (LOGIN_REFUSED.includes(errno) && isFirst(statement)) return 'notExecuted';
  if (NO_SERVER.includes(errno)) {
    const hasWaited = errno !== 9001 || statement.elapsedMs >= waitForServerMs - WAIT_SLACK_MS;
    return hasWaited && isFirst(statement) ? 'notExecuted' : null;
  }
  if (statement.step === 'only') return STATEMENT_FATE_UNKNOWN.includes(errno) ? 'fateUnknown' : null;
  if (statement.step === 'commit' && STATEMENT_FATE_UNKNOWN.includes(errno)) return 'fateUnknown';
  return TRANSACTION_LOST.includes(errno) ? 'transactionLost' : null;
}

/** Of a transaction that has begun on a server, nothing is sent to another one; a ROLLBACK after its loss has nothing to roll back. */
const isFirst = ({ step }: FailedStatement): boolean => step === 'only' || step === 'begin' || step === 'rollback';

export function failureOf(error: unknown): Failure {
  const { errno, message, fatal } = error as { errno?: number; message?: string; fatal?: boolean };
  return { errno: errno ?? 0, message: message ?? String(error), fatal: fatal === true };
}
