import type { Database } from 'better-sqlite3';
import type { TextValue } from '../../protocol/packets/text-row.js';
import { likeTest, literalOf } from '../command.js';
import { prepareLenient } from '../double-quotes.js';
import { AdminError, type AdminReply, rows } from '../reply.js';

/** `LIKE 'pattern'` or `WHERE condition` at the end of a SHOW statement, as one optional group of a pattern. */
export const FILTER = String.raw`(?:\s+(LIKE\s+(?:'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*")|WHERE\s+[\s\S]+))?`;

type Row = readonly TextValue[];

/**
 * The rows that the clause lets through: LIKE looks at the first column, WHERE at all of them by name.
 * @throws AdminError with what SQLite says of the condition
 */
export function filtered(database: Database, columns: readonly string[], values: readonly Row[], clause: string | undefined): AdminReply {
  if (clause === undefined) return rows(columns, values);
  const like = /^LIKE\s+([\s\S]*)$/i.exec(clause)?.[1];
  if (like !== undefined) {
    const test = likeTest(literalOf(like));
    return rows(
      columns,
      values.filter(([first]) => test(String(first))),
    );
  }
  return rows(columns, where(database, columns, values, clause));
}

function where(database: Database, columns: readonly string[], values: readonly Row[], clause: string): Row[] {
  const list = columns.map((column, index) => `json_extract(value, '$[${index}]') AS "${column}"`).join(', ');
  const shown = JSON.stringify(values.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value))));
  const source = `SELECT ${list} FROM json_each('${shown.replaceAll("'", "''")}')`;
  try {
    return prepareLenient<TextValue[]>(database, `SELECT * FROM (${source}) ${clause}`).raw(true).all() as unknown as Row[];
  } catch (error) {
    throw new AdminError(`${(error as Error).message}; the columns are ${columns.join(', ')}`);
  }
}
