import { quoteIdentifier } from '../../config/tables.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import { AdminError, rows } from '../reply.js';

/** SHOW CREATE TABLE [db.]t */
export const showCreateTable: AdminCommand = {
  pattern: /^SHOW\s+CREATE\s+TABLE\s+(?:([\w"`]+)\.)?([\w"`]+)$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema, table], context, session) {
    const database = context.databaseOf(session.role);
    const name = literalOf(table!);
    const schemas =
      schema === undefined ? (database.pragma('database_list') as { name: string }[]).map((each) => each.name) : [literalOf(schema)];
    for (const each of schemas) {
      const row = database
        .prepare<[string], { sql: string }>(`SELECT sql FROM ${quoteIdentifier(each)}.sqlite_master WHERE name = ?`)
        .get(name);
      if (row) return rows(['table', 'Create Table'], [[name, row.sql]]);
    }
    throw new AdminError(`no such table: ${name}`);
  },
};
