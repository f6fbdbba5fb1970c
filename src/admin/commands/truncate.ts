import { type AdminCommand, adminsOnly } from '../command.js';
import type { AdminContext } from '../context.js';
import { AdminError, ok } from '../reply.js';

/** Tables that can be emptied, by what empties them. */
const EMPTIED: Readonly<Record<string, (context: AdminContext) => Promise<readonly unknown[]>>> = {
  STATS_MYSQL_QUERY_DIGEST: ({ control }) => control.statistics.digests(true),
  STATS_MYSQL_ERRORS: ({ control }) => control.statistics.errors(true),
  STATS_MYSQL_CONNECTION_POOL: ({ control }) => control.statistics.servers(true),
};

/** TRUNCATE of a statistics table, without making its rows. */
export const truncate: AdminCommand = {
  pattern: /^TRUNCATE (?:TABLE )?(?:STATS\.)?[`"]?(\w+)[`"]?$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: true,
  async run([, name], context) {
    const empty = EMPTIED[name!.replace(/_RESET$/, '')];
    if (empty !== undefined) return ok((await empty(context)).length);
    const accepted = Object.keys(EMPTIED).map((table) => table.toLowerCase());
    throw new AdminError(
      `TRUNCATE empties ${accepted.join(', ')}; rows of other tables are taken away by DELETE FROM ${name!.toLowerCase()}, where they can be`,
    );
  },
};
