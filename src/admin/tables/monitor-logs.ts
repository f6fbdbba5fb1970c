import { virtualTable } from './virtual-table.js';

const KEY = 'hostname VARCHAR NOT NULL, port INT NOT NULL DEFAULT 3306, time_start_us INT NOT NULL DEFAULT 0';
const PRIMARY = 'PRIMARY KEY (hostname, port, time_start_us)';

/** The last results of each check. */
export const monitorLogs = [
  virtualTable(
    'monitor',
    'mysql_server_connect_log',
    [`${KEY}, connect_success_time_us INT DEFAULT 0, connect_error VARCHAR`, PRIMARY],
    ({ control }) =>
      control.monitorLog('connect').map(({ hostname, port, startUs, successUs, error }) => [hostname, port, startUs, successUs, error]),
  ),
  virtualTable(
    'monitor',
    'mysql_server_ping_log',
    [`${KEY}, ping_success_time_us INT DEFAULT 0, ping_error VARCHAR`, PRIMARY],
    ({ control }) =>
      control.monitorLog('ping').map(({ hostname, port, startUs, successUs, error }) => [hostname, port, startUs, successUs, error]),
  ),
  virtualTable(
    'monitor',
    'mysql_server_read_only_log',
    [`${KEY}, success_time_us INT DEFAULT 0, read_only INT DEFAULT 1, error VARCHAR`, PRIMARY],
    ({ control }) =>
      control
        .monitorLog('read_only')
        .map(({ hostname, port, startUs, successUs, value, error }) => [hostname, port, startUs, successUs, value, error]),
  ),
  virtualTable(
    'monitor',
    'mysql_server_replication_lag_log',
    [`${KEY}, success_time_us INT DEFAULT 0, repl_lag INT DEFAULT 0, error VARCHAR`, PRIMARY],
    ({ control }) =>
      control
        .monitorLog('replication_lag')
        .map(({ hostname, port, startUs, successUs, value, error }) => [hostname, port, startUs, successUs, value, error]),
  ),
];
