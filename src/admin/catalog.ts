import type { Database } from 'better-sqlite3';
import { nearestName } from '../base/nearest-name.js';
import { quoteIdentifier } from '../config/tables.js';
import type { AdminRole } from './context.js';
import { AdminError } from './reply.js';

/** A table as SQLite has it. */
export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  /** Its CREATE TABLE statement. */
  readonly sql: string;
}

export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  /** As SQL: `'ONLINE'`, `0`; null without one. */
  readonly default: string | null;
  /** Place in the primary key from 1, 0 outside of it. */
  readonly key: number;
}

/** Made for tools that ask a MySQL server for it; not among the databases that are shown. */
export const INFORMATION_SCHEMA = 'information_schema';

export const homeSchema = (role: AdminRole): string => (role === 'admin' ? 'main' : 'stats');

export function schemaList(database: Database): { readonly seq: number; readonly name: string; readonly file: string }[] {
  return database.pragma('database_list') as { seq: number; name: string; file: string }[];
}

/** Schemas that SHOW DATABASES names. */
export function shownSchemas(database: Database, role: AdminRole): string[] {
  const hidden = role === 'admin' ? [INFORMATION_SCHEMA, 'temp'] : [INFORMATION_SCHEMA, 'temp', 'main'];
  return schemaList(database)
    .map(({ name }) => name)
    .filter((name) => !hidden.includes(name));
}

/** The schema in its own spelling. @throws AdminError with the nearest name */
export function schemaNamed(database: Database, name: string): string {
  const names = schemaList(database).map((schema) => schema.name);
  const found = names.find((each) => each === name.toLowerCase());
  if (found === undefined) throw new AdminError(`no such database: ${name}${suggestion(name, names)}`);
  return found;
}

export function tablesIn(database: Database, schema: string): CatalogTable[] {
  return database
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM ${quoteIdentifier(schema)}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    .all()
    .map(({ name, sql }) => ({ schema, name, sql }));
}

export function allTables(database: Database): CatalogTable[] {
  return schemaList(database).flatMap(({ name }) => tablesIn(database, name));
}

/** Looked for as SQLite does: in one schema, or in all in their order. @throws AdminError with the nearest name */
export function tableNamed(database: Database, name: string, schema: string | null): CatalogTable {
  const candidates = schema === null ? allTables(database) : tablesIn(database, schemaNamed(database, schema));
  const found = candidates.find((table) => table.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const shown = schema === null ? name : `${schema}.${name}`;
  throw new AdminError(
    `no such table: ${shown}${suggestion(
      name,
      candidates.map((table) => table.name),
    )}`,
  );
}

export function columnsOf(database: Database, { schema, name }: Pick<CatalogTable, 'schema' | 'name'>): CatalogColumn[] {
  const rows = database.pragma(`${quoteIdentifier(schema)}.table_info(${quoteIdentifier(name)})`) as {
    name: string;
    type: string;
    notnull: number;
    dflt_value: string | null;
    pk: number;
  }[];
  return rows.map(({ name: column, type, notnull, dflt_value, pk }) => ({
    name: column,
    type,
    notNull: notnull === 1,
    default: dflt_value,
    key: pk,
  }));
}

/** `; did you mean x?`, or '' where nothing is like it. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === null ? '' : `; did you mean ${nearest}?`;
}
