import { charsets } from '../../config/collations.js';
import { type AdminCommand, everybody } from '../command.js';
import { FILTER, filtered } from './show-filter.js';

/** SHOW CHARSET, SHOW CHARACTER SET [LIKE 'p' | WHERE …] */
export const showCharset: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+(?:CHARSET|CHARACTER\\s+SET)${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, clause], context, session) {
    const values = charsets.map(({ name, description, collations, maxBytes }) => [
      ...[name, description, collations.find(({ isDefault }) => isDefault)?.name ?? '', maxBytes],
    ]);
    return filtered(context.databaseOf(session.role), ['Charset', 'Description', 'Default collation', 'Maxlen'], values, clause);
  },
};

/** SHOW COLLATION [LIKE 'p' | WHERE …] */
export const showCollation: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+COLLATION${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, clause], context, session) {
    const values = charsets.flatMap(({ name, collations }) =>
      collations.map((collation) => [collation.name, name, collation.id, collation.isDefault ? 'Yes' : '', 'Yes', 1]),
    );
    const columns = ['Collation', 'Charset', 'Id', 'Default', 'Compiled', 'Sortlen'];
    return filtered(
      context.databaseOf(session.role),
      columns,
      values.sort(([a], [b]) => (a! < b! ? -1 : 1)),
      clause,
    );
  },
};
