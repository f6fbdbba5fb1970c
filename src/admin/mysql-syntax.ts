import { sqlLiteral } from '../config/tables.js';
import type { AdminContext, AdminSession } from './context.js';
import { systemVariable } from './session-values.js';

/** Strings, quoted names and comments, each whole; or what is to be replaced. */
const PARTS =
  /'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|--[^\n]*|\/\*[\s\S]*?\*\/|@@(?:(?:global|session|local)\.)?[\w-]+/gi;

/**
 * Spellings of MySQL that SQLite does not know and that mean the same: `@@variable` (its value now), `INSERT IGNORE` (INSERT OR IGNORE), `FROM
 * DUAL` and hints such as `SQL_NO_CACHE` of mysqldump (nothing).
 */
export function toSqlite(text: string, context: AdminContext, session: AdminSession): string {
  const withValues = text.replace(PARTS, (part) => {
    if (!part.startsWith('@@')) return part;
    const value = systemVariable(part.slice(2).replace(/^(?:global|session|local)\./i, ''), context, session);
    return sqlLiteral(typeof value === 'bigint' || Buffer.isBuffer(value) ? String(value) : (value as string | number | null));
  });
  return withValues
    .replace(/^INSERT\s+IGNORE\b/i, 'INSERT OR IGNORE')
    .replace(/^UPDATE\s+IGNORE\b/i, 'UPDATE OR IGNORE')
    .replace(
      /^SELECT((?:\s+(?:SQL_NO_CACHE|SQL_CACHE|SQL_CALC_FOUND_ROWS|SQL_BUFFER_RESULT|HIGH_PRIORITY|STRAIGHT_JOIN))+)(?=\s)/i,
      'SELECT',
    )
    .replace(/^(SELECT\b[^'"`]*?)\s+FROM\s+DUAL\b/i, '$1');
}
