import type { Database } from 'better-sqlite3';
import { type CatalogColumn, columnsOf, tableNamed } from '../catalog.js';
import { type AdminCommand, everybody, likeTest, literalOf } from '../command.js';
import type { AdminContext, AdminRole } from '../context.js';
import type { AdminReply } from '../reply.js';
import { FILTER, filtered } from './show-filter.js';

const TABLE = String.raw`(?:([\w"\x60]+)\s*\.\s*)?([\w"\x60]+)`;

/** SHOW [FULL] COLUMNS|FIELDS FROM t [FROM db] [LIKE 'p' | WHERE …], in the columns that MySQL answers. */
export const showColumns: AdminCommand = {
  pattern: new RegExp(
    `^SHOW\\s+(?:EXTENDED\\s+)?(FULL\\s+)?(?:COLUMNS|FIELDS)\\s+(?:FROM|IN)\\s+${TABLE}(?:\\s+(?:FROM|IN)\\s+([\\w"\`]+))?${FILTER}$`,
    'i',
  ),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, full, schema, table, laterSchema, clause], context, session) {
    return describe(context, session.role, schema ?? laterSchema, table!, full !== undefined, clause);
  },
};

/** DESCRIBE t [column], DESC t, EXPLAIN t */
export const describeTable: AdminCommand = {
  pattern: new RegExp(`^(?:DESCRIBE|DESC|EXPLAIN)\\s+(?!SELECT\\b|QUERY\\b|ROUTE\\b)${TABLE}(?:\\s+(\\S+))?$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema, table, column], context, session) {
    const reply = describe(context, session.role, schema, table!, false, undefined);
    if (column === undefined || reply.kind !== 'rows') return reply;
    const test = likeTest(literalOf(column));
    return { ...reply, rows: reply.rows.filter(([name]) => test(String(name))) };
  },
};

function describe(
  context: AdminContext,
  role: AdminRole,
  schema: string | undefined,
  table: string,
  full: boolean,
  clause: string | undefined,
): AdminReply {
  const database = context.databaseOf(role);
  const found = tableNamed(database, literalOf(table), schema === undefined ? null : literalOf(schema));
  const unique = uniqueColumns(database, found.schema, found.name);
  const values = columnsOf(database, found).map((column) => {
    const [key, fallback] = [keyOf(column, unique), defaultOf(column)];
    const nullable = column.notNull || column.key > 0 ? 'NO' : 'YES';
    return full
      ? [column.name, column.type, 'utf8mb4_general_ci', nullable, key, fallback, '', 'select,insert,update', '']
      : [column.name, column.type, nullable, key, fallback, ''];
  });
  const columns = full
    ? ['Field', 'Type', 'Collation', 'Null', 'Key', 'Default', 'Extra', 'Privileges', 'Comment']
    : ['Field', 'Type', 'Null', 'Key', 'Default', 'Extra'];
  return filtered(database, columns, values, clause);
}

export function keyOf(column: CatalogColumn, unique: ReadonlySet<string>): string {
  if (column.key > 0) return 'PRI';
  return unique.has(column.name) ? 'UNI' : '';
}

/** The value, where SQLite has the SQL of it. */
export function defaultOf({ default: sql }: CatalogColumn): string | null {
  if (sql === null || sql.toUpperCase() === 'NULL') return null;
  return literalOf(sql.replace(/^\((.*)\)$/, '$1'));
}

export function uniqueColumns(database: Database, schema: string, table: string): Set<string> {
  return new Set(
    indexesOf(database, schema, table)
      .filter(({ unique }) => unique)
      .flatMap(({ columns }) => columns),
  );
}

/** Keys of a table with their columns in order. */
export function indexesOf(database: Database, schema: string, table: string) {
  const list = database.pragma(`${schema}.index_list(${table})`) as { name: string; unique: number; origin: string }[];
  const indexes = list.map(({ name, unique, origin }) => {
    const columns = (database.pragma(`${schema}.index_info(${name})`) as { name: string }[]).map((column) => column.name);
    // MySQL names a key after its first column, where nobody gave it a name.
    return { name: origin === 'pk' ? 'PRIMARY' : columns[0]!, unique: unique === 1, columns };
  });
  // SQLite has no index for an integer that is the key alone: it is the row's own number.
  const rowKey = columnsOf(database, { schema, name: table }).filter(({ key }) => key > 0);
  if (rowKey.length === 1 && !indexes.some(({ name }) => name === 'PRIMARY'))
    indexes.push({ name: 'PRIMARY', unique: true, columns: [rowKey[0]!.name] });
  return indexes.sort((left, right) => Number(right.name === 'PRIMARY') - Number(left.name === 'PRIMARY'));
}
