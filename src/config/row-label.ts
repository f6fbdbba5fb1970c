import type { ConfigRow, TableDefinition } from './table-types.js';

/** `1, db1, 3306`: the values of a row's key. */
export function rowKey(table: TableDefinition, row: ConfigRow): string {
  const single = table.columns.filter((column) => column.key !== 'none').map((column) => column.name);
  return [...single, ...table.primaryKey].map((column) => row[column]).join(', ');
}

/** `mysql_servers (1, db1, 3306)`: a row by its key. */
export function rowLabel(table: TableDefinition, row: ConfigRow): string {
  return `${table.name} (${rowKey(table, row)})`;
}
