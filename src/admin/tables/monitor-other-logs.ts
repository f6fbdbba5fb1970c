import { virtualTable } from './virtual-table.js';

const KEY = [
  'hostname VARCHAR NOT NULL',
  'port INT NOT NULL DEFAULT 3306',
  'time_start_us INT NOT NULL DEFAULT 0',
  'success_time_us INT DEFAULT 0',
];
const PRIMARY = 'PRIMARY KEY (hostname, port, time_start_us)';
const NO = "VARCHAR NOT NULL DEFAULT 'NO'";

const GROUP_REPLICATION = [
  ...[...KEY, `viable_candidate ${NO}`, "read_only VARCHAR NOT NULL DEFAULT 'YES'"],
  ...['transactions_behind INT DEFAULT 0', 'error VARCHAR', PRIMARY],
];
const GALERA = [
  ...[...KEY, `primary_partition ${NO}`, "read_only VARCHAR NOT NULL DEFAULT 'YES'", 'wsrep_local_recv_queue INT DEFAULT 0'],
  ...['wsrep_local_state INT DEFAULT 0', `wsrep_desync ${NO}`, `wsrep_reject_queries ${NO}`],
  ...[`wsrep_sst_donor_rejects_queries ${NO}`, `pxc_maint_mode ${NO}`, 'error VARCHAR', PRIMARY],
];
const AURORA = [
  ...[...KEY, 'error VARCHAR', "SERVER_ID VARCHAR NOT NULL DEFAULT ''", 'SESSION_ID VARCHAR', 'LAST_UPDATE_TIMESTAMP VARCHAR'],
  ...['replica_lag_in_milliseconds INT NOT NULL DEFAULT 0', 'estimated_lag_ms INT NOT NULL DEFAULT 0', 'CPU INT NOT NULL DEFAULT 0'],
  'PRIMARY KEY (hostname, port, time_start_us, SERVER_ID)',
];
const AURORA_STATUS = [
  ...['writer_hostgroup INT NOT NULL', 'hostname VARCHAR NOT NULL', 'port INT NOT NULL DEFAULT 3306'],
  ...["last_checked_at VARCHAR NOT NULL DEFAULT ''", 'checks_tot INT NOT NULL DEFAULT 0', 'checks_ok INT NOT NULL DEFAULT 0'],
  ...["last_error VARCHAR NOT NULL DEFAULT ''", 'PRIMARY KEY (writer_hostgroup, hostname, port)'],
];
const AURORA_FAILOVERS = ['writer_hostgroup INT NOT NULL', 'hostname VARCHAR NOT NULL', 'inserted_at VARCHAR NOT NULL'];

const empty = () => [];

/** Logs of checks that weir does not run. The tables are there for tools that read them; nothing is ever in them. */
export const monitorOtherLogs = [
  virtualTable('monitor', 'mysql_server_group_replication_log', GROUP_REPLICATION, empty),
  virtualTable('monitor', 'mysql_server_galera_log', GALERA, empty),
  virtualTable('monitor', 'mysql_server_aws_aurora_log', AURORA, empty),
  virtualTable('monitor', 'mysql_server_aws_aurora_check_status', AURORA_STATUS, empty),
  virtualTable('monitor', 'mysql_server_aws_aurora_failovers', AURORA_FAILOVERS, empty),
];
