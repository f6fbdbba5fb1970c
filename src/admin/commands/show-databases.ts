import { schemaList, shownSchemas } from '../catalog.js';
import { type AdminCommand, everybody } from '../command.js';
import { FILTER, filtered } from './show-filter.js';

/** SHOW DATABASES, SHOW SCHEMAS: seq, name and file, as SQLite lists them. */
export const showDatabases: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+(?:DATABASES|SCHEMAS)${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, clause], context, session) {
    const database = context.databaseOf(session.role);
    const shown = shownSchemas(database, session.role);
    const list = schemaList(database).filter(({ name }) => shown.includes(name));
    // A pattern is for the name, as on a server, where it is the only column.
    const like = clause?.replace(/^LIKE\b/i, 'WHERE name LIKE');
    return filtered(
      database,
      ['seq', 'name', 'file'],
      list.map(({ seq, name, file }) => [seq, name, file]),
      like,
    );
  },
};
