import type { Database } from 'better-sqlite3';
import { findTable } from '../../config/tables.js';
import type { TextValue } from '../../protocol/packets/text-row.js';
import { INFORMATION_SCHEMA } from '../catalog.js';
import type { AdminStatement } from '../command.js';
import type { AdminContext, AdminSession } from '../context.js';
import { prepareLenient } from '../double-quotes.js';
import { toSqlite } from '../mysql-syntax.js';
import { AdminError, type AdminReply, ok, rows } from '../reply.js';
import { explainSqlError } from '../sql-errors.js';
import { type WrittenTable, writtenTables } from '../written-tables.js';

/** The answer to every change while admin-read_only is true. */
export const READ_ONLY =
  'The admin port is read only (admin-read_only); PROXYSQL READWRITE ends that, or SET admin-read_only=false and LOAD ADMIN VARIABLES TO RUNTIME';

/** Statements that reach beyond the rows of tables: other files, the tables themselves, or the settings of the database. */
const NOT_ALLOWED = /^(?:ATTACH|DETACH|VACUUM|SAVEPOINT|RELEASE|REINDEX|ANALYZE|CREATE|DROP|ALTER|RENAME)\b/;
/** Pragmas that only show something. */
const HARMLESS_PRAGMA =
  /^PRAGMA (?:\w+\.)?(?:DATABASE_LIST|TABLE_INFO|TABLE_XINFO|INDEX_LIST|INDEX_INFO|TABLE_LIST|FUNCTION_LIST|INTEGRITY_CHECK|QUICK_CHECK)\b[^=]*$/;

export interface SqlRequest {
  readonly text: string;
  readonly upper: string;
  readonly session: AdminSession;
  /** admin-read_only holds. */
  readonly readOnly: boolean;
  readonly parameters: readonly unknown[];
  /** Made by weir itself: not for clients to write. */
  readonly isGenerated: (table: WrittenTable) => boolean;
}

/**
 * Everything that is no command: SQL on SQLite.
 * @throws AdminError with SQLite's message
 */
export function runSql(context: AdminContext, request: SqlRequest): AdminReply {
  const { text, upper, session } = request;
  refuseForbidden(upper, session);
  const database = context.databaseOf(session.role);
  try {
    const sql = toSqlite(text, context, session);
    const statement = prepareLenient<TextValue[]>(database, sql);
    if (!statement.readonly) refuseWrite(database, statement.source, request);
    if (!statement.reader) return ok(statement.run(...(request.parameters as [])).changes);
    const columns = statement.columns().map((column) => column.name);
    return rows(
      columns,
      statement
        .safeIntegers(true)
        .raw(true)
        .all(...(request.parameters as [])),
    );
  } catch (error) {
    throw error instanceof AdminError ? error : new AdminError(explainSqlError((error as Error).message, text, database));
  }
}

/**
 * The columns of the rows that a statement would answer, without executing it; none for a change.
 * @throws AdminError with SQLite's message
 */
export function describeSql(context: AdminContext, { text, upper }: AdminStatement, session: AdminSession): string[] {
  refuseForbidden(upper, session);
  const database = context.databaseOf(session.role);
  try {
    const statement = prepareLenient(database, toSqlite(text, context, session));
    if (session.role !== 'admin' && !statement.readonly) throw new AdminError('Command not allowed');
    return statement.reader ? statement.columns().map((column) => column.name) : [];
  } catch (error) {
    throw error instanceof AdminError ? error : new AdminError(explainSqlError((error as Error).message, text, database));
  }
}

function refuseForbidden(upper: string, { role }: AdminSession): void {
  const isPragma = upper.startsWith('PRAGMA');
  if (isPragma && !(role === 'admin' && HARMLESS_PRAGMA.test(upper))) throw new AdminError('Command not allowed');
  const verb = NOT_ALLOWED.exec(upper)?.[0];
  if (verb === undefined) return;
  throw new AdminError(
    `Command not allowed: ${verb}; the tables are fixed, accepted are SELECT, INSERT, REPLACE, UPDATE and DELETE of their rows`,
  );
}

function refuseWrite(database: Database, sql: string, { session, readOnly, parameters, isGenerated }: SqlRequest): void {
  if (session.role !== 'admin') throw new AdminError('Command not allowed');
  if (readOnly) throw new AdminError(READ_ONLY);
  const generated = writtenTables(database, sql, parameters).find(isGenerated);
  if (generated !== undefined) throw new AdminError(whyNotWritten(generated));
}

function whyNotWritten({ schema, name }: WrittenTable): string {
  const place = `${schema}.${name} can not be written`;
  const source = findTable(name.replace(/^runtime_/, ''))?.name;
  if (schema === 'main') return `${place}: it shows what runs${source === undefined ? '' : `; change ${source} and LOAD it TO RUNTIME`}`;
  if (schema === 'monitor') return `${place}: it is the log of the monitor`;
  if (schema === INFORMATION_SCHEMA) return `${place}: it describes the tables`;
  return `${place}: it shows what was counted; TRUNCATE or the table …_reset start counters again, where there are any`;
}
