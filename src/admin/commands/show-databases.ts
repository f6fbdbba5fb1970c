import { schemaList, shownSchemas } from '../catalog.js';
import { type AdminCommand, everybody } from '../command.js';
import { FILTER, filtered } from './show-filter.js';

const IN_ORDER = ['main', 'disk', 'stats', 'monitor', 'stats_history'];

/** SHOW DATABASES, SHOW SCHEMAS: seq, name and file, as ProxySQL lists them. */
export const showDatabases: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+(?:DATABASES|SCHEMAS)${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, clause], context, session) {
    const database = context.databaseOf(session.role);
    const shown = shownSchemas(database, session.role);
    const files = new Map(schemaList(database).map(({ name, file }) => [name, file]));
    const list = IN_ORDER.filter((name) => shown.includes(name));
    // A pattern is for the name, as on a server, where it is the only column.
    const like = clause?.replace(/^LIKE\b/i, 'WHERE name LIKE');
    return filtered(
      database,
      ['seq', 'name', 'file'],
      // SQLite keeps 1 for its temporary tables.
      list.map((name, position) => [position === 0 ? 0 : position + 1, name, files.get(name) ?? '']),
      like,
    );
  },
};
