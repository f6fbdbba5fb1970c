import { type AdminCommand, adminsOnly } from '../command.js';
import { ok } from '../reply.js';

/** SAVE MYSQL DIGEST TO DISK: moves stats_mysql_query_digest to stats_history.history_mysql_query_digest. */
export const saveDigest: AdminCommand = {
  pattern: /^SAVE MYSQL DIGEST TO DISK$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run: async (_match, { control }) => ok(await control.saveDigests()),
};
