import type { Database } from 'better-sqlite3';
import type { ConfigRow } from '../../config/table-types.js';
import { findTable, quoteIdentifier } from '../../config/tables.js';
import { type AdminCommand, adminsOnly } from '../command.js';
import { checksumOf, tableChecksum } from '../module-checksum.js';
import { AdminError, rows } from '../reply.js';
import { checksumRows } from '../tables/checksums.js';

/** What can be named, and its table. */
const TABLES: Readonly<Record<string, string>> = {
  SERVERS: 'mysql_servers',
  USERS: 'mysql_users',
  'QUERY RULES': 'mysql_query_rules',
  VARIABLES: 'global_variables',
  'REPLICATION HOSTGROUPS': 'mysql_replication_hostgroups',
  'GROUP REPLICATION HOSTGROUPS': 'mysql_group_replication_hostgroups',
  'GALERA HOSTGROUPS': 'mysql_galera_hostgroups',
  'AURORA HOSTGROUPS': 'mysql_aws_aurora_hostgroups',
  'HOSTGROUP ATTRIBUTES': 'mysql_hostgroup_attributes',
  'SERVERS SSL PARAMS': 'mysql_servers_ssl_params',
};

/** CHECKSUM [DISK|MEMORY|MEM] MYSQL x: tells whether two layers, or two weirs, have the same rows. */
export const checksum: AdminCommand = {
  pattern: /^CHECKSUM(?: (DISK|MEMORY|MEM))? MYSQL (.*)$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run([, layer, what], { store }) {
    const table = Object.hasOwn(TABLES, what!) ? TABLES[what!]! : undefined;
    if (table === undefined) throw new AdminError(`there is no MYSQL ${what} to sum up; accepted: ${Object.keys(TABLES).join(', ')}`);
    const sum = layerChecksum(store.database, layer === 'DISK' ? 'disk' : 'main', table);
    return rows(['table', 'checksum'], [[table === 'global_variables' ? 'MYSQL VARIABLES' : table, sum]]);
  },
};

function layerChecksum(database: Database, schema: 'main' | 'disk', table: string): string {
  const columns = findTable(table)!.columns.map((column) => column.name);
  const list = columns.map(quoteIdentifier).join(', ');
  const where = table === 'global_variables' ? " WHERE variable_name LIKE 'mysql-%'" : '';
  const found = database.prepare<[], ConfigRow>(`SELECT ${list} FROM ${schema}.${table}${where}`).all();
  return tableChecksum(table, columns, found);
}

/** SELECT GLOBAL_CHECKSUM(): one number for everything that runs. */
export const globalChecksum: AdminCommand = {
  pattern: /^SELECT GLOBAL_CHECKSUM ?\( ?\)$/,
  matches: 'upper',
  roles: adminsOnly,
  changes: false,
  run: (_match, { runtime }) => rows(['CHECKSUM'], [[checksumOf(checksumRows(runtime).map(([name, , , sum]) => `${name} ${sum}`))]]),
};
