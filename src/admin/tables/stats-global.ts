import type { AdminContext } from '../context.js';
import { sqliteBytes } from './stats-memory.js';
import { virtualTable } from './virtual-table.js';

/**
 * Rows of ProxySQL about what weir does not have: GTID tracking, a query cache, mirroring, AWS discovery, injection detection,
 * multiplexing by hostgroup lock, CHANGE USER towards servers. Nothing of it ever happened, so each is 0; dashboards ask for them by name.
 */
const NEVER_HAPPENS = [
  'Client_Connections_hostgroup_locked',
  'Client_Connections_connected_prim_pass',
  'Client_Connections_connected_addl_pass',
  'mysql_backend_buffers_bytes',
  'mysql_frontend_buffers_bytes',
  'mysql_session_internal_bytes',
  'Com_autocommit_filtered',
  'Com_commit_filtered',
  'Com_rollback_filtered',
  'GTID_consistent_queries',
  'GTID_session_collected',
  'Query_Processor_time_nsec',
  'Query_Cache_Memory_bytes',
  'Query_Cache_count_GET',
  'Query_Cache_count_GET_OK',
  'Query_Cache_count_SET',
  'Query_Cache_bytes_IN',
  'Query_Cache_bytes_OUT',
  'Query_Cache_Purged',
  'Query_Cache_Entries',
  'ConnPool_get_conn_latency_awareness',
  'ConnPool_memory_bytes',
  'MySQL_Monitor_Workers_Aux',
  'Mirror_concurrency',
  'Mirror_queue_length',
  'Selects_for_update__autocommit0',
  'hostgroup_locked_set_cmds',
  'hostgroup_locked_queries',
  'queries_with_max_lag_ms',
  'queries_with_max_lag_ms__delayed',
  'queries_with_max_lag_ms__total_wait_time_us',
  'backend_lagging_during_query',
  'backend_offline_during_query',
  'get_aws_aurora_replicas_skipped_during_query',
  'automatic_detected_sql_injection',
  'mysql_whitelisted_sqli_fingerprint',
  'new_req_conns_count',
  'Com_backend_change_user',
  'mysql_unexpected_frontend_com_quit',
] as const;

const CHECKS = ['connect', 'ping', 'read_only', 'replication_lag'] as const;

/** Counters of all workers since the start, and what is now. */
export const statsGlobal = virtualTable(
  'stats',
  'stats_mysql_global',
  ['Variable_Name VARCHAR NOT NULL PRIMARY KEY, Variable_Value VARCHAR NOT NULL'],
  async (context) => Object.entries(await globalStatus(context)).map(([name, value]) => [name, String(value)]),
);

/** Rows of stats_mysql_global by name. */
export async function globalStatus(context: AdminContext): Promise<Record<string, number>> {
  const { control } = context;
  const { counters, gauges, servers, commands } = await control.statistics.snapshot();
  const never = Object.fromEntries(NEVER_HAPPENS.map((name) => [name, 0]));
  const backendUs = servers.reduce((sum, server) => sum + server.latencySumUs, 0);
  const { digests, errors } = control.statistics.forgotten;
  return {
    ProxySQL_Uptime: Math.floor((Date.now() - control.startedAtMs) / 1000),
    ...never,
    ...counters,
    ...gauges,
    Queries_backends_bytes_recv: servers.reduce((sum, server) => sum + server.bytesReceived, 0),
    Queries_backends_bytes_sent: servers.reduce((sum, server) => sum + server.bytesSent, 0),
    Backend_query_time_nsec: Math.round(backendUs * 1000),
    Com_frontend_use_db: commands['USE']?.count ?? 0,
    SQLite3_memory_bytes: sqliteBytes(context),
    MySQL_Thread_Workers: control.workers(),
    MySQL_Monitor_Workers: 1,
    MySQL_Monitor_Workers_Started: 1,
    Servers_table_version: control.hosts().version,
    mysql_listener_paused: Number(control.paused),
    weir_digests_forgotten: digests,
    weir_error_kinds_forgotten: errors,
    ...Object.fromEntries(CHECKS.flatMap((check) => checkRows(context, check))),
  };
}

function checkRows({ control }: AdminContext, check: (typeof CHECKS)[number]): [string, number][] {
  const { ok, failed } = control.monitorTotals(check);
  return [
    [`MySQL_Monitor_${check}_check_OK`, ok],
    [`MySQL_Monitor_${check}_check_ERR`, failed],
  ];
}
