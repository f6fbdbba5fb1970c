import { type AdminCommand, everybody } from '../command.js';
import { rows } from '../reply.js';
import { processlistRows, shownSessions } from '../tables/stats-processlist.js';

/** Characters of a statement that the short list shows. */
const SHORT_TEXT = 100;

/** SHOW [FULL] PROCESSLIST; the full one is stats_mysql_processlist. */
export const showProcesslist: AdminCommand = {
  pattern: /^SHOW (FULL )?PROCESSLIST$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  async run([, full], context) {
    if (full !== undefined) {
      const { columns, values } = await processlistRows(context);
      return rows(columns, values);
    }
    const sessions = await shownSessions(context);
    return rows(
      ['SessionID', 'user', 'db', 'hostgroup', 'command', 'time_ms', 'info'],
      sessions.map(({ id, username, schema, backend, command, timeMs, info }) => [
        ...[id, username || null, schema, backend?.hostgroup ?? null, command, timeMs, info?.slice(0, SHORT_TEXT) ?? null],
      ]),
    );
  },
};
