import type { Database } from 'better-sqlite3';
import type { TextValue } from '../../protocol/packets/text-row.js';
import type { AdminSession } from '../context.js';
import { prepareLenient } from '../double-quotes.js';
import { AdminError, type AdminReply, ok, rows } from '../reply.js';

/** The answer to every change while admin-read_only is true. */
export const READ_ONLY =
  'The admin port is read only (admin-read_only); PROXYSQL READWRITE ends that, or SET admin-read_only=false and LOAD ADMIN VARIABLES TO RUNTIME';

/** Statements that reach beyond the tables: other files, or the settings of the database itself. */
const NOT_ALLOWED = /^(?:ATTACH|DETACH|VACUUM|SAVEPOINT|RELEASE|REINDEX|ANALYZE)\b/;
/** Pragmas that only show something. */
const HARMLESS_PRAGMA =
  /^PRAGMA (?:\w+\.)?(?:DATABASE_LIST|TABLE_INFO|TABLE_XINFO|INDEX_LIST|TABLE_LIST|INTEGRITY_CHECK|QUICK_CHECK)\b[^=]*$/;

/**
 * Everything that is no command: SQL on SQLite. `readOnly`: admin-read_only holds.
 * @throws AdminError with SQLite's message
 */
export function runSql(database: Database, text: string, upper: string, session: AdminSession, readOnly: boolean): AdminReply {
  if (NOT_ALLOWED.test(upper) || (upper.startsWith('PRAGMA') && !(session.role === 'admin' && HARMLESS_PRAGMA.test(upper)))) {
    throw new AdminError('Command not allowed');
  }
  try {
    const statement = prepareLenient<TextValue[]>(database, text);
    if (!statement.reader) {
      if (session.role !== 'admin') throw new AdminError('Command not allowed');
      if (readOnly) throw new AdminError(READ_ONLY);
      return ok(statement.run().changes);
    }
    // INSERT … RETURNING reads and writes.
    if (session.role !== 'admin' && !statement.readonly) throw new AdminError('Command not allowed');
    if (readOnly && !statement.readonly) throw new AdminError(READ_ONLY);
    const columns = statement.columns().map((column) => column.name);
    return rows(columns, statement.safeIntegers(true).raw(true).all());
  } catch (error) {
    throw error instanceof AdminError ? error : new AdminError((error as Error).message);
  }
}
