import { availableParallelism } from 'node:os';
import type { DataPlaneVariables } from './data-plane-variables.js';
import { booleanValue, integerValue, textValue, type VariableValues } from './variables.js';

/** mysql-throttle_connections_per_sec_to_hostgroup: ProxySQL's default and largest value. */
const NO_LIMIT = 1_000_000;

/** Longer texts are no strings for V8, which has them up to 512 MiB. */
const LONGEST_PACKET_BYTES = 511 * 1024 * 1024;

/** Reads a PEM file; throws what the file system throws. */
export type PemReader = (path: string) => string;

/**
 * The variables that workers need, typed.
 * @throws Error naming the variable whose file can not be read
 */
export function dataPlaneVariables(values: VariableValues, readPem: PemReader): DataPlaneVariables {
  const integer = (name: string): number => integerValue(values, `mysql-${name}`);
  const flag = (name: string): boolean => booleanValue(values, `mysql-${name}`);
  const text = (name: string): string => textValue(values, `mysql-${name}`);
  return {
    maxConnections: integer('max_connections'),
    maxAllowedPacketBytes: Math.min(integer('max_allowed_packet'), LONGEST_PACKET_BYTES),
    connectTimeoutClientMs: integer('connect_timeout_client'),
    connectTimeoutServerMs: integer('connect_timeout_server'),
    connectTimeoutServerMaxMs: integer('connect_timeout_server_max'),
    connectRetriesOnFailure: integer('connect_retries_on_failure'),
    connectRetriesDelayMs: integer('connect_retries_delay'),
    throttleConnectionsPerSec: shareOfWorker(integer('throttle_connections_per_sec_to_hostgroup'), integer('threads')),
    queryRetriesOnFailure: integer('query_retries_on_failure'),
    queryTimeoutMs: integer('default_query_timeout'),
    killWhenClientIsGone: flag('kill_backend_connection_when_disconnect'),
    monitorEnabled: flag('monitor_enabled'),
    waitTimeoutMs: integer('wait_timeout'),
    maxTransactionIdleTimeMs: integer('max_transaction_idle_time'),
    maxTransactionTimeMs: integer('max_transaction_time'),
    defaultSchema: text('default_schema'),
    readWriteSplit: text('read_write_split') === 'off' ? 'off' : 'auto',
    writerGuard: flag('writer_guard'),
    readerFallbackToWriter: flag('reader_fallback_to_writer'),
    pinnedReadsOnReaders: flag('pinned_reads_on_readers'),
    multiplexing: flag('multiplexing'),
    localInfile: flag('enable_load_data_local_infile'),
    maxStmtsPerConnection: integer('max_stmts_per_connection'),
    freeConnectionsPct: integer('free_connections_pct'),
    connectionMaxAgeMs: integer('connection_max_age_ms'),
    pingIntervalServerMs: integer('ping_interval_server_msec'),
    pingTimeoutServerMs: integer('ping_timeout_server'),
    queryDigestsMaxEntries: integer('query_digests_max_entries'),
    queryDigestsMaxDigestLength: integer('query_digests_max_digest_length'),
    queryDigestsGroupingLimit: integer('query_digests_grouping_limit'),
    queryDigestsGroupsGroupingLimit: integer('query_digests_groups_grouping_limit'),
    queryDigestsTrackHostname: flag('query_digests_track_hostname'),
    queryDigests: flag('query_digests'),
    commandsStats: flag('commands_stats'),
    longQueryTimeUs: integer('long_query_time') * 1000,
    shutdownDrainMs: integer('shutdown_drain_ms'),
    diagnosticsHoldMs: integer('diagnostics_hold_ms'),
    clientBufferMaxBytes: integer('client_buffer_max_bytes'),
    tcpKeepAliveSec: flag('use_tcp_keepalive') ? integer('tcp_keepalive_time') : 0,
    tracing: flag('tracing'),
    usersFromBackend: flag('users_from_backend'),
    clientHostCacheSize: integer('client_host_cache_size'),
    clientHostErrorCounts: integer('client_host_error_counts'),
    serverCaPem: pemOf(values, 'mysql-ssl_p2s_ca', readPem),
    serverCertPem: pemOf(values, 'mysql-ssl_p2s_cert', readPem),
    serverKeyPem: pemOf(values, 'mysql-ssl_p2s_key', readPem),
  };
}

function pemOf(values: VariableValues, name: string, readPem: PemReader): string | null {
  const path = textValue(values, name);
  if (path === '') return null;
  try {
    return readPem(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: can not read ${path}: ${reason}`);
  }
}

/** What one of the workers may do of a limit that holds for all of them together. */
function shareOfWorker(limit: number, threads: number): number {
  return limit >= NO_LIMIT ? limit : limit / (threads || availableParallelism());
}
