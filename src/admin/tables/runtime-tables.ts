import type { ConfigRow, TableDefinition } from '../../config/table-types.js';
import { configTables, createTableSql } from '../../config/tables.js';
import type { AdminContext } from '../context.js';
import { runtimeServerRows } from './runtime-servers.js';
import { runtimeUserRows } from './runtime-users.js';
import type { VirtualTable } from './virtual-table.js';

/** runtime_x for each configuration table but the fixed one: what weir runs by. */
export const runtimeTables: readonly VirtualTable[] = configTables
  .filter((table) => table.name !== 'mysql_collations')
  .map((table) => ({
    schema: 'main',
    name: `runtime_${table.name}`,
    createSql: createTableSql(table, `main.runtime_${table.name}`),
    rows: (context) => rowsOf(table, context).map((row) => table.columns.map((column) => row[column.name] ?? column.default ?? null)),
  }));

function rowsOf(table: TableDefinition, { runtime, control }: AdminContext): readonly ConfigRow[] {
  switch (table.name) {
    case 'mysql_servers':
      return runtimeServerRows(runtime.rows, control.hosts());
    case 'mysql_users':
      return runtimeUserRows(runtime.rows, control.backendUsers());
    case 'mysql_query_rules':
    case 'scheduler':
    case 'restapi_routes':
      return (runtime.rows[table.name] ?? []).filter((row) => row['active'] === 1);
    case 'global_variables':
      return Array.from(runtime.variables, ([variable_name, variable_value]) => ({ variable_name, variable_value }));
    // Nothing is filtered.
    case 'coredump_filters':
      return [];
    default:
      return runtime.rows[table.name] ?? [];
  }
}
