import { commentColumn, defineTable, flagColumn, integerColumn, jsonColumn, textColumn } from '../table-types.js';

export const serverStatuses = ['ONLINE', 'SHUNNED', 'OFFLINE_SOFT', 'OFFLINE_HARD'] as const;
export const checkTypes = [
  'read_only',
  'innodb_read_only',
  'super_read_only',
  'read_only|innodb_read_only',
  'read_only&innodb_read_only',
] as const;

const portColumn = integerColumn('port', { default: 3306, min: 0, max: 65535, check: 'port >= 0 AND port <= 65535' });

export const mysqlServers = defineTable({
  name: 'mysql_servers',
  module: 'MYSQL SERVERS',
  implemented: true,
  doc: 'The servers of each hostgroup; port 0 makes the hostname the path of a Unix socket.',
  keptColumns: ['gtid_port', 'compression'],
  fileRequired: ['hostgroup_id'],
  fileAliases: { address: 'hostname', hostgroup: 'hostgroup_id' },
  columns: [
    integerColumn('hostgroup_id', { default: 0, min: 0, check: 'hostgroup_id>=0' }),
    textColumn('hostname'),
    portColumn,
    integerColumn('gtid_port', {
      default: 0,
      min: 0,
      max: 65535,
      check: '(gtid_port <> port OR gtid_port=0) AND gtid_port >= 0 AND gtid_port <= 65535',
    }),
    textColumn('status', {
      default: 'ONLINE',
      check: "UPPER(status) IN ('ONLINE','SHUNNED','OFFLINE_SOFT', 'OFFLINE_HARD')",
      accepts: { kind: 'choice', values: serverStatuses, caseless: true },
    }),
    integerColumn('weight', { default: 1, min: 0, max: 10_000_000, check: 'weight >= 0 AND weight <=10000000' }),
    flagColumn('compression', { default: 0, check: 'compression IN(0,1)' }),
    integerColumn('max_connections', { default: 1000, min: 0, check: 'max_connections >=0' }),
    integerColumn('max_replication_lag', {
      default: 0,
      min: 0,
      max: 126_144_000,
      check: 'max_replication_lag >= 0 AND max_replication_lag <= 126144000',
    }),
    flagColumn('use_ssl', { default: 0, check: 'use_ssl IN(0,1)' }),
    integerColumn('max_latency_ms', { type: 'INT UNSIGNED', default: 0, min: 0, check: 'max_latency_ms>=0' }),
    commentColumn,
  ],
  primaryKey: ['hostgroup_id', 'hostname', 'port'],
  rules: [
    {
      column: 'gtid_port',
      accepted: '0, or a port other than "port"',
      holds: (row) => row['gtid_port'] === 0 || row['gtid_port'] !== row['port'],
    },
    {
      column: 'hostname',
      accepted: 'a host name, an address, or the path of a Unix socket',
      holds: (row) => /^(?:\/.*\S|[^\s'"`,;]+)$/s.test(String(row['hostname'])),
    },
    {
      column: 'port',
      accepted: '0 where the hostname is the path of a Unix socket, 1 to 65535 otherwise',
      holds: (row) => (row['port'] === 0) === String(row['hostname']).startsWith('/'),
    },
  ],
});

export const mysqlServersSslParams = defineTable({
  name: 'mysql_servers_ssl_params',
  module: 'MYSQL SERVERS',
  implemented: false,
  doc: 'TLS settings of one server, optionally of one account on it.',
  columns: [
    textColumn('hostname'),
    portColumn,
    ...['username', 'ssl_ca', 'ssl_cert', 'ssl_key', 'ssl_capath', 'ssl_crl', 'ssl_crlpath', 'ssl_cipher', 'tls_version'].map((name) =>
      textColumn(name, { default: '' }),
    ),
    commentColumn,
  ],
  primaryKey: ['hostname', 'port', 'username'],
});

const differsFromWriter = (column: string) => ({
  column,
  accepted: 'a hostgroup other than "writer_hostgroup"',
  holds: (row: Readonly<Record<string, unknown>>) => row[column] !== row['writer_hostgroup'],
});

export const mysqlReplicationHostgroups = defineTable({
  name: 'mysql_replication_hostgroups',
  module: 'MYSQL SERVERS',
  implemented: true,
  doc: 'Writer and reader hostgroups that belong together; the read_only check decides which server stands where.',
  columns: [
    integerColumn('writer_hostgroup', { key: 'primary', min: 0, check: 'writer_hostgroup>=0' }),
    integerColumn('reader_hostgroup', { min: 0, check: 'reader_hostgroup<>writer_hostgroup AND reader_hostgroup>=0' }),
    textColumn('check_type', {
      default: 'read_only',
      check:
        "LOWER(check_type) IN ('read_only','innodb_read_only','super_read_only','read_only|innodb_read_only','read_only&innodb_read_only')",
      accepts: { kind: 'choice', values: checkTypes, caseless: true },
    }),
    commentColumn,
  ],
  uniqueKeys: [['reader_hostgroup']],
  rules: [differsFromWriter('reader_hostgroup')],
});

const fourHostgroups = [
  integerColumn('writer_hostgroup', { key: 'primary', min: 0, check: 'writer_hostgroup>=0' }),
  integerColumn('backup_writer_hostgroup', { min: 0, check: 'backup_writer_hostgroup>=0 AND backup_writer_hostgroup<>writer_hostgroup' }),
  integerColumn('reader_hostgroup', {
    min: 1,
    check: 'reader_hostgroup<>writer_hostgroup AND backup_writer_hostgroup<>reader_hostgroup AND reader_hostgroup>0',
  }),
  integerColumn('offline_hostgroup', {
    min: 0,
    check:
      'offline_hostgroup<>writer_hostgroup AND offline_hostgroup<>reader_hostgroup AND backup_writer_hostgroup<>offline_hostgroup AND offline_hostgroup>=0',
  }),
  flagColumn('active', { default: 1 }),
  integerColumn('max_writers', { default: 1, min: 0, check: 'max_writers >= 0' }),
  integerColumn('writer_is_also_reader', { default: 0, values: [0, 1, 2], check: 'writer_is_also_reader IN (0,1,2)' }),
  integerColumn('max_transactions_behind', { default: 0, min: 0, check: 'max_transactions_behind>=0' }),
  textColumn('comment', { nullable: true }),
];

const differsFrom = (column: string, others: readonly string[]) => ({
  column,
  accepted: `a hostgroup other than ${others.map((other) => `"${other}"`).join(', ')}`,
  holds: (row: Readonly<Record<string, unknown>>) => others.every((other) => row[column] !== row[other]),
});

const fourHostgroupKeys = {
  columns: fourHostgroups,
  uniqueKeys: [['reader_hostgroup'], ['offline_hostgroup'], ['backup_writer_hostgroup']],
  rules: [
    differsFrom('backup_writer_hostgroup', ['writer_hostgroup']),
    differsFrom('reader_hostgroup', ['writer_hostgroup', 'backup_writer_hostgroup']),
    differsFrom('offline_hostgroup', ['writer_hostgroup', 'backup_writer_hostgroup', 'reader_hostgroup']),
  ],
};

export const mysqlGroupReplicationHostgroups = defineTable({
  name: 'mysql_group_replication_hostgroups',
  module: 'MYSQL SERVERS',
  implemented: false,
  doc: 'The hostgroups of one Group Replication cluster.',
  ...fourHostgroupKeys,
});

export const mysqlGaleraHostgroups = defineTable({
  name: 'mysql_galera_hostgroups',
  module: 'MYSQL SERVERS',
  implemented: false,
  doc: 'The hostgroups of one Galera cluster.',
  ...fourHostgroupKeys,
});

const bounded = (name: string, fallback: number, min: number, max: number) =>
  integerColumn(name, { default: fallback, min, max, check: `${name} >= ${min} AND ${name} <= ${max}` });

export const mysqlAwsAuroraHostgroups = defineTable({
  name: 'mysql_aws_aurora_hostgroups',
  module: 'MYSQL SERVERS',
  implemented: false,
  doc: 'The hostgroups of one Aurora cluster.',
  columns: [
    integerColumn('writer_hostgroup', { key: 'primary', min: 0, check: 'writer_hostgroup>=0' }),
    integerColumn('reader_hostgroup', { min: 1, check: 'reader_hostgroup<>writer_hostgroup AND reader_hostgroup>0' }),
    flagColumn('active', { default: 1 }),
    integerColumn('aurora_port', { default: 3306 }),
    textColumn('domain_name', { default: '' }),
    bounded('max_lag_ms', 600_000, 10, 600_000),
    bounded('check_interval_ms', 1000, 100, 600_000),
    bounded('check_timeout_ms', 800, 80, 3000),
    flagColumn('writer_is_also_reader', { default: 0 }),
    bounded('new_reader_weight', 1, 0, 10_000_000),
    bounded('add_lag_ms', 30, 0, 600_000),
    bounded('min_lag_ms', 30, 0, 600_000),
    bounded('lag_num_checks', 1, 1, 16),
    textColumn('comment', { nullable: true }),
  ],
  uniqueKeys: [['reader_hostgroup']],
  rules: [differsFromWriter('reader_hostgroup')],
});

export const mysqlHostgroupAttributes = defineTable({
  name: 'mysql_hostgroup_attributes',
  module: 'MYSQL SERVERS',
  implemented: false,
  doc: 'Settings of one hostgroup that replace the global ones.',
  columns: [
    integerColumn('hostgroup_id', { key: 'primary' }),
    integerColumn('max_num_online_servers', {
      default: 1_000_000,
      min: 0,
      max: 1_000_000,
      check: 'max_num_online_servers>=0 AND max_num_online_servers <= 1000000',
    }),
    integerColumn('autocommit', { default: -1, values: [-1, 0, 1], check: 'autocommit IN (-1, 0, 1)' }),
    bounded('free_connections_pct', 10, 0, 100),
    textColumn('init_connect', { default: '' }),
    flagColumn('multiplex', { default: 1, check: 'multiplex IN (0, 1)' }),
    flagColumn('connection_warming', { default: 0, check: 'connection_warming IN (0, 1)' }),
    bounded('throttle_connections_per_sec', 1_000_000, 1, 1_000_000),
    jsonColumn('ignore_session_variables'),
    jsonColumn('hostgroup_settings'),
    jsonColumn('servers_defaults'),
    commentColumn,
  ],
});
