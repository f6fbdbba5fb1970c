import { commentColumn, defineTable, flagColumn, integerColumn, textColumn } from '../table-types.js';

export const globalVariables = defineTable({
  name: 'global_variables',
  module: null,
  implemented: true,
  doc: 'Every variable by its name with prefix, as text.',
  columns: [textColumn('variable_name', { key: 'primary' }), textColumn('variable_value')],
});

export const globalSettings = defineTable({
  name: 'global_settings',
  module: null,
  implemented: false,
  doc: 'Settings of the file on disk itself.',
  columns: [textColumn('variable_name', { key: 'primary' }), textColumn('variable_value')],
});

const intervalColumn = (name: string) =>
  integerColumn(name, { type: 'INTEGER', min: 100, max: 100_000_000, check: `${name}>=100 AND ${name}<=100000000` });

export const scheduler = defineTable({
  name: 'scheduler',
  module: 'SCHEDULER',
  implemented: true,
  doc: 'Programs to run at intervals, without a shell, each with its arguments up to the first that is NULL. No program runs twice at the same time; results are in stats_weir_scheduler and in the log.',
  columns: [
    integerColumn('id', { type: 'INTEGER', key: 'primary autoincrement' }),
    flagColumn('active', { default: 1 }),
    intervalColumn('interval_ms'),
    textColumn('filename'),
    ...[1, 2, 3, 4, 5].map((number) => textColumn(`arg${number}`, { nullable: true })),
    commentColumn,
  ],
});

export const restapiRoutes = defineTable({
  name: 'restapi_routes',
  module: 'RESTAPI',
  implemented: false,
  doc: 'Scripts behind paths of the HTTP port.',
  columns: [
    integerColumn('id', { type: 'INTEGER', key: 'primary autoincrement' }),
    flagColumn('active', { default: 1 }),
    intervalColumn('timeout_ms'),
    textColumn('method', {
      check: "UPPER(method) IN ('GET','POST')",
      accepts: { kind: 'choice', values: ['GET', 'POST'], caseless: true },
    }),
    textColumn('uri'),
    textColumn('script'),
    commentColumn,
  ],
});

export const proxysqlServers = defineTable({
  name: 'proxysql_servers',
  module: 'PROXYSQL SERVERS',
  implemented: false,
  doc: 'The other members of a cluster of proxies.',
  columns: [
    textColumn('hostname'),
    integerColumn('port', { default: 6032 }),
    integerColumn('weight', { default: 0, min: 0, check: 'weight >= 0' }),
    commentColumn,
  ],
  primaryKey: ['hostname', 'port'],
});

export const firewallWhitelistUsers = defineTable({
  name: 'mysql_firewall_whitelist_users',
  module: 'MYSQL FIREWALL',
  implemented: false,
  doc: 'How strictly the whitelist is applied to a user.',
  columns: [
    flagColumn('active', { default: 1 }),
    textColumn('username'),
    textColumn('client_address'),
    textColumn('mode', {
      default: 'OFF',
      check: "mode IN ('OFF','DETECTING','PROTECTING')",
      accepts: { kind: 'choice', values: ['OFF', 'DETECTING', 'PROTECTING'], caseless: false },
    }),
    textColumn('comment'),
  ],
  fileDefaults: { comment: '' },
  primaryKey: ['username', 'client_address'],
});

export const firewallWhitelistRules = defineTable({
  name: 'mysql_firewall_whitelist_rules',
  module: 'MYSQL FIREWALL',
  implemented: false,
  doc: 'The digests that a user may send.',
  columns: [
    flagColumn('active', { default: 1 }),
    textColumn('username'),
    textColumn('client_address'),
    textColumn('schemaname'),
    integerColumn('flagIN', { default: 0 }),
    textColumn('digest'),
    textColumn('comment'),
  ],
  fileDefaults: { comment: '' },
  primaryKey: ['username', 'client_address', 'schemaname', 'flagIN', 'digest'],
});

export const firewallWhitelistSqliFingerprints = defineTable({
  name: 'mysql_firewall_whitelist_sqli_fingerprints',
  module: 'MYSQL FIREWALL',
  implemented: false,
  doc: 'Fingerprints that are no injection.',
  columns: [flagColumn('active', { default: 1 }), textColumn('fingerprint')],
  primaryKey: ['fingerprint'],
});

export const mysqlCollations = defineTable({
  name: 'mysql_collations',
  module: null,
  implemented: false,
  doc: 'Character sets and collations by number.',
  columns: [
    integerColumn('Id', { type: 'INTEGER', key: 'primary' }),
    textColumn('Collation'),
    textColumn('Charset'),
    textColumn('Default'),
  ],
});

export const coredumpFilters = defineTable({
  name: 'coredump_filters',
  module: null,
  implemented: false,
  doc: 'Places that write a core file; kept for tools that list it.',
  columns: [textColumn('filename'), integerColumn('line')],
  primaryKey: ['filename', 'line'],
});
