import { type ColumnDefinition, type ConfigRow, describeAccepts, isAccepted, type SqlValue, type TableDefinition } from './table-types.js';
import { columnOf } from './tables.js';

export interface RowProblem {
  readonly column: string;
  readonly message: string;
}

/** The columns of a row that nobody gave get their defaults; undefined stays where there is none. */
export function completeRow(table: TableDefinition, given: ConfigRow, defaults: ConfigRow = {}): ConfigRow {
  const entries = table.columns.map((column) => [column.name, given[column.name] ?? defaultOf(column, given, defaults)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, SqlValue] => entry[1] !== undefined));
}

function defaultOf(column: ColumnDefinition, given: ConfigRow, defaults: ConfigRow): SqlValue | undefined {
  if (given[column.name] === null) return null;
  if (Object.hasOwn(defaults, column.name)) return defaults[column.name];
  return column.default ?? (column.notNull || column.key !== 'none' ? undefined : null);
}

/** Types, ranges and rules of one complete row. */
export function checkRow(table: TableDefinition, row: ConfigRow): RowProblem[] {
  const problems = table.columns.flatMap((column) => checkValue(column, row[column.name]));
  if (problems.length > 0) return problems;
  return table.rules
    .filter((rule) => !rule.holds(row))
    .map((rule) => {
      const found = describeFound(columnOf(table, rule.column), row[rule.column] ?? '');
      return { column: rule.column, message: `found ${found}; accepted: ${rule.accepted}` };
    });
}

function checkValue(column: ColumnDefinition, value: SqlValue | undefined): RowProblem[] {
  const mayBeNull = !column.notNull && column.key === 'none';
  if (value === null && mayBeNull) return [];
  if (value === undefined || value === null)
    return [{ column: column.name, message: `is missing; accepted: ${describeAccepts(column.accepts)}` }];
  if (isAccepted(column.accepts, value)) return [];
  return [{ column: column.name, message: `found ${describeFound(column, value)}; accepted: ${describeAccepts(column.accepts)}` }];
}

/** Texts are shown only where they come from a short list: others may be passwords. */
function describeFound(column: ColumnDefinition, value: string | number): string {
  if (typeof value === 'number') return String(value);
  if (value === '') return 'an empty text';
  return column.accepts.kind === 'choice' ? JSON.stringify(value.slice(0, 80)) : 'a text';
}

/** Choices in the one spelling that the rest of weir compares with. */
export function canonicalValue(table: TableDefinition, column: string, value: SqlValue): SqlValue {
  const { accepts } = columnOf(table, column);
  if (accepts.kind !== 'choice' || typeof value !== 'string') return value;
  return accepts.values.find((candidate) => candidate.toLowerCase() === value.toLowerCase()) ?? value;
}
