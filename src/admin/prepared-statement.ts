import { isUtf8 } from 'node:buffer';
import type { ParameterValue } from '../protocol/packets/stmt-parameters.js';
import { AdminError } from './reply.js';

/** A statement of the admin port between COM_STMT_PREPARE and its executions. */
export interface PreparedAdminStatement {
  readonly text: string;
  /** Where the text has its `?`. */
  readonly marks: readonly number[];
  /** Commands get their parameters as literals in the text, SQL as bound values. */
  readonly isCommand: boolean;
  /** Of its rows; empty where there are none, and for commands: theirs are known when they are executed. */
  readonly columns: readonly string[];
}

/** A value as SQLite is given it. */
export type SqlParameter = string | number | bigint | Buffer | null;

const MOST_INT64 = 2n ** 63n - 1n;

/**
 * What a client's parameter is to SQLite. Bytes are text where they can be: the columns of all tables are, and drivers send strings as
 * blobs too. Whole numbers are integers: drivers of languages with one kind of number send all as doubles, and `10.0` is no port.
 */
export function sqlParameter(value: ParameterValue): SqlParameter {
  if (Buffer.isBuffer(value)) return isUtf8(value) ? value.toString('utf8') : value;
  if (typeof value === 'bigint') return value > MOST_INT64 ? String(value) : value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

/**
 * The value as a literal of a command, such that `literalOf` gives it back.
 * @throws AdminError for bytes that are no text
 */
export function literalFor(value: SqlParameter): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) throw new AdminError('A parameter of a command must be text; its bytes are not UTF-8');
  if (typeof value !== 'string') return String(value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
