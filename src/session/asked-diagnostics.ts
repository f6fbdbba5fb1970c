import { PacketReader } from '../protocol/wire/reader.js';
import type { AskedDiagnostics } from '../sql/diagnostics-text.js';
import type { Captured } from './captured-conditions.js';
import type { OwnDiagnostics } from './own-diagnostics.js';

/**
 * GET DIAGNOSTICS as a SET, in the types that it gives the variables: numbers without sign, ROW_COUNT with one, texts in the servers' own character
 * set. null: an item is not known here. Observed on MariaDB 10.11 and MySQL 9.7.
 */
export function asSet(
  asked: AskedDiagnostics,
  captured: Captured | null,
  diagnostics: OwnDiagnostics,
  flavour: 'mysql' | 'mariadb',
): string | null {
  const valueFor =
    asked.condition === 0
      ? (name: string) => ofStatement(name, captured, diagnostics)
      : ofCondition(captured?.rows[(asked.condition ?? 0) - 1], /^utf8/.test(captured?.charset ?? ''), diagnostics, flavour);
  if (valueFor === null) return null;
  const assignments = asked.items.map(({ variable, name }) => [variable, valueFor(name)] as const);
  if (assignments.some(([, value]) => value === null)) return null;
  return `SET ${assignments.map(([variable, value]) => `${variable} = ${value}`).join(', ')}`;
}

function ofStatement(name: string, captured: Captured | null, { rowCount }: OwnDiagnostics): string | null {
  if (name === 'NUMBER') return `CAST(${captured?.rows.length ?? 0} AS UNSIGNED)`;
  return name === 'ROW_COUNT' ? String(rowCount) : null;
}

const EMPTY: ReadonlySet<string> = new Set([
  ...['CONSTRAINT_CATALOG', 'CONSTRAINT_SCHEMA', 'CONSTRAINT_NAME', 'CATALOG_NAME', 'SCHEMA_NAME', 'TABLE_NAME', 'COLUMN_NAME'],
  'CURSOR_NAME',
]);

/** `isUtf8`: its message. */
function ofCondition(
  row: Buffer | undefined,
  isUtf8: boolean,
  diagnostics: OwnDiagnostics,
  flavour: 'mysql' | 'mariadb',
): ((name: string) => string | null) | null {
  if (row === undefined) return null;
  const reader = new PacketReader(row, 0, row.length, 'row');
  reader.lengthEncodedBytes('level');
  const errno = Number(reader.lengthEncodedString('code'));
  const message = reader.lengthEncodedBytes('message');
  // What SIGNAL names itself is not in the list, nor what the message was before it got into a client's character set that has not got all.
  if ((!isUtf8 && message.some((byte) => byte >= 0x80)) || errno === SIGNALLED) return null;
  const sqlState = diagnostics.failed && errno === diagnostics.errno ? diagnostics.sqlState : (SQL_STATES[errno] ?? null);
  const origin = flavour === 'mariadb' ? '' : isStandard(sqlState ?? '') ? 'ISO 9075' : 'MySQL';
  return (name) => {
    if (EMPTY.has(name)) return text('');
    switch (name) {
      case 'MYSQL_ERRNO':
        return `CAST(${errno} AS UNSIGNED)`;
      case 'MESSAGE_TEXT':
        return text(message.toString('latin1'));
      case 'RETURNED_SQLSTATE':
        return sqlState === null ? null : text(sqlState);
      case 'CLASS_ORIGIN':
      case 'SUBCLASS_ORIGIN':
        return sqlState === null ? null : text(origin);
      default:
        return null;
    }
  };
}

/** ER_SIGNAL_WARN … ER_SIGNAL_EXCEPTION: their conditions may have names of tables and the like. */
const SIGNALLED = 1644;

/** Classes that ISO 9075 reserves begin with 0 to 4 or A to H (MySQL manual, "Diagnostics Area Information Items"). */
const isStandard = (sqlState: string): boolean => /^[0-4A-H]/.test(sqlState);

/** VERSION() brings the servers' own character set, without the warning of MySQL that its name is deprecated. */
function text(value: string): string {
  return value === '' ? 'LEFT(VERSION(), 0)' : `CONCAT(LEFT(VERSION(), 0), _utf8mb4 0x${Buffer.from(value, 'latin1').toString('hex')})`;
}

/** States of what servers often warn of or note; errors tell theirs. */
const SQL_STATES: Readonly<Record<number, string>> = {
  1003: 'HY000',
  1007: 'HY000',
  1008: 'HY000',
  1048: '23000',
  1050: '42S01',
  1051: '42S02',
  1062: '23000',
  1146: '42S02',
  1264: '22003',
  1265: '01000',
  1287: 'HY000',
  1292: '22007',
  1305: '42000',
  1364: 'HY000',
  1365: '22012',
  1366: 'HY000',
  1406: '22001',
  1411: 'HY000',
};
