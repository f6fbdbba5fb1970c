import type { AdminContext } from '../context.js';
import { type VirtualTable, virtualTable } from './virtual-table.js';

const COLUMNS = [
  'hostgroup INT NOT NULL, hostname VARCHAR NOT NULL, port INT NOT NULL, username VARCHAR NOT NULL, client_address VARCHAR NOT NULL',
  'schemaname VARCHAR NOT NULL, errno INT NOT NULL, count_star INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL',
  "last_error VARCHAR NOT NULL DEFAULT '', PRIMARY KEY (hostgroup, hostname, port, username, schemaname, errno)",
];

/** Errors answered to clients. An empty hostname and port 0 are weir's own errors; client_address is that of the last one. */
export const statsErrors = virtualTable('stats', 'stats_mysql_errors', COLUMNS, (context) => rowsOf(context, false));

/** The same; reading it empties both. */
export const statsErrorsReset = virtualTable('stats', 'stats_mysql_errors_reset', COLUMNS, (context) => rowsOf(context, true));

async function rowsOf({ control }: AdminContext, reset: boolean): Promise<Awaited<ReturnType<VirtualTable['rows']>>> {
  return (await control.statistics.errors(reset)).map((row) => [
    ...[row.hostgroup, row.hostname, row.port, row.username, row.clientAddress, row.schemaname],
    ...[row.errno, row.count, row.firstSeen, row.lastSeen, row.lastError],
  ]);
}

/** Errors answered to clients by number since the start, also of workers that are gone; weir's own table. */
export const statsErrorNumbers = virtualTable(
  'stats',
  'stats_weir_errors',
  ['errno INT NOT NULL PRIMARY KEY, count_star INTEGER NOT NULL'],
  async ({ control }) => Object.entries((await control.statistics.snapshot()).errors).map(([errno, count]) => [Number(errno), count]),
);
