import { findVariable, variableTable } from '../config/variables.js';
import type { TextValue } from '../protocol/packets/text-row.js';
import { suggestion } from './catalog.js';
import type { AdminContext, AdminSession } from './context.js';
import { AdminError } from './reply.js';
import { SESSION_VARIABLES } from './session-variables.js';

type Value = (context: AdminContext, session: AdminSession) => string | number | null;

export const VERSION_COMMENT = '(ProxySQL Admin Module)';

/** Functions of MySQL that take no argument and tell about the session. Keys in upper case, without brackets. */
export const SESSION_FUNCTIONS: Readonly<Record<string, Value>> = {
  VERSION: ({ control }) => control.version,
  CONNECTION_ID: (_context, session) => session.id,
  CURRENT_USER: (_context, session) => session.username,
  SESSION_USER: (_context, session) => session.username,
  SYSTEM_USER: (_context, session) => session.username,
  USER: (_context, session) => session.username,
  DATABASE: (_context, session) => schemaOf(session),
  SCHEMA: (_context, session) => schemaOf(session),
};

/** As ProxySQL names it, until USE names another one. */
function schemaOf({ schema, role }: AdminSession): string {
  if (schema !== '') return schema;
  return role === 'admin' ? 'admin' : 'stats';
}

/**
 * What `@@name` is. `@@mysql-x` and `@@admin-x` are the values of the memory layer, for administrators.
 * @param name without `@@`, `global.` and `session.`
 * @throws AdminError with the nearest name
 */
export function systemVariable(name: string, context: AdminContext, session: AdminSession): TextValue {
  const lower = name.toLowerCase();
  if (lower === 'version_comment') return VERSION_COMMENT;
  if (lower === 'version') return context.control.version;
  if (lower === 'pseudo_thread_id') return session.id;
  if (lower === 'warning_count') return session.warnings.length;
  if (Object.hasOwn(SESSION_VARIABLES, lower)) return SESSION_VARIABLES[lower] ?? null;
  const record = session.role === 'admin' ? findVariable(name) : undefined;
  if (record !== undefined) return context.store.memoryVariables().get(record.name) ?? null;
  throw new AdminError(`unknown variable: @@${name}${suggestion(name, namesFor(session))}`);
}

function namesFor({ role }: AdminSession): string[] {
  const own = role === 'admin' ? variableTable.map((record) => record.name) : [];
  return [...own, ...Object.keys(SESSION_VARIABLES), 'version', 'version_comment'];
}
