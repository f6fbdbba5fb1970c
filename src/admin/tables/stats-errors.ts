import { virtualTable } from './virtual-table.js';

/** Errors answered to clients, by number. weir's own table: the columns of stats_mysql_errors beyond the number are not counted apart. */
export const statsErrors = virtualTable(
  'stats',
  'stats_weir_errors',
  ['errno INT NOT NULL PRIMARY KEY, count_star INTEGER NOT NULL'],
  async ({ control }) => Object.entries((await control.stats()).errors).map(([errno, count]) => [Number(errno), count]),
);
