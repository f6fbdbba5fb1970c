import type { Database } from 'better-sqlite3';
import type { SqlValue } from '../../config/table-types.js';
import type { AdminContext, AdminRole } from '../context.js';

export type VirtualSchema = 'main' | 'stats' | 'monitor' | 'information_schema';

/** A table whose rows are made anew for each statement that names it. */
export interface VirtualTable {
  readonly schema: VirtualSchema;
  readonly name: string;
  /** The CREATE TABLE statement for `SCHEMA.name`. */
  readonly createSql: string;
  /** Rows, values in the order of the columns; `role` of the account that asks. */
  rows(context: AdminContext, role: AdminRole): readonly (readonly SqlValue[])[] | Promise<readonly (readonly SqlValue[])[]>;
  /** For tables that are too long to be made anew: brings the table up to date instead; `rows` is empty then. */
  readonly refresh?: (database: Database, context: AdminContext) => void;
}

/** A virtual table from its columns as SQL: `Variable_Name VARCHAR NOT NULL PRIMARY KEY`. */
export function virtualTable(schema: VirtualSchema, name: string, columns: readonly string[], rows: VirtualTable['rows']): VirtualTable {
  return {
    schema,
    name,
    createSql: `CREATE TABLE ${schema}.${name} (\n    ${columns.join(', ').replace(/, (?![^(]*\))/g, ',\n    ')}\n)`,
    rows,
  };
}

/** Replaces the rows of a table. */
export function fill(database: Database, table: VirtualTable, values: readonly (readonly SqlValue[])[]): void {
  database.transaction(() => {
    database.exec(`DELETE FROM ${table.schema}.${table.name}`);
    const width = values[0]?.length ?? 0;
    if (width === 0) return;
    const insert = database.prepare(`INSERT OR REPLACE INTO ${table.schema}.${table.name} VALUES (${Array(width).fill('?').join(', ')})`);
    for (const row of values) insert.run(...row);
  })();
}
