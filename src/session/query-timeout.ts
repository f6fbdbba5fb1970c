import { type ServerError, weirError } from '../base/errors.js';
import type { Command } from './command.js';
import type { SessionContext } from './context.js';
import type { SessionConnections } from './session-connections.js';

/** How long a server may take to obey KILL QUERY, once weir had the time to connect for it. */
const KILL_GRACE_MS = 2_000;

/** Called once a second. A server that does not react to KILL QUERY is not waited for any longer. */
export function enforceQueryTimeout(context: SessionContext, command: Command, connections: SessionConnections, now: number): void {
  const { active } = connections;
  const { queryTimeoutMs, connectTimeoutServerMs } = context.snapshot.variables;
  if (active === null || queryTimeoutMs === 0) return;
  if (command.killedMs === 0) {
    if (now - command.startedMs <= queryTimeoutMs) return;
    command.killedMs = now;
    context.stats.counters.killedQueries++;
    context.killOnServer(active, () => connections.active === active && command.killedMs === now);
  } else if (now - command.killedMs > connectTimeoutServerMs + KILL_GRACE_MS) {
    active.destroy(new Error(`no end within mysql-default_query_timeout (${queryTimeoutMs} ms), nor after KILL QUERY`));
  }
}

export function timeoutError(context: Pick<SessionContext, 'snapshot'>): ServerError {
  const { queryTimeoutMs } = context.snapshot.variables;
  return weirError('queryInterrupted', {}, { detail: `it took longer than mysql-default_query_timeout (${queryTimeoutMs} ms)` });
}
