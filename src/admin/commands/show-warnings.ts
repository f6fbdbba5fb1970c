import { type AdminCommand, everybody } from '../command.js';
import { rows } from '../reply.js';

/** ER_UNKNOWN_ERROR, the number of warnings that servers have no own one for. */
const WARNING_NUMBER = 1105;

/** SHOW WARNINGS: what the last statement accepted without effect. Errors are answered, never kept. */
export const showWarnings: AdminCommand = {
  pattern: /^SHOW (COUNT\(\*\) )?(WARNINGS|ERRORS)(?: LIMIT \d+(?: ?, ?\d+)?)?$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run([, counts, what], _context, session) {
    const list = what === 'WARNINGS' ? session.warnings : [];
    if (counts !== undefined) return rows([`@@session.${what === 'WARNINGS' ? 'warning' : 'error'}_count`], [[list.length]]);
    return rows(
      ['Level', 'Code', 'Message'],
      list.map((message) => ['Warning', WARNING_NUMBER, message]),
    );
  },
};
