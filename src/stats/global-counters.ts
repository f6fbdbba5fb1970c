/**
 * Counters of one worker that belong to no server. Plain number fields: the data plane writes `counters.questions++`.
 * Each only grows; what also falls is in `GlobalGauges`.
 */
export class GlobalCounters {
  questions = 0;
  slowQueries = 0;
  clientConnectionsCreated = 0;
  clientConnectionsAborted = 0;
  clientConnectionsSha2Cached = 0;
  serverConnectionsCreated = 0;
  serverConnectionsAborted = 0;
  serverConnectionsDelayed = 0;
  clientBytesReceived = 0;
  clientBytesSent = 0;
  comAutocommit = 0;
  comCommit = 0;
  comRollback = 0;
  comBackendInitDb = 0;
  comBackendSetNames = 0;
  comBackendStmtPrepare = 0;
  comBackendStmtExecute = 0;
  comBackendStmtClose = 0;
  comFrontendInitDb = 0;
  comFrontendSetNames = 0;
  comFrontendStmtPrepare = 0;
  comFrontendStmtExecute = 0;
  comFrontendStmtClose = 0;
  /** Leases served from an idle connection, after waiting, and not at all. */
  poolGetImmediate = 0;
  poolGetSuccess = 0;
  poolGetFailure = 0;
  accessDeniedWrongPassword = 0;
  accessDeniedMaxConnections = 0;
  accessDeniedMaxUserConnections = 0;
  maxConnectTimeouts = 0;
  generatedErrorPackets = 0;
  unexpectedPackets = 0;
  killedConnections = 0;
  clientHostErrorKilledConnections = 0;
  killedQueries = 0;
  /** Statements that a rule or hint sent to a reader and the writer guard sent to the writer. */
  writerGuarded = 0;
  /** Reads that the writer served because no reader was online. */
  readerFallbacks = 0;
  /** Reads sent again to another server after their backend was lost. */
  retriedReads = 0;
  /** Statements in front of which state of their session was set on the connection that they got; how often that was refused. */
  stateRestores = 0;
  stateRestoresFailed = 0;
  /** Statements in front of which variables were read back, since no reply had reported them. */
  stateReadBacks = 0;
  /** COM_RESET_CONNECTION sent to servers: something of a session was left that nothing else removes. */
  connectionResets = 0;
  /** Clients refused and connections to servers not opened because descriptors, ports or socket memory were used up. */
  descriptorsExhausted = 0;
  verdictCacheHits = 0;
  verdictCacheMisses = 0;
}

/** Gauges of one worker, set by the data plane when they change or just before a snapshot. */
export class GlobalGauges {
  clientConnectionsConnected = 0;
  clientConnectionsNonIdle = 0;
  activeTransactions = 0;
  serverConnectionsConnected = 0;
  stmtClientActive = 0;
  stmtServerActive = 0;
  pinnedSessions = 0;
}

/** Name of each counter as stats_mysql_global shows it. */
export const COUNTER_NAMES: Readonly<Record<keyof GlobalCounters, string>> = {
  questions: 'Questions',
  slowQueries: 'Slow_queries',
  clientConnectionsCreated: 'Client_Connections_created',
  clientConnectionsAborted: 'Client_Connections_aborted',
  clientConnectionsSha2Cached: 'Client_Connections_sha2cached',
  serverConnectionsCreated: 'Server_Connections_created',
  serverConnectionsAborted: 'Server_Connections_aborted',
  serverConnectionsDelayed: 'Server_Connections_delayed',
  clientBytesReceived: 'Queries_frontends_bytes_recv',
  clientBytesSent: 'Queries_frontends_bytes_sent',
  comAutocommit: 'Com_autocommit',
  comCommit: 'Com_commit',
  comRollback: 'Com_rollback',
  comBackendInitDb: 'Com_backend_init_db',
  comBackendSetNames: 'Com_backend_set_names',
  comBackendStmtPrepare: 'Com_backend_stmt_prepare',
  comBackendStmtExecute: 'Com_backend_stmt_execute',
  comBackendStmtClose: 'Com_backend_stmt_close',
  comFrontendInitDb: 'Com_frontend_init_db',
  comFrontendSetNames: 'Com_frontend_set_names',
  comFrontendStmtPrepare: 'Com_frontend_stmt_prepare',
  comFrontendStmtExecute: 'Com_frontend_stmt_execute',
  comFrontendStmtClose: 'Com_frontend_stmt_close',
  poolGetImmediate: 'ConnPool_get_conn_immediate',
  poolGetSuccess: 'ConnPool_get_conn_success',
  poolGetFailure: 'ConnPool_get_conn_failure',
  accessDeniedWrongPassword: 'Access_Denied_Wrong_Password',
  accessDeniedMaxConnections: 'Access_Denied_Max_Connections',
  accessDeniedMaxUserConnections: 'Access_Denied_Max_User_Connections',
  maxConnectTimeouts: 'max_connect_timeouts',
  generatedErrorPackets: 'generated_error_packets',
  unexpectedPackets: 'mysql_unexpected_frontend_packets',
  killedConnections: 'mysql_killed_backend_connections',
  clientHostErrorKilledConnections: 'client_host_error_killed_connections',
  killedQueries: 'mysql_killed_backend_queries',
  writerGuarded: 'weir_writer_guarded',
  readerFallbacks: 'weir_reader_fallbacks',
  retriedReads: 'weir_retried_reads',
  stateRestores: 'weir_state_restores',
  stateRestoresFailed: 'weir_state_restores_failed',
  stateReadBacks: 'weir_state_read_backs',
  connectionResets: 'weir_connection_resets',
  descriptorsExhausted: 'weir_descriptors_exhausted',
  verdictCacheHits: 'weir_verdict_cache_hits',
  verdictCacheMisses: 'weir_verdict_cache_misses',
};

/** Name of each gauge as stats_mysql_global shows it. */
export const GAUGE_NAMES: Readonly<Record<keyof GlobalGauges, string>> = {
  clientConnectionsConnected: 'Client_Connections_connected',
  clientConnectionsNonIdle: 'Client_Connections_non_idle',
  activeTransactions: 'Active_Transactions',
  serverConnectionsConnected: 'Server_Connections_connected',
  stmtClientActive: 'Stmt_Client_Active_Total',
  stmtServerActive: 'Stmt_Server_Active_Total',
  pinnedSessions: 'weir_pinned_sessions',
};
