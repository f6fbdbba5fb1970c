import { schemaList, suggestion } from '../catalog.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import { AdminError, ok } from '../reply.js';

/** What clients of MySQL and ProxySQL name although there is no such schema. */
export const SCHEMAS_OF_CLIENTS: readonly string[] = ['admin', 'mysql'];

/** ER_BAD_DB_ERROR: drivers tell by it that a schema is missing. */
const UNKNOWN_DATABASE = { errno: 1049, sqlState: '42000' } as const;

/** USE x, and COM_INIT_DB: remembered for DATABASE(); names without a schema are looked up in all of them. */
export const use: AdminCommand = {
  pattern: /^USE\s+(`[^`]*`|\S+)$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, named], context, session) {
    const schema = literalOf(named!);
    const known = [...schemaList(context.databaseOf(session.role)).map(({ name }) => name), ...SCHEMAS_OF_CLIENTS];
    if (!known.includes(schema.toLowerCase()))
      throw new AdminError(`Unknown database '${schema}'${suggestion(schema, known)}`, UNKNOWN_DATABASE);
    session.schema = schema.toLowerCase();
    return ok();
  },
};
