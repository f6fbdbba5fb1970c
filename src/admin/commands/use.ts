import { schemaList, suggestion } from '../catalog.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import { AdminError, ok } from '../reply.js';

/** What clients of MySQL and ProxySQL name although there is no such schema. */
export const SCHEMAS_OF_CLIENTS: readonly string[] = ['admin', 'mysql'];

/** USE x: remembered for DATABASE(); names without a schema are looked up in all of them. */
export const use: AdminCommand = {
  pattern: /^USE\s+(\S+)$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, named], context, session) {
    const schema = literalOf(named!);
    const known = [...schemaList(context.databaseOf(session.role)).map(({ name }) => name), ...SCHEMAS_OF_CLIENTS];
    if (!known.includes(schema.toLowerCase())) throw new AdminError(`Unknown database '${schema}'${suggestion(schema, known)}`);
    session.schema = schema.toLowerCase();
    return ok();
  },
};
