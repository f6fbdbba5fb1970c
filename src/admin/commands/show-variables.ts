import { type AdminCommand, everybody } from '../command.js';
import type { AdminContext, AdminSession } from '../context.js';
import { VERSION_COMMENT } from '../session-values.js';
import { SESSION_VARIABLES } from '../session-variables.js';
import { FILTER, filtered } from './show-filter.js';

type Pair = readonly [string, string | null];

/**
 * SHOW [GLOBAL|SESSION|LOCAL|ALL|MYSQL|ADMIN|…] VARIABLES [LIKE 'p' | WHERE …]: the memory layer. A question for some of them also finds
 * those of a MySQL session, which drivers and tools ask for by name.
 */
export const showVariables: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+(?:(GLOBAL|SESSION|LOCAL|ALL|MYSQL|ADMIN|LDAP|PGSQL)\\s+)?VARIABLES${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, kind, clause], context, session) {
    const prefix = kind !== undefined && /^(?:mysql|admin|ldap|pgsql)$/i.test(kind) ? `${kind.toLowerCase()}-` : '';
    const own = ownVariables(context, session).filter(([name]) => name.startsWith(prefix));
    const others = prefix === '' && (clause !== undefined || session.role === 'stats') ? sessionVariables(context) : [];
    const pairs = [...own, ...others].sort(([a], [b]) => (a < b ? -1 : 1));
    return filtered(context.databaseOf(session.role), ['Variable_name', 'Value'], pairs, clause);
  },
};

function ownVariables({ store }: AdminContext, { role }: AdminSession): Pair[] {
  return role === 'admin' ? [...store.memoryVariables()] : [];
}

function sessionVariables({ control }: AdminContext): Pair[] {
  return [...Object.entries(SESSION_VARIABLES), ['version', control.version], ['version_comment', VERSION_COMMENT]];
}
