import { type ServerError, weirError } from '../base/errors.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import type { QueryKill } from './query-kill.js';
import type { SessionConnections } from './session-connections.js';

/**
 * How long a server may take to obey KILL QUERY, once weir had the time to connect for it. MariaDB 10.11 takes 2 s for some, and several of them
 * wait for each other; a server that is silent altogether is found by the monitor.
 */
const KILL_GRACE_MS = 10_000;
/** How exactly the limit is kept, and how often all sessions are looked at for that at most and at least. */
const CHECKS_PER_TIMEOUT = 10;
const SHORTEST_CHECK_MS = 50;
const LONGEST_CHECK_MS = 1_000;
/** ER_QUERY_INTERRUPTED: what KILL QUERY leads to. */
const QUERY_INTERRUPTED = 1317;

/** Time between two calls of `endOverdue` for each session, for this mysql-default_query_timeout. */
export function timeoutCheckMs(queryTimeoutMs: number): number {
  if (queryTimeoutMs === 0) return LONGEST_CHECK_MS;
  return Math.min(LONGEST_CHECK_MS, Math.max(SHORTEST_CHECK_MS, queryTimeoutMs / CHECKS_PER_TIMEOUT));
}

/**
 * Ends the command where it takes too long. A server that does not react to KILL QUERY is not waited for any longer: that time is one of
 * AwakeClock, as its reaction may have come while nobody looked.
 */
export function endOverdue(
  context: SessionContext,
  command: Command,
  connections: SessionConnections,
  kill: QueryKill,
  now: number,
  awakeMs: number,
): void {
  const { active } = connections;
  const { queryTimeoutMs, connectTimeoutServerMs } = context.snapshot.variables;
  if (active === null || queryTimeoutMs === 0) return;
  if (command.killedMs === 0) {
    if (now - command.runsSinceMs <= queryTimeoutMs) return;
    command.killedMs = awakeMs;
    kill.endQuery();
  } else if (awakeMs - command.killedMs > connectTimeoutServerMs + KILL_GRACE_MS) {
    active.destroy(new Error(`no end within mysql-default_query_timeout (${queryTimeoutMs} ms), nor after KILL QUERY`));
    // Without its connection, it is ended as a whole: the server would notice late.
    context.killOnServer(active, () => true);
  }
}

/** The server's error is the answer to weir's own KILL. */
export function isTimeout(command: Command, errno: number): boolean {
  return command.killedMs > 0 && errno === QUERY_INTERRUPTED;
}

export function timeoutError(context: Pick<SessionContext, 'snapshot'>): ServerError {
  const { queryTimeoutMs } = context.snapshot.variables;
  return weirError('queryTimeout', {}, { detail: `mysql-default_query_timeout is ${queryTimeoutMs} ms` });
}
