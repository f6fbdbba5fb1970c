import { assert } from '../base/assert.js';
import type { ColumnDefinition, ConfigModule, SqlValue, TableDefinition } from './table-types.js';
import {
  coredumpFilters,
  firewallWhitelistRules,
  firewallWhitelistSqliFingerprints,
  firewallWhitelistUsers,
  globalSettings,
  globalVariables,
  mysqlCollations,
  proxysqlServers,
  restapiRoutes,
  scheduler,
} from './tables/others.js';
import { mysqlQueryRules, mysqlQueryRulesFastRouting } from './tables/query-rules.js';
import {
  mysqlAwsAuroraHostgroups,
  mysqlGaleraHostgroups,
  mysqlGroupReplicationHostgroups,
  mysqlHostgroupAttributes,
  mysqlReplicationHostgroups,
  mysqlServers,
  mysqlServersSslParams,
} from './tables/servers.js';
import { mysqlUsers } from './tables/users.js';

/** Every configuration table, in the order in which the `main` and `disk` schemas are built. */
export const configTables: readonly TableDefinition[] = [
  mysqlServers,
  mysqlServersSslParams,
  mysqlReplicationHostgroups,
  mysqlGroupReplicationHostgroups,
  mysqlGaleraHostgroups,
  mysqlAwsAuroraHostgroups,
  mysqlHostgroupAttributes,
  mysqlUsers,
  mysqlQueryRules,
  mysqlQueryRulesFastRouting,
  globalVariables,
  scheduler,
  restapiRoutes,
  proxysqlServers,
  mysqlCollations,
  firewallWhitelistUsers,
  firewallWhitelistRules,
  firewallWhitelistSqliFingerprints,
  coredumpFilters,
];

/** Tables of the `disk` schema that `main` has not. */
export const diskOnlyTables: readonly TableDefinition[] = [globalSettings];

const byName = new Map(configTables.map((table) => [table.name, table]));

export function findTable(name: string): TableDefinition | undefined {
  return byName.get(name);
}

/** The tables that one LOAD or SAVE moves; none for the two modules of variables. */
export function tablesOfModule(module: ConfigModule): readonly TableDefinition[] {
  return configTables.filter((table) => table.module === module);
}

export function columnOf(table: TableDefinition, name: string): ColumnDefinition {
  const column = table.columns.find((candidate) => candidate.name === name);
  assert(column, `${table.name} has no column ${name}`);
  return column;
}

/** The columns whose values tell one row from another, once for each key of the table. */
export function keysOf(table: TableDefinition): readonly (readonly string[])[] {
  const single = table.columns.filter((column) => column.key !== 'none').map((column) => [column.name]);
  const primary = table.primaryKey.length > 0 ? [table.primaryKey] : [];
  return [...single, ...primary, ...table.uniqueKeys];
}

/**
 * The CREATE TABLE text that SQLite runs and SHOW CREATE TABLE shows: a column a line, indented by four blanks.
 * @param name for the same columns under another name, as `runtime_…` tables have; with its schema where one is wanted
 */
export function createTableSql(table: TableDefinition, name = table.name): string {
  const lines = table.columns.map(columnSql);
  if (table.primaryKey.length > 0) lines.push(`PRIMARY KEY (${table.primaryKey.join(', ')})`);
  for (const key of table.uniqueKeys) lines.push(`UNIQUE (${key.join(', ')})`);
  return `CREATE TABLE ${name} (\n${lines.map((line) => `    ${line}`).join(',\n')}\n)`;
}

function columnSql(column: ColumnDefinition): string {
  const parts = [`${quoteIdentifier(column.name)} ${column.type}`];
  if (column.key !== 'none') parts.push(column.key.toUpperCase().replace('PRIMARY', 'PRIMARY KEY'));
  if (column.check !== null) parts.push(`CHECK (${column.check})`);
  if (column.notNull || column.key !== 'none') parts.push('NOT NULL');
  if (column.default !== undefined) parts.push(`DEFAULT ${sqlLiteral(column.default)}`);
  return parts.join(' ');
}

/** Names as they are; only `Default` of mysql_collations is a word of SQL. */
export function quoteIdentifier(name: string): string {
  return name.toLowerCase() === 'default' ? `\`${name}\`` : name;
}

export function sqlLiteral(value: SqlValue): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
