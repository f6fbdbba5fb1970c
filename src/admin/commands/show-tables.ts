import { quoteIdentifier } from '../../config/tables.js';
import { type AdminCommand, everybody, likeTest, literalOf } from '../command.js';
import { AdminError, rows } from '../reply.js';

/** SHOW TABLES [FROM|IN db] [LIKE 'p'] */
export const showTables: AdminCommand = {
  pattern: /^SHOW\s+TABLES(?:\s+(?:FROM|IN)\s+([\w"`']+))?(?:\s+LIKE\s+(['"].*['"]))?$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema, like], context, session) {
    const database = context.databaseOf(session.role);
    const ownSchema = session.role === 'admin' ? 'main' : 'stats';
    const name = schema === undefined ? ownSchema : literalOf(schema);
    const known = (database.pragma('database_list') as { name: string }[]).some((each) => each.name === name);
    if (!known) throw new AdminError(`no such database: ${name}`);
    const tables = database
      .prepare<[], { name: string }>(
        `SELECT name FROM ${quoteIdentifier(name)}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
      )
      .all();
    const test = like === undefined ? () => true : likeTest(literalOf(like));
    return rows(
      ['tables'],
      tables.filter((table) => test(table.name)).map((table) => [table.name]),
    );
  },
};
