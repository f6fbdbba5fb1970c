import { rowKey } from './row-label.js';
import type { ConfigModule, ConfigRow, ConfigRows, TableDefinition } from './table-types.js';
import { columnOf, tablesOfModule } from './tables.js';
import { findVariable, type VariableValues } from './variables.js';

/** Rows of one table that are named; of more only the number is told. */
const MAX_NAMED_ROWS = 20;
const NO_EFFECT = 'has no effect in this version';

/**
 * What a module's rows ask for and weir does not do: rows of tables that it only keeps, values in columns that it only keeps.
 * Rows that are switched off ask for nothing. One text each: `mysql_servers.compression (1, db1, 3306): has no effect in this version`.
 */
export function rowsWithoutEffect(module: ConfigModule, rows: ConfigRows): string[] {
  return tablesOfModule(module).flatMap((table) => {
    const active = (rows[table.name] ?? []).filter((row) => row['active'] !== 0);
    const texts = active.flatMap((row) => (table.implemented ? columnsWithoutEffect(table, row) : [wholeRow(table, row)]));
    const more = texts.length - MAX_NAMED_ROWS;
    return more > 0 ? [...texts.slice(0, MAX_NAMED_ROWS), `${table.name}: ${more} more like these: no effect in this version`] : texts;
  });
}

function wholeRow(table: TableDefinition, row: ConfigRow): string {
  return `${table.name} (${rowKey(table, row)}): ${NO_EFFECT}`;
}

function columnsWithoutEffect(table: TableDefinition, row: ConfigRow): string[] {
  const columns = table.keptColumns.filter((column) => (row[column] ?? null) !== (columnOf(table, column).default ?? null));
  const values = Object.keys(table.keptValues).filter((column) => table.keptValues[column]!.includes(row[column] ?? null));
  return [...columns, ...values].map((column) => `${table.name}.${column} (${rowKey(table, row)}): ${NO_EFFECT}`);
}

/** Variables of a module that differ from their default although weir only keeps them. */
export function variablesWithoutEffect(prefix: string, values: VariableValues): string[] {
  return [...values].flatMap(([name, value]) => {
    const record = name.startsWith(prefix) ? findVariable(name) : undefined;
    if (record === undefined || record.implemented || record.readOnly) return [];
    return value === record.default ? [] : [`${name}: ${NO_EFFECT}`];
  });
}

/** Variables whose new value waits for a start, with what holds until then. */
export function variablesAwaitingRestart(prefix: string, values: VariableValues, started: VariableValues): string[] {
  return [...values].flatMap(([name, value]) => {
    const record = name.startsWith(prefix) ? findVariable(name) : undefined;
    if (record?.effect !== 'restart' || !record.implemented) return [];
    const running = started.get(name) ?? record.default;
    return value === running ? [] : [`${name}: takes effect at the next start (PROXYSQL RESTART); until then ${running} holds`];
  });
}
