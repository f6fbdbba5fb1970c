import { type ServerError, weirError } from '../base/errors.js';
import type { DataPlaneVariables } from '../config/data-plane-variables.js';
import type { ServerIdentity } from '../config/snapshot.js';

/** What limits in time are about. Times are monotonic milliseconds. */
export interface TimedSession {
  /** Of the last thing that the client did, or the last reply that it got. */
  readonly activeSinceMs: number;
  /** It waits for the client's next command. */
  readonly isIdle: boolean;
  readonly inTransaction: boolean;
  readonly transactionSinceMs: number;
  /** System variables that it has set, as servers report them. */
  readonly variables: ReadonlyMap<string, string>;
}

export type LimitVariables = Pick<DataPlaneVariables, 'waitTimeoutMs' | 'maxTransactionTimeMs' | 'maxTransactionIdleTimeMs'>;

/** A limit that has been exceeded. */
export interface Exceeded {
  /** For the client. */
  readonly error: ServerError;
  /** For the log; null where it is not worth a line. */
  readonly message: string | null;
  readonly limitMs: number;
}

/** The limit that ends the session now; null: none. A limit of 0 is none. */
export function exceededLimit(session: TimedSession, limits: LimitVariables, now: number): Exceeded | null {
  const { waitTimeoutMs, maxTransactionTimeMs, maxTransactionIdleTimeMs } = limits;
  const idleMs = session.isIdle ? now - session.activeSinceMs : 0;
  if (session.inTransaction) {
    const isIdle = isBeyond(idleMs, maxTransactionIdleTimeMs);
    if (isIdle || isBeyond(now - session.transactionSinceMs, maxTransactionTimeMs)) {
      return isIdle ? tooLong('idle_time', maxTransactionIdleTimeMs) : tooLong('time', maxTransactionTimeMs);
    }
  }
  const ownMs = ownWaitMs(session.variables);
  const limitMs = waitTimeoutMs === 0 || (ownMs !== 0 && ownMs < waitTimeoutMs) ? ownMs : waitTimeoutMs;
  return isBeyond(idleMs, limitMs) ? { error: weirError('clientInactive'), message: null, limitMs } : null;
}

/**
 * Whether a server like this tells an idle client why it ends it, in a packet that nobody has asked for: MySQL from 8.0.24 on. Clients of others
 * would take that packet for the reply to their next command. (MySQL 8.0.24 release notes; MariaDB 10.11 was seen to close without a word.)
 */
export function tellsIdleClients({ flavour, version }: ServerIdentity): boolean {
  if (flavour !== 'mysql') return false;
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map((part) => Number.parseInt(part, 10));
  return major > 8 || (major === 8 && (minor > 0 || patch >= 24));
}

/** What the session has set itself, as on a server; 0: nothing. interactive_timeout counts at a server's login only. */
function ownWaitMs(variables: ReadonlyMap<string, string>): number {
  const seconds = variables.get('wait_timeout');
  return seconds === undefined ? 0 : Number(seconds) * 1000;
}

const isBeyond = (ms: number, limitMs: number): boolean => limitMs > 0 && ms > limitMs;

function tooLong(what: 'time' | 'idle_time', limitMs: number): Exceeded {
  const variable = `mysql-max_transaction_${what}`;
  const message =
    what === 'time'
      ? 'transaction took too long: the client is disconnected'
      : 'transaction was idle for too long: the client is disconnected';
  return { error: weirError('transactionTooLong', { variable, limitMs }), message, limitMs };
}
