import { bool, count, credentials, defineVariables, int, interfaces, text } from '../variable-types.js';

const seconds = { unit: 's' } as const;

/** Variables of the admin port and the HTTP port that weir acts on. */
export const adminVariableRecords = defineVariables('admin', true, [
  ['admin_credentials', credentials, 'admin:admin', 'Accounts of the admin port; the account admin may log in from loopback only.'],
  ['stats_credentials', credentials, 'stats:stats', 'Accounts that see statistics only.'],
  ['mysql_ifaces', interfaces, '0.0.0.0:6032', 'Addresses and Unix sockets of the admin port.', { effect: 'restart' }],
  [
    'hash_passwords',
    bool,
    'false',
    'SAVE MYSQL USERS FROM RUNTIME writes passwords in clear as *HEX hashes; a hash logs in to servers by mysql_native_password only, until a client has proved the password in clear over TLS. false, the default, keeps them as given, as ProxySQL does since 2.6.',
  ],
  ['read_only', bool, 'false', 'Refuses changes on the admin port.'],
  ['version', text, '', 'The version of weir.', { readOnly: true, proxysqlDefault: '(build version)' }],
  [
    'restapi_enabled',
    bool,
    'true',
    'Opens the HTTP port with /metrics, /healthz and /readyz; true, the default, because orchestrators ask there and it listens on loopback only.',
    { proxysqlDefault: 'false', effect: 'restart' },
  ],
  [
    'stats_mysql_connections',
    int(0, 300),
    '60',
    'Time between two rows of stats_history about connections, and of all of stats_mysql_global; 0 is none. Each row is kept for 7 days, hours for a year, days for ten.',
    seconds,
  ],
  [
    'stats_mysql_connection_pool',
    int(0, 300),
    '60',
    'Time between two copies of stats_mysql_connection_pool, kept for 7 days; 0 is none.',
    seconds,
  ],
  [
    'stats_system_cpu',
    int(0, 600),
    '60',
    'Time between two rows about the CPU time of all processes of weir, in ticks of 10 ms; 0 is none.',
    seconds,
  ],
  [
    'stats_system_memory',
    int(0, 600),
    '60',
    'Time between two rows about the memory of all processes of weir, in bytes; 0 is none.',
    seconds,
  ],
  [
    'stats_mysql_query_digest_to_disk',
    int(0, 86_400),
    '0',
    'Time between two moves of stats_mysql_query_digest to history_mysql_query_digest, where rows stay until they are deleted; 0 is none.',
    seconds,
  ],
  ['vacuum_stats', bool, 'true', 'Gives space of deleted rows of weir_stats.db back to the file system, in small steps.'],
  ['restapi_port', int(0, 65535), '6070', 'Port of the HTTP port on loopback.', { effect: 'restart' }],
]);

const clusterModules: readonly string[] = [
  'mysql_query_rules',
  'mysql_servers',
  'mysql_users',
  'proxysql_servers',
  'mysql_variables',
  'admin_variables',
  'ldap_variables',
];
const checksumModules: readonly string[] = [
  'mysql_query_rules',
  'mysql_servers',
  'mysql_users',
  'mysql_variables',
  'admin_variables',
  'ldap_variables',
];

/** Variables of the admin port that weir accepts and keeps. */
export const keptAdminVariables = defineVariables('admin', false, [
  [
    'stats_mysql_query_cache',
    int(0, 300),
    '60',
    'Time between two entries about the query cache; weir has none, and its tables stay empty.',
    seconds,
  ],
  ['pgsql_ifaces', text, '0.0.0.0:6132', 'Admin port for PostgreSQL clients; weir has none.'],
  ['telnet_admin_ifaces', text, '', 'Telnet admin port; weir has none.'],
  ['telnet_stats_ifaces', text, '', 'Telnet statistics port; weir has none.'],
  ['refresh_interval', count, '2000', 'Time between two refreshes of statistics.', { unit: 'ms' }],
  ['cluster_username', text, '', 'Account towards other members of a cluster.'],
  ['cluster_password', text, '', 'Password of that account.'],
  ['cluster_check_interval_ms', count, '1000', 'Time between two looks at a member.', { unit: 'ms' }],
  ['cluster_check_status_frequency', count, '10', 'Looks after which the status is asked for as well.'],
  ...clusterModules.map(
    (name) => [`cluster_${name}_diffs_before_sync`, count, '3', `Looks with other ${name} before they are fetched.`] as const,
  ),
  ...clusterModules.map((name) => [`cluster_${name}_save_to_disk`, bool, 'true', `Saves fetched ${name} to disk.`] as const),
  ['cluster_mysql_servers_sync_algorithm', count, '1', 'Whether servers are fetched from memory or from runtime.'],
  ...checksumModules.map((name) => [`checksum_${name}`, bool, 'true', `Computes checksums of ${name}.`] as const),
  ['web_enabled', bool, 'false', 'Opens the web interface; weir has none.'],
  ['web_port', count, '6080', 'Port of the web interface.'],
  ['web_verbosity', count, '0', 'How much the web interface logs.'],
  ['prometheus_memory_metrics_interval', count, '61', 'Time between two refreshes of memory metrics.', seconds],
  ['ssl_keylog_file', text, '', 'File that TLS secrets are written to.'],
]);
