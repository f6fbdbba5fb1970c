import { homeSchema, schemaNamed, tablesIn } from '../catalog.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import { FILTER, filtered } from './show-filter.js';

/** SHOW [FULL] TABLES [FROM|IN db] [LIKE 'p' | WHERE …] */
export const showTables: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+(FULL\\s+)?TABLES(?:\\s+(?:FROM|IN)\\s+([\\w"\`']+))?${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, full, schema, clause], context, session) {
    const database = context.databaseOf(session.role);
    const tables = tablesIn(database, schemaNamed(database, schema === undefined ? homeSchema(session.role) : literalOf(schema)));
    const columns = full === undefined ? ['tables'] : ['tables', 'Table_type'];
    const values = tables.map(({ name }) => (full === undefined ? [name] : [name, 'BASE TABLE']));
    return filtered(database, columns, values, clause);
  },
};
