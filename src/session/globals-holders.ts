import type { Pool } from '../pool/pool.js';
import type { ClientSession } from './client-session.js';
import type { GlobalsHolder } from './global-settings.js';

/** Those that have logged in, or are about to be told so. */
export function globalsHolders(sessions: readonly ClientSession[], pool: Pool): GlobalsHolder[] {
  return sessions.flatMap(({ runner, user }) => {
    if (runner === null || user === null) return [];
    const { connections, session } = runner;
    const keep = (name: string, value: string): void => session.keep(name, value, connections.held);
    return [{ home: pool.hostgroup(user.defaultHostgroup), identity: connections.identity, keep }];
  });
}
