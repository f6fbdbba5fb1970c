import { type AdminCommand, everybody } from '../command.js';
import { rows } from '../reply.js';
import { FILTER, filtered } from './show-filter.js';

const ENGINE_COLUMNS = ['Engine', 'Support', 'Comment', 'Transactions', 'XA', 'Savepoints'];

/** SHOW [STORAGE] ENGINES: everything here is SQLite. */
export const showEngines: AdminCommand = {
  pattern: /^SHOW (?:STORAGE )?ENGINES$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run: () => rows(ENGINE_COLUMNS, [['SQLite', 'DEFAULT', 'Tables of the admin port', 'NO', 'NO', 'NO']]),
};

/** SHOW GRANTS [FOR …]: what the role of the account lets it do. */
export const showGrants: AdminCommand = {
  pattern: /^SHOW GRANTS(?: FOR .*)?$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run(_match, _context, { username, role }) {
    const grant = role === 'admin' ? 'ALL PRIVILEGES ON *.*' : 'SELECT ON stats.*';
    return rows([`Grants for ${username}@%`], [[`GRANT ${grant} TO '${username}'@'%'`]]);
  },
};

/** Lists of what the admin port has none of, by their columns. */
const EMPTY_LISTS: Readonly<Record<string, string>> = {
  PLUGINS: 'Name,Status,Type,Library,License',
  TRIGGERS: 'Trigger,Event,Table,Statement,Timing,Created,sql_mode,Definer',
  EVENTS: 'Db,Name,Definer,Time zone,Type,Execute at,Interval value,Interval field,Starts,Ends,Status',
  'PROCEDURE STATUS': 'Db,Name,Type,Definer,Modified,Created,Security_type,Comment',
  'FUNCTION STATUS': 'Db,Name,Type,Definer,Modified,Created,Security_type,Comment',
  'OPEN TABLES': 'Database,Table,In_use,Name_locked',
  'MASTER STATUS': 'File,Position,Binlog_Do_DB,Binlog_Ignore_DB',
  'BINARY LOGS': 'Log_name,File_size',
  'SLAVE STATUS': 'Slave_IO_State,Master_Host',
  'REPLICA STATUS': 'Replica_IO_State,Source_Host',
  'SLAVE HOSTS': 'Server_id,Host,Port',
  PROFILES: 'Query_ID,Duration,Query',
  PRIVILEGES: 'Privilege,Context,Comment',
};

/** SHOW PLUGINS, SHOW TRIGGERS and the like, for tools that list everything: there are none. */
export const showEmpty: AdminCommand = {
  pattern: new RegExp(
    `^SHOW\\s+(${Object.keys(EMPTY_LISTS)
      .map((list) => list.replace(' ', '\\s+'))
      .join('|')})(?:\\s+(?:FROM|IN)\\s+\\S+)?${FILTER}$`,
    'i',
  ),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, list, clause], context, session) {
    const columns = EMPTY_LISTS[list!.replace(/\s+/g, ' ').toUpperCase()]!;
    return filtered(context.databaseOf(session.role), columns.split(','), [], clause);
  },
};

/** SHOW PROMETHEUS METRICS: what the HTTP port answers to /metrics. */
export const showPrometheusMetrics: AdminCommand = {
  pattern: /^SHOW PROMETHEUS METRICS$/,
  matches: 'upper',
  roles: everybody,
  changes: false,
  run: async (_match, { control }) => rows(['Data'], [[await control.metrics()]]),
};
