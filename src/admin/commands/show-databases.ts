import { type AdminCommand, everybody } from '../command.js';
import { rows } from '../reply.js';

export const showDatabases: AdminCommand = {
  pattern: /^SHOW (?:DATABASES|SCHEMAS)$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run(_match, context, session) {
    const list = context.databaseOf(session.role).pragma('database_list') as { seq: number; name: string; file: string }[];
    return rows(
      ['seq', 'name', 'file'],
      list.map(({ seq, name, file }) => [seq, name, file]),
    );
  },
};
