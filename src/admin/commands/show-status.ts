import { type AdminCommand, everybody } from '../command.js';
import { globalStatus } from '../tables/stats-global.js';
import { FILTER, filtered } from './show-filter.js';

/** SHOW [GLOBAL|SESSION|MYSQL] STATUS [LIKE 'p' | WHERE …]: stats_mysql_global. */
export const showStatus: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+(?:(?:GLOBAL|SESSION|LOCAL|MYSQL)\\s+)?STATUS${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  async run([, clause], context, session) {
    const pairs = Object.entries(await globalStatus(context)).map(([name, value]) => [name, String(value)]);
    return filtered(
      context.databaseOf(session.role),
      ['Variable_name', 'Value'],
      pairs.sort(([a], [b]) => (a! < b! ? -1 : 1)),
      clause,
    );
  },
};
