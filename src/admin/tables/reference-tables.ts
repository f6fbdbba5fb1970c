import SqliteDatabase, { type Database } from 'better-sqlite3';
import { INFORMATION_SCHEMA } from '../catalog.js';
import { createHistorySql } from '../history/history-tables.js';
import { virtualTables } from './index.js';
import { tableDocs } from './table-docs.js';

const SCHEMAS = {
  main: '`runtime_…` has what the workers run by: the columns of the table of that name above. Beside them:',
  stats: 'Made anew for each statement that names one.',
  monitor: 'Results of the checks of servers.',
  stats_history: 'In the file `weir_stats.db`. `timestamp` is in seconds since 1970.',
} as const;
type Schema = keyof typeof SCHEMAS;

/** information_schema is MySQL's, whose manual tells of it. */
export const documentedTables = virtualTables.filter(({ schema }) => schema !== INFORMATION_SCHEMA);

/** The part of docs/reference.md about tables that weir fills: columns as SQLite has them. */
export function renderFilledTables(): string {
  const database = new SqliteDatabase(':memory:');
  try {
    for (const schema of ['stats', 'monitor', 'stats_history']) database.exec(`ATTACH DATABASE ':memory:' AS ${schema}`);
    for (const sql of [...documentedTables.map((table) => table.createSql), ...createHistorySql]) database.exec(sql);
    const parts = (Object.keys(SCHEMAS) as Schema[]).map((schema) => schemaPart(database, schema));
    return ['## Tables that weir fills', ...parts].join('\n\n').concat('\n');
  } finally {
    database.close();
  }
}

function schemaPart(database: Database, schema: Schema): string {
  // Those of main that have no sentence of their own have the columns of their configuration table.
  const own = tablesOf(database, schema).filter((table) => schema !== 'main' || tableDocs[table] !== undefined);
  return [`### Schema ${schema}`, SCHEMAS[schema], ...own.map((table) => tablePart(database, schema, table))].join('\n\n');
}

function tablesOf(database: Database, schema: Schema): string[] {
  const sql = `SELECT name FROM ${schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`;
  return database.prepare(sql).pluck().all() as string[];
}

function tablePart(database: Database, schema: Schema, table: string): string {
  const columns = database.pragma(`${schema}.table_info(${table})`) as { name: string; type: string }[];
  const list = columns.map(({ name, type }) => `\`${name}\` ${type}`.trimEnd()).join(', ');
  return [`#### ${table}`, tableDocs[table] ?? '', list].filter((part) => part !== '').join('\n\n');
}
