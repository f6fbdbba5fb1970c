import type { Database } from 'better-sqlite3';
import type { SqlValue } from '../../config/table-types.js';
import type { AdminContext, MonitorLogEntry } from '../context.js';
import type { VirtualTable } from './virtual-table.js';

const KEY = 'hostname VARCHAR NOT NULL, port INT NOT NULL DEFAULT 3306, time_start_us INT NOT NULL DEFAULT 0';
const PRIMARY = 'PRIMARY KEY (hostname, port, time_start_us)';

type Check = Parameters<AdminContext['control']['monitorLog']>[0];

/** The results of each check within mysql-monitor_history, in the order in which they came. */
export const monitorLogs: readonly VirtualTable[] = [
  checkLog('connect', ['connect_success_time_us INT DEFAULT 0', 'connect_error VARCHAR'], ({ successUs, error }) => [successUs, error]),
  checkLog('ping', ['ping_success_time_us INT DEFAULT 0', 'ping_error VARCHAR'], ({ successUs, error }) => [successUs, error]),
  checkLog('read_only', ['success_time_us INT DEFAULT 0', 'read_only INT DEFAULT 1', 'error VARCHAR'], withValue),
  checkLog('replication_lag', ['success_time_us INT DEFAULT 0', 'repl_lag INT DEFAULT 0', 'error VARCHAR'], withValue),
];

function withValue({ successUs, value, error }: MonitorLogEntry): SqlValue[] {
  return [successUs, value, error];
}

/** The table of a check. Its rowids are the numbers of the entries, so that only what is new has to be written. */
function checkLog(check: Check, columns: readonly string[], values: (entry: MonitorLogEntry) => SqlValue[]): VirtualTable {
  const name = `mysql_server_${check}_log`;
  const names = ['hostname', 'port', 'time_start_us', ...columns.map((column) => column.split(' ')[0])];
  const insertSql = `INSERT OR REPLACE INTO monitor.${name} (rowid, ${names.join(', ')}) VALUES (?, ${names.map(() => '?').join(', ')})`;

  const refresh = (database: Database, { control }: AdminContext): void => {
    const last = database.prepare(`SELECT max(rowid) FROM monitor.${name}`).pluck().get() as number | null;
    const { first, from, entries } = control.monitorLogSince(check, last ?? 0);
    database.transaction(() => {
      database.prepare(`DELETE FROM monitor.${name} WHERE rowid < ?`).run(first);
      const insert = database.prepare(insertSql);
      entries.forEach((entry, index) => {
        insert.run(from + index, entry.hostname, entry.port, entry.startUs, ...values(entry));
      });
    })();
  };
  const createSql = `CREATE TABLE monitor.${name} (${[KEY, ...columns, PRIMARY].join(', ')})`;
  return { schema: 'monitor', name, createSql, rows: () => [], refresh };
}
