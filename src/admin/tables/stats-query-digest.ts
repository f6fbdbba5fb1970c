import type { DigestDelta } from '../../stats/digest-delta.js';
import type { AdminContext } from '../context.js';
import { type VirtualTable, virtualTable } from './virtual-table.js';

const COLUMNS = [
  'hostgroup INT, schemaname VARCHAR NOT NULL, username VARCHAR NOT NULL, client_address VARCHAR NOT NULL, digest VARCHAR NOT NULL',
  'digest_text VARCHAR NOT NULL, count_star INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL',
  'sum_time INTEGER NOT NULL, min_time INTEGER NOT NULL, max_time INTEGER NOT NULL',
  'sum_rows_affected INTEGER NOT NULL, sum_rows_sent INTEGER NOT NULL',
  'PRIMARY KEY (hostgroup, schemaname, username, client_address, digest)',
];

/** Statements by digest, with times in µs. hostgroup -1: weir answered itself. */
export const statsQueryDigest = virtualTable('stats', 'stats_mysql_query_digest', COLUMNS, (context) => rowsOf(context, false));

/** The same; reading it empties both. */
export const statsQueryDigestReset = virtualTable('stats', 'stats_mysql_query_digest_reset', COLUMNS, (context) => rowsOf(context, true));

async function rowsOf({ control }: AdminContext, reset: boolean): Promise<Awaited<ReturnType<VirtualTable['rows']>>> {
  return (await control.statistics.digests(reset)).map(digestRow);
}

/** Values in the order of the columns. */
export function digestRow(row: DigestDelta): (string | number)[] {
  return [
    ...[row.hostgroup, row.schemaname, row.username, row.clientAddress, row.digest, row.digestText, row.count],
    ...[row.firstSeen, row.lastSeen, Math.round(row.sumUs), Math.round(row.minUs), Math.round(row.maxUs), row.rowsAffected, row.rowsSent],
  ];
}
