import { type AdminCommand, adminsOnly, likeTest, literalOf } from '../command.js';
import { rows } from '../reply.js';

/** SHOW [GLOBAL|ALL|MYSQL|ADMIN] VARIABLES [LIKE 'p'] */
export const showVariables: AdminCommand = {
  pattern: /^SHOW\s+(?:(GLOBAL|ALL|MYSQL|ADMIN)\s+)?VARIABLES(?:\s+LIKE\s+(['"].*['"]))?$/i,
  matches: 'text',
  roles: adminsOnly,
  changes: false,
  run([, kind, like], { store }) {
    const prefix = kind && /^(mysql|admin)$/i.test(kind) ? `${kind.toLowerCase()}-` : '';
    const test = like === undefined ? () => true : likeTest(literalOf(like));
    const variables = [...store.memoryVariables()].filter(([name]) => name.startsWith(prefix) && test(name));
    return rows(
      ['Variable_name', 'Value'],
      variables.sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  },
};
