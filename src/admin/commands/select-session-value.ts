import { type AdminCommand, everybody } from '../command.js';
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

/** SELECT of one of the values above [AS alias] [LIMIT 1], or of @@mysql-x and @@admin-x. */
export const selectSessionValue: AdminCommand = {
  pattern: /^SELECT\s+(@@[\w.-]+|\w+\(\)|\$\$)(?:\s+AS\s+["'`]?(\w+)["'`]?)?(?:\s+LIMIT\s+1)?$/i,
  matches: 'text',
  roles: everybody,
  run([, expression, alias], context, session) {
    const name = expression!.toUpperCase();
    const column = alias ?? expression!;
    if (Object.hasOwn(VALUES, name)) return rows([column], [[VALUES[name]!(context, session)]]);
    const variable = /^@@(?:GLOBAL\.)?((?:mysql|admin)-[\w-]+)$/i.exec(expression!)?.[1];
    const value =
      variable === undefined || session.role !== 'admin'
        ? undefined
        : (context.store.memoryVariables().get(variable.toLowerCase()) ?? context.store.memoryVariables().get(variable));
    if (value === undefined) throw new AdminError(`unknown variable or function: ${expression}`);
    return rows([column], [[value]]);
  },
};
