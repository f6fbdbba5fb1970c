import { isCharsetVariable, isReplayable } from '../backend/connection-state.js';
import type { WholeReply } from '../backend/login/reply-rows.js';
import type { ServerKey } from '../base/ids.js';
import type { GlobalChange } from '../config/global-change.js';

/**
 * What an ordinary account may not set for its session: errno 1227 on MariaDB 10.11 or MySQL 9.7 (observed for all their variables), or by the
 * manual of MySQL 8.0. And what has a value that cannot be set: MariaDB's system_versioning_asof is DEFAULT where it is no moment.
 */
const RESTRICTED: ReadonlySet<string> = new Set([
  ...[
    'binlog_annotate_row_events',
    'binlog_direct_non_transactional_updates',
    'binlog_format',
    'binlog_row_image',
    'binlog_row_value_options',
  ],
  ...[
    'binlog_rows_query_log_events',
    'binlog_transaction_compression',
    'binlog_transaction_compression_level_zstd',
    'bulk_insert_buffer_size',
  ],
  ...[
    'character_set_database',
    'character_set_filesystem',
    'collation_database',
    'connection_memory_chunk_size',
    'connection_memory_limit',
  ],
  ...['default_collation_for_utf8mb4', 'enforce_storage_engine', 'global_connection_memory_tracking', 'histogram_generation_max_mem_size'],
  ...['innodb_strict_mode', 'innodb_tmpdir', 'internal_tmp_mem_storage_engine', 'log_disabled_statements', 'low_priority_updates'],
  ...[
    'max_delayed_threads',
    'max_error_count',
    'max_insert_delayed_threads',
    'min_examined_row_limit',
    'preload_buffer_size',
    'rbr_exec_mode',
  ],
  ...['select_into_buffer_size', 'select_into_disk_sync_delay', 'sql_generate_invisible_primary_key', 'sql_log_bin', 'sql_log_off'],
  ...['sql_require_primary_key', 'system_versioning_asof', 'transaction_write_set_extraction', 'wsrep_on', 'xa_detach_on_prepare'],
]);

const PLAIN_NAME = /^[a-z0-9_]+$/;
/** Setting the one for all sets the other; the session's is the collation. */
const READ_AS: Readonly<Record<string, string>> = { character_set_server: 'collation_server' };
/** weir sets them for its own connections. */
const OWN = /^session_track_/;

/** What is asked in front of the statement, for each name three texts. */
export function textsBefore(names: readonly string[]): string[] {
  return names.flatMap((name) => [`SELECT @@session.${name}`, `SET SESSION ${name}=@@session.${name}`, globalText(name)]);
}

/** And behind it. */
export function textsAfter(names: readonly string[]): string[] {
  return names.map(globalText);
}

const globalText = (name: string): string => `SELECT @@global.${name}`;

/** Names as servers can be asked for them. */
export function namesToAsk(names: readonly string[]): string[] {
  const read = names.filter((name) => PLAIN_NAME.test(name) && !OWN.test(name)).map((name) => READ_AS[name] ?? name);
  // MariaDB's names until 11.0; a server that has not got one says so.
  const others = read.flatMap((name) => (/^transaction_(isolation|read_only)$/.test(name) ? [name.replace('transaction', 'tx')] : []));
  return [...new Set([...read, ...others])];
}

/** What differs behind the statement; `before` and `after` are the replies to the texts. */
export function changesOf(
  server: ServerKey,
  names: readonly string[],
  before: readonly WholeReply[],
  after: readonly WholeReply[],
): GlobalChange[] {
  return names.flatMap((name, index) => {
    const [session, settable, old] = before.slice(3 * index);
    const [was, is] = [shownBy(old), shownBy(after[index])];
    if (was === is) return [];
    const isOfSessions = session?.error === null;
    const isCarried = isOfSessions && settable?.error === null && mayBeCarried(name, was) && mayBeCarried(name, is);
    return [{ server, name, isOfSessions, before: isCarried ? was : null, after: isCarried ? is : null }];
  });
}

function shownBy(reply: WholeReply | undefined): string | null {
  return reply?.error === null ? (reply.rows[0]?.[0] ?? null) : null;
}

function mayBeCarried(name: string, value: string | null): boolean {
  return value !== null && !RESTRICTED.has(name) && !isCharsetVariable(name) && isReplayable(name, value);
}
