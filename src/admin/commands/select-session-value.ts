import { findVariable } from '../../config/variables.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import type { AdminContext, AdminSession } from '../context.js';
import { AdminError, rows } from '../reply.js';

type Value = (context: AdminContext, session: AdminSession) => string | number | null;

/** What clients ask for at their start. Keys in upper case. */
const VALUES: Readonly<Record<string, Value>> = {
  '@@VERSION_COMMENT': () => '(ProxySQL Admin Module)',
  '@@VERSION': ({ control }) => control.version,
  'VERSION()': ({ control }) => control.version,
  '@@MAX_ALLOWED_PACKET': () => 67_108_864,
  '@@SQL_MODE': () => '',
  '@@COLLATION_DATABASE': () => 'utf8mb4_general_ci',
  '@@GLOBAL.READ_ONLY': () => 0,
  'CONNECTION_ID()': (_context, session) => session.id,
  'CURRENT_USER()': (_context, session) => session.username,
  'USER()': (_context, session) => session.username,
  'DATABASE()': (_context, session) => (session.role === 'admin' ? 'admin' : 'stats'),
  // The mysql client asks at its start whether $$ is a quote, and does not read the rows of an answer.
  $$: () => {
    throw new AdminError("Unknown column '$$' in 'field list'");
  },
};

const EXPRESSION = String.raw`(?:@@[\w.-]+|\w+\(\)|\$\$)(?:\s+AS\s+["'\x60]?\w+["'\x60]?)?`;

/** SELECT of values above, or of @@mysql-x and @@admin-x, each with or without AS alias; LIMIT 1 may follow. */
export const selectSessionValue: AdminCommand = {
  pattern: new RegExp(`^SELECT\\s+(${EXPRESSION}(?:\\s*,\\s*${EXPRESSION})*)(?:\\s+LIMIT\\s+1)?$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, list], context, session) {
    const items = list!.split(',').map((item) => {
      const [expression, alias] = item.trim().split(/\s+AS\s+/i);
      return { column: literalOf(alias ?? expression!), value: sessionValue(expression!, context, session) };
    });
    return rows(
      items.map((item) => item.column),
      [items.map((item) => item.value)],
    );
  },
};

function sessionValue(expression: string, context: AdminContext, session: AdminSession): string | number | null {
  const name = expression.toUpperCase();
  if (Object.hasOwn(VALUES, name)) return VALUES[name]!(context, session);
  const variable = /^@@(?:GLOBAL\.)?((?:mysql|admin)-[\w-]+)$/i.exec(expression)?.[1];
  const record = variable === undefined || session.role !== 'admin' ? undefined : findVariable(variable);
  const value = record && context.store.memoryVariables().get(record.name);
  if (value === undefined) throw new AdminError(`unknown variable or function: ${expression}`);
  return value;
}
