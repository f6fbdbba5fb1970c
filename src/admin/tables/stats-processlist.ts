import { booleanValue, integerValue } from '../../config/variables.js';
import type { SessionRow } from '../../stats/details.js';
import type { AdminContext } from '../context.js';
import { virtualTable } from './virtual-table.js';

const COLUMNS = [
  ...['ThreadID INT NOT NULL', 'SessionID INTEGER PRIMARY KEY', 'user VARCHAR', 'db VARCHAR', 'cli_host VARCHAR', 'cli_port INT'],
  ...['hostgroup INT', 'l_srv_host VARCHAR', 'l_srv_port INT', 'srv_host VARCHAR', 'srv_port INT', 'command VARCHAR'],
  ...['time_ms INT NOT NULL', 'info VARCHAR', 'status_flags INT', 'extended_info VARCHAR'],
];

/** The clients of all workers. info is the statement under way. */
export const statsProcesslist = virtualTable(
  'stats',
  'stats_mysql_processlist',
  COLUMNS,
  async (context) => (await processlistRows(context)).values,
);

type Row = readonly (string | number | null)[];

/** What SHOW FULL PROCESSLIST answers. */
export async function processlistRows(context: AdminContext): Promise<{ readonly columns: readonly string[]; readonly values: Row[] }> {
  const extended = integerValue(context.runtime.variables, 'mysql-show_processlist_extended');
  const values = (await shownSessions(context)).map((session) => {
    const { backend } = session;
    return [
      ...[session.worker, session.id, session.username || null, session.schema, session.clientHost, session.clientPort],
      ...[backend?.hostgroup ?? null, backend?.localAddress ?? null, backend?.localPort ?? null],
      ...[backend?.hostname ?? null, backend?.port ?? null, session.command, session.timeMs, session.info, session.statusFlags],
      extended === 0 ? null : JSON.stringify(extendedInfo(session), null, extended === 2 ? 4 : undefined),
    ];
  });
  return { columns: COLUMNS.map((column) => column.split(' ')[0]!), values };
}

/** By number; idle ones only with mysql-session_idle_show_processlist. */
export async function shownSessions({ control, runtime }: AdminContext): Promise<SessionRow[]> {
  const idleToo = booleanValue(runtime.variables, 'mysql-session_idle_show_processlist');
  const sessions = await control.statistics.sessions();
  return sessions.filter((session) => idleToo || session.command !== 'Sleep').sort((a, b) => a.id - b.id);
}

/** What the columns have no room for, above all why a session keeps its connection. */
function extendedInfo(session: SessionRow): object {
  const { backend } = session;
  return {
    session_id: session.id,
    thread: session.worker,
    client: { host: session.clientHost, port: session.clientPort, encrypted: session.encrypted },
    autocommit: session.autocommit,
    in_transaction: session.inTransaction,
    multiplexed: session.pins.length === 0,
    pins: session.pins,
    waiting_for_connection: session.waiting,
    prepared_statements: session.preparedStatements,
    session_variables: session.variables,
    backends:
      backend === null
        ? []
        : [
            {
              hostgroup_id: backend.hostgroup,
              address: backend.hostname,
              port: backend.port,
              local_port: backend.localPort,
              thread_id: backend.threadId,
            },
          ],
  };
}
