import { bool, choice, days, defineVariables, int, interfaces, program, tableName, text } from '../variable-types.js';

const ms = { unit: 'ms' } as const;
const restart = { effect: 'restart' } as const;

/** The variables of ProxySQL that weir acts on in its data plane. */
export const dataPlaneVariableRecords = defineVariables('mysql', true, [
  [
    'interfaces',
    interfaces,
    '0.0.0.0:6033',
    'Addresses and Unix sockets for application traffic; ProxySQL listens on the same port when it finds none.',
    { ...restart, proxysqlDefault: '' },
  ],
  [
    'threads',
    int(0, 255),
    '0',
    'Number of worker processes; 0, the default, is one a core, since weir has no use for more.',
    { ...restart, proxysqlDefault: '4' },
  ],
  [
    'max_connections',
    int(1, 1_000_000),
    '10000',
    'Client connections at the same time over all workers; more are refused with error 1040.',
    { unit: 'connections' },
  ],
  [
    'max_allowed_packet',
    int(8192, 1024 ** 3),
    '67108864',
    'Largest packet of a client; a larger one ends the connection with error 1153.',
    { unit: 'bytes' },
  ],
  ['connect_timeout_client', int(500, 3_600_000), '10000', 'How long a client may take for its handshake.', ms],
  ['connect_timeout_server', int(10, 120_000), '1000', 'How long one connection attempt to a server may take.', ms],
  [
    'connect_timeout_server_max',
    int(10, 3_600_000),
    '10000',
    'How long a statement waits for a connection to its hostgroup before error 9001.',
    ms,
  ],
  [
    'connect_retries_on_failure',
    int(0, 1000),
    '10',
    'Further connection attempts for one statement after the first has failed. A server that has too many connections is asked again for as long as the statement may wait.',
  ],
  [
    'connect_retries_delay',
    int(0, 10_000),
    '1',
    'Least pause after a failed connection attempt to a server. The pauses begin at 20 ms and double up to a second.',
    ms,
  ],
  [
    'throttle_connections_per_sec_to_hostgroup',
    int(1, 1_000_000),
    '1000000',
    'New connections a second to one hostgroup, over all workers; 1000000 is no limit.',
    { unit: 'connections' },
  ],
  [
    'query_retries_on_failure',
    int(0, 1000),
    '1',
    'How often a read outside a transaction is sent to another server when its server was lost before the first byte of the reply; after that the writer is asked once, unless this is 0.',
  ],
  [
    'default_query_timeout',
    int(0, days(20)),
    '86400000',
    'Statements that a server takes longer for are ended by KILL QUERY and error 1907; kept to a tenth, at best to 50 ms; 0 is no limit.',
    ms,
  ],
  ['kill_backend_connection_when_disconnect', bool, 'true', 'Ends by KILL QUERY what still runs on a server when its client is gone.'],
  [
    'client_host_cache_size',
    int(0, 1024 * 1024),
    '0',
    'Client addresses whose failed logins are counted, over all workers; the one unused for longest gives way; 0 counts none.',
  ],
  [
    'client_host_error_counts',
    int(0, 1024 * 1024),
    '0',
    'Failed logins after which an address is refused with error 1129 until PROXYSQL FLUSH MYSQL CLIENT HOSTS; 0 is never.',
  ],
  ['wait_timeout', int(0, days(20)), '28800000', 'Idle clients are disconnected after this time; 0 is never.', ms],
  [
    'default_schema',
    text,
    '',
    'Schema of clients that name none; empty, the default, leaves them without a schema as a server does, where ProxySQL puts them into information_schema.',
    { proxysqlDefault: 'information_schema' },
  ],
  [
    'server_version',
    text,
    'auto',
    'Version string of the handshake; auto, the default, is that of the primary, since clients and drivers change their behaviour by it.',
    { proxysqlDefault: '8.0.11' },
  ],
  ['multiplexing', bool, 'true', 'Lets sessions share backend connections; false keeps a session on the connection that it got first.'],
  [
    'enable_load_data_local_infile',
    bool,
    'true',
    'Forwards LOAD DATA LOCAL INFILE; true, the default, because the servers decide on it and a client must not notice weir.',
    { proxysqlDefault: 'false' },
  ],
  [
    'max_stmts_per_connection',
    int(1, 1024),
    '20',
    'Prepared statements kept on an idle backend connection; one with more is reset before it is used again.',
    { unit: 'statements' },
  ],
  [
    'free_connections_pct',
    int(0, 100),
    '10',
    'Idle backend connections kept, as a share of the max_connections of a server.',
    { unit: 'percent' },
  ],
  ['connection_max_age_ms', int(0, 3600 * 24 * 1000), '0', 'Backend connections older than this are closed when idle; 0 is never.', ms],
  ['ping_interval_server_msec', int(1000, days(7)), '10000', 'Idle backend connections are pinged at this interval.', ms],
  ['ping_timeout_server', int(10, 600_000), '200', 'How long the answer to such a ping may take.', ms],
  ['use_tcp_keepalive', bool, 'true', 'Switches TCP keep-alive on for clients and servers.', restart],
  ['tcp_keepalive_time', int(0, 7200), '120', 'Idle time before the first keep-alive probe.', { unit: 's', effect: 'restart' }],
  ['have_ssl', bool, 'true', 'Offers TLS to clients.'],
  ['ssl_p2s_ca', text, '', 'File with the certificate authorities that servers are checked against; empty is no check.'],
  ['ssl_p2s_cert', text, '', 'File with the client certificate for servers.'],
  ['ssl_p2s_key', text, '', 'File with the key of that certificate.'],
]);

/** The variables of ProxySQL that weir's monitor acts on. */
export const monitorVariableRecords = defineVariables('mysql', true, [
  ['monitor_enabled', bool, 'true', 'Switches the monitor on.'],
  [
    'monitor_history',
    int(1000, days(7)),
    '7200000',
    'How long the monitor schema keeps the results of checks, 100,000 of each check at most, and events, 10,000 at most.',
    ms,
  ],
  ['monitor_username', text, 'monitor', 'Account of the monitor on every server.'],
  ['monitor_password', text, 'monitor', 'Password of that account.'],
  [
    'monitor_wait_timeout',
    bool,
    'true',
    'Sets wait_timeout of monitor connections to ten times the longest of the intervals of ping, read_only and lag, 10 s at least.',
  ],
  ['monitor_connect_interval', int(100, days(7)), '120000', 'Time between two fresh logins of the monitor to a server.', ms],
  ['monitor_connect_timeout', int(100, 600_000), '600', 'How long a fresh login of the monitor may take.', ms],
  ['monitor_ping_interval', int(100, days(7)), '8000', 'Time between two pings of a server.', ms],
  ['monitor_ping_timeout', int(100, 600_000), '1000', 'How long the answer to a ping may take.', ms],
  ['monitor_ping_max_failures', int(1, 1_000_000), '3', 'Pings that fail in a row before a server is shunned.'],
  ['monitor_read_only_interval', int(100, days(7)), '1000', 'Time between two looks at read_only.', ms],
  ['monitor_read_only_timeout', int(100, 600_000), '800', 'How long that look may take.', ms],
  ['monitor_read_only_max_timeout_count', int(1, 999_999), '3', 'Looks that time out in a row before a server counts as read only.'],
  ['monitor_writer_is_also_reader', bool, 'true', 'A server that becomes writer stays in the reader hostgroup too.'],
  ['monitor_replication_lag_interval', int(100, days(7)), '10000', 'Time between two looks at the replication lag.', ms],
  ['monitor_replication_lag_timeout', int(100, 600_000), '1000', 'How long that look may take.', ms],
  [
    'monitor_replication_lag_count',
    int(1, 10),
    '1',
    'Looks in a row with too much lag that shun a server, and looks in a row without that take it back.',
  ],
  [
    'monitor_replication_lag_use_percona_heartbeat',
    tableName,
    '',
    "Table of pt-heartbeat, whose newest ts tells the lag, in the server's time zone; the monitor's account needs SELECT on it. Empty: SHOW REPLICA STATUS, and on MySQL 8 the appliers' times where the account may SELECT from performance_schema.",
  ],
  [
    'monitor_slave_lag_when_null',
    int(0, 604_800),
    '60',
    'Lag that stands for that of a replica whose replication does not run.',
    { unit: 's' },
  ],
  [
    'default_max_latency_ms',
    int(0, days(20)),
    '1000',
    'Mean time of three pings above which a server gets no statements, where its max_latency_ms is 0; the writer of a pair gets them always. 0 is no limit.',
    ms,
  ],
  ['shun_on_failures', int(0, 10_000_000), '5', 'Connection errors within a second that shun a server.'],
  [
    'shun_recovery_time_sec',
    int(0, 3600 * 24 * 365),
    '10',
    'How long that lasts, unless two pings in a row succeed before.',
    { unit: 's' },
  ],
]);

/** weir's own. */
const weirTrafficVariables = defineVariables('mysql', true, [
  [
    'read_write_split',
    choice('auto', 'off'),
    'auto',
    'auto sends statements proven read-only from the writer hostgroup of a replication pair to its reader hostgroup; off leaves routing to users and rules.',
  ],
  [
    'writer_guard',
    bool,
    'true',
    'Keeps statements that are not proven read-only away from reader hostgroups of replication pairs, whatever a rule or hint says.',
  ],
  ['reader_fallback_to_writer', bool, 'true', 'Lets the writer serve reads while no reader is online.'],
  ['shutdown_drain_ms', int(0, 3_600_000), '30000', 'How long statements and transactions may go on after SIGTERM.', ms],
  [
    'diagnostics_hold_ms',
    int(0, 3_600_000),
    '1000',
    'How long a connection stays with its session after a statement whose row count, insert id or warnings may be asked for, while no next statement comes.',
    ms,
  ],
  [
    'client_buffer_max_bytes',
    int(65_536, 1024 ** 3),
    '1048576',
    'Bytes that wait for one slow client before its server is paused.',
    { unit: 'bytes' },
  ],
  [
    'query_digests_max_entries',
    int(100, 10_000_000),
    '10000',
    'Digests kept with their verdict and statistics, per worker; the one unused for longest gives way.',
  ],
  [
    'writer_conflict',
    choice('keep', 'refuse', 'all'),
    'keep',
    'Who takes writes while several servers of a replication pair accept them, which is an error in the log: keep, the known writer until it is gone or read only; refuse, nobody, so that writes wait and end with error 9001; all, each of them, as in ProxySQL.',
  ],
  [
    'users_from_backend',
    bool,
    'false',
    "Lets clients in with the accounts of the primary's own user table that mysql_users does not have; the monitor's account needs SELECT on mysql.user (MySQL) or mysql.global_priv (MariaDB).",
  ],
  [
    'users_from_backend_interval',
    int(1_000, days(7)),
    '60000',
    'Time between two looks at that user table; a failed login looks at once.',
    ms,
  ],
  [
    'users_from_backend_hostgroup',
    int(-1, 2_147_483_647),
    '-1',
    'Hostgroup whose user table is read and which is the default_hostgroup of its accounts; -1, the default, takes the writers of all replication pairs.',
  ],
  [
    'event_hook',
    program,
    '',
    'Program that is run, without a shell, for each event of monitor.weir_events, with the arguments kind, server, hostgroups, from, to, reason, time; empty runs none.',
  ],
  [
    'event_hook_timeout_ms',
    int(100, 3_600_000),
    '10000',
    'How long it may run for one event; then it gets SIGTERM, and SIGKILL 2 s later.',
    ms,
  ],
  ['tracing', bool, 'false', 'Records the phases of each statement with their times.', { implemented: false }],
]);

const weirAdminVariables = defineVariables('admin', true, [
  [
    'scheduler_timeout_ms',
    int(100, days(1)),
    '60000',
    'How long a program of the scheduler may run; then it gets SIGTERM, and SIGKILL 2 s later.',
    ms,
  ],
]);

/** The variables that only weir has. */
export const weirVariableRecords = [...weirTrafficVariables, ...weirAdminVariables];
