import { bool, choice, count, defineVariables, text } from '../variable-types.js';

const ms = { unit: 'ms' } as const;
const bytes = { unit: 'bytes' } as const;

/** Variables of ProxySQL about connections, sessions and TLS that weir accepts and keeps. */
export const keptConnectionVariables = defineVariables('mysql', false, [
  [
    'set_query_lock_on_hostgroup',
    count,
    '1',
    'Accepted without effect: weir tracks what a SET changes and never locks a session to a hostgroup.',
  ],
  [
    'default_authentication_plugin',
    choice('mysql_native_password', 'caching_sha2_password', 'auto'),
    'auto',
    'Authentication plugin that the handshake names; weir names that of the primary, so that drivers choose as they would there.',
    { proxysqlDefault: 'mysql_native_password' },
  ],
  ['unshun_algorithm', count, '0', 'Whether a server that comes back in one hostgroup comes back in all.'],
  ['connection_delay_multiplex_ms', count, '0', 'How long a session keeps its connection after a statement.', ms],
  ['enable_client_deprecate_eof', bool, 'true', 'Offers CLIENT_DEPRECATE_EOF to clients; weir offers what the servers offer.'],
  ['enable_server_deprecate_eof', bool, 'true', 'Asks servers for CLIENT_DEPRECATE_EOF; weir asks for what the client has.'],
  ['default_charset', text, 'utf8', 'Character set of connections whose client names none.'],
  ['handle_unknown_charset', count, '1', 'What happens to clients with an unknown character set.'],
  ['connection_warming', bool, 'false', 'Opens connections to servers before they are needed.'],
  ['session_idle_ms', count, '1', 'Idle time after which a session leaves its worker thread.', ms],
  ['have_compress', bool, 'true', 'Offers protocol compression to clients.'],
  ['log_unhealthy_connections', bool, 'true', 'Logs connections that break.'],
  ['enforce_autocommit_on_reads', bool, 'false', 'Sends autocommit to servers also for reads.'],
  ['autocommit_false_not_reusable', bool, 'false', 'Closes connections that end with autocommit=0.'],
  ['autocommit_false_is_transaction', bool, 'false', 'Treats autocommit=0 as an open transaction.'],
  ['throttle_max_bytes_per_second_to_client', count, '0', 'Rate limit towards one client; 0 is none.', bytes],
  ['throttle_ratio_server_to_client', count, '0', 'How much faster than its client a server may be read.'],
  ['max_stmts_cache', count, '10000', 'Prepared statements known over all connections.', { unit: 'statements' }],
  ['set_parser_algorithm', count, '2', 'Which parser reads SET statements.'],
  ['reset_connection_algorithm', count, '2', 'How connections are reset.'],
  [
    'auto_increment_delay_multiplex',
    count,
    '5',
    'Statements for which a session keeps its connection after an insert id.',
    { unit: 'statements' },
  ],
  ['auto_increment_delay_multiplex_timeout_ms', count, '10000', 'How long it does at most.', ms],
  ['poll_timeout', count, '2000', 'Longest sleep of a worker thread.', ms],
  ['poll_timeout_on_failure', count, '100', 'The same while servers fail.', ms],
  [
    'server_capabilities',
    text,
    'auto',
    'Capability bits of the handshake as an integer; auto, the default, is what the servers have, since weir offers what they offer.',
    { proxysqlDefault: '(bitmask)' },
  ],
  [
    'keep_multiplexing_variables',
    text,
    'tx_isolation,transaction_isolation,version',
    'Variables whose reading does not bind a session to its connection.',
  ],
  ['client_session_track_gtid', bool, 'true', 'Forwards GTID trackers to clients that asked for them.'],
  ['default_reconnect', bool, 'true', 'Reconnects when a server is lost between statements.'],
  ['ssl_p2s_capath', text, '', 'Directory with certificate authorities for servers.'],
  ['ssl_p2s_cipher', text, '', 'Ciphers towards servers.'],
  ['ssl_p2s_crl', text, '', 'File with revoked certificates of servers.'],
  ['ssl_p2s_crlpath', text, '', 'Directory with revoked certificates of servers.'],
  ['stacksize', count, '1048576', 'Stack of a worker thread.', { unit: 'bytes', effect: 'restart' }],
  ['init_connect', text, '', 'Statement that is sent on each new connection to a server.'],
  ['ldap_user_variable', text, '', 'Session variable that carries an LDAP user.'],
  ['add_ldap_user_comment', text, '', 'Comment that carries an LDAP user.'],
  [
    'default_session_track_gtids',
    choice('OFF', 'OWN_GTID', 'ALL_GTIDS'),
    'OFF',
    'Default of session_track_gtids on servers.',
    { proxysqlDefault: 'MYSQL_DEFAULT_SESSION_TRACK_GTIDS' },
  ],
  ['connpoll_reset_queue_length', count, '50', 'Connections that wait for a reset.', { unit: 'connections' }],
  ['min_num_servers_lantency_awareness', count, '1000', 'Servers of a hostgroup from which on latency decides.'],
  ['aurora_max_lag_ms_only_read_from_replicas', count, '2', 'Aurora replicas that make a read with a lag bound avoid the writer.'],
  ['proxy_protocol_networks', text, '', 'Networks that may send a PROXY protocol header.'],
  ['user_variable_tracking', count, '0', 'Replays user variables on other connections.'],
  ['caching_sha2_password_auto_generate_rsa_keys', bool, 'true', 'Makes an RSA key pair when there is none.'],
  ['caching_sha2_password_private_key_path', text, '', 'File of the private RSA key.'],
  ['caching_sha2_password_public_key_path', text, '', 'File of the public RSA key.'],
]);

/** Variables of ProxySQL about statements, logs and statistics that weir accepts and keeps. */
export const keptQueryVariables = defineVariables('mysql', false, [
  ['eventslog_filename', text, '', 'File of the query log.'],
  ['eventslog_filesize', count, '104857600', 'Size at which that file is rotated.', bytes],
  ['eventslog_default_log', count, '0', 'Logs statements that no rule decides on.'],
  ['eventslog_format', count, '1', 'Format of the query log: 1 is binary, 2 is JSON.'],
  ['auditlog_filename', text, '', 'File of the audit log.'],
  ['auditlog_filesize', count, '104857600', 'Size at which that file is rotated.', bytes],
  ['log_mysql_warnings_enabled', bool, 'false', 'Logs warnings of servers.'],
  ['automatic_detect_sqli', bool, 'false', 'Looks for injections in statements.'],
  ['firewall_whitelist_enabled', bool, 'false', 'Applies the whitelist tables.'],
  ['firewall_whitelist_errormsg', text, 'Firewall blocked this query', 'Error text of a statement that is not on the whitelist.'],
  ['verbose_query_error', bool, 'false', 'Logs more about failed statements.'],
  ['hostgroup_manager_verbose', count, '1', 'How much is logged about changes of servers.'],
  ['binlog_reader_connect_retry_msec', count, '3000', 'Pause between two connections to a GTID reader.', ms],
  ['threshold_query_length', count, '524288', 'Length from which on a statement is sent in pieces.', bytes],
  ['threshold_resultset_size', count, '4194304', 'Size from which on a result is streamed; weir streams every result.', bytes],
  [
    'query_digests_max_query_length',
    count,
    '65000',
    'Length of a statement that is looked at for its digest; weir reads statements whole, since what they do depends on all of it.',
    bytes,
  ],
  ['query_rules_fast_routing_algorithm', count, '1', 'How fast routing rules are looked up.'],
  ['mirror_max_concurrency', count, '16', 'Mirrored statements at the same time.', { unit: 'statements' }],
  ['mirror_max_queue_length', count, '32000', 'Mirrored statements that wait.', { unit: 'statements' }],
  ['default_query_delay', count, '0', 'Delay of every statement.', ms],
  ['query_processor_iterations', count, '0', 'How often a statement may run through the rules by flagIN and flagOUT.'],
  ['query_processor_regex', count, '1', 'Regular expression library: 1 is PCRE, 2 is RE2.'],
  ['query_processor_first_comment_parsing', count, '2', 'Whether hints in the first comment are read before, after or around the rules.'],
  ['query_cache_size_MB', count, '256', 'Memory of the query cache.', { unit: 'MiB' }],
  ['query_cache_soft_ttl_pct', count, '0', 'Share of its time after which a cached result is refreshed.', { unit: 'percent' }],
  ['query_cache_handle_warnings', count, '0', 'Caches results that come with warnings.'],
  ['query_cache_stores_empty_result', bool, 'true', 'Caches results without rows.'],
  ['sessions_sort', bool, 'true', 'Sorts sessions by their wait.'],
  ['query_digests_lowercase', bool, 'false', 'Shows digest texts in small letters.'],
  ['query_digests_replace_null', bool, 'false', 'Replaces NULL in digests as other literals.'],
  ['query_digests_no_digits', bool, 'false', 'Replaces digits in digests.'],
  ['query_digests_normalize_digest_text', bool, 'false', 'Keeps one digest text over all schemas.'],
  ['query_digests_keep_comment', bool, 'false', 'Keeps comments in digest texts.'],
  ['parse_failure_logs_digest', bool, 'false', 'Logs the digest of a SET that can not be read.'],
  ['servers_stats', bool, 'true', 'Collects statistics by server.'],
  ['stats_time_backend_query', bool, 'false', 'Measures the time of servers.'],
  ['stats_time_query_processor', bool, 'false', 'Measures the time of the rules.'],
  ['data_packets_history_size', count, '0', 'Packets kept for debugging.'],
  ['handle_warnings', count, '1', 'Keeps a connection whose statement had warnings.'],
  ['evaluate_replication_lag_on_servers_load', count, '1', 'Applies known lag when servers are loaded.'],
]);

/** Variables of ProxySQL's monitor that weir accepts and keeps. */
export const keptMonitorVariables = defineVariables('mysql', false, [
  ['monitor_aws_rds_topology_discovery_interval', count, '0', 'Read-only checks between two looks at the topology of RDS.'],
  ['monitor_replication_lag_group_by_host', bool, 'false', 'Checks lag once a host instead of once a hostgroup.'],
  ['monitor_groupreplication_healthcheck_interval', count, '5000', 'Time between two Group Replication checks.', ms],
  ['monitor_groupreplication_healthcheck_timeout', count, '800', 'How long such a check may take.', ms],
  ['monitor_groupreplication_healthcheck_max_timeout_count', count, '3', 'Checks that time out before a member is left out.'],
  [
    'monitor_groupreplication_max_transactions_behind_count',
    count,
    '3',
    'Checks with too many transactions behind before a member is left out.',
  ],
  ['monitor_groupreplication_max_transactions_behind_for_read_only', count, '1', 'To which members that applies.'],
  ['monitor_galera_healthcheck_interval', count, '5000', 'Time between two Galera checks.', ms],
  ['monitor_galera_healthcheck_timeout', count, '800', 'How long such a check may take.', ms],
  ['monitor_galera_healthcheck_max_timeout_count', count, '3', 'Checks that time out before a node is left out.'],
  ['monitor_query_interval', count, '60000', 'Time between two monitor statements.', ms],
  ['monitor_query_timeout', count, '100', 'How long such a statement may take.', ms],
  ['monitor_threads_min', count, '8', 'Fewest threads of the monitor.'],
  ['monitor_threads_max', count, '128', 'Most threads of the monitor.'],
  ['monitor_threads_queue_maxsize', count, '128', 'Checks that wait for a thread.'],
  ['monitor_local_dns_resolver_queue_maxsize', count, '128', 'Names that wait to be resolved.'],
]);

const defaultedSessionVariables =
  'collation_connection character_set_results sql_mode time_zone isolation_level transaction_read tx_isolation sql_auto_is_null ' +
  'sql_select_limit sql_safe_updates max_join_size net_write_timeout sql_log_bin auto_increment_increment auto_increment_offset ' +
  'default_storage_engine default_tmp_storage_engine foreign_key_checks group_concat_max_len innodb_lock_wait_timeout ' +
  'innodb_strict_mode join_buffer_size lc_messages lc_time_names lock_wait_timeout long_query_time max_execution_time ' +
  'max_heap_table_size max_sort_length optimizer_switch sort_buffer_size sql_big_selects sql_quote_show_create tmp_table_size ' +
  'unique_checks wsrep_sync_wait';

/** `mysql-default_<session variable>`: what ProxySQL assumes a server's global value to be; weir asks the server. */
export const keptSessionDefaultVariables = defineVariables(
  'mysql',
  false,
  defaultedSessionVariables
    .split(' ')
    .map((name) => [`default_${name}`, text, '', `Assumed global value of ${name}; weir learns it from the servers.`] as const),
);
