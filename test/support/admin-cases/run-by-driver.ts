import type { Connection, FieldPacket, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { AdminCase, Answer } from './case-file.js';

/** Each statement by mysql2's text protocol, every value as text. */
export async function runByDriver(connection: Connection, cases: readonly AdminCase[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { sql } of cases) answers.push(await answerOf(connection, sql));
  return answers;
}

async function answerOf(connection: Connection, sql: string): Promise<Answer> {
  try {
    const [reply, fields] = await connection.query<RowDataPacket[][] | ResultSetHeader>({
      sql,
      rowsAsArray: true,
      typeCast: (field) => field.string(),
    });
    if (Array.isArray(reply)) return { columns: (fields as FieldPacket[]).map(({ name }) => name), rows: reply as unknown as string[][] };
    return { ok: reply.affectedRows, ...(reply.info ? { info: reply.info } : {}), ...(await warningsOf(connection, reply.warningStatus)) };
  } catch (error) {
    const { errno, sqlState, message } = error as { errno?: number; sqlState?: string; message: string };
    return { error: `${errno} (${sqlState}): ${message}` };
  }
}

async function warningsOf(connection: Connection, count: number): Promise<{ readonly warnings?: readonly string[] }> {
  if (count === 0) return {};
  const [rows] = await connection.query<RowDataPacket[]>('SHOW WARNINGS');
  return { warnings: rows.map((row) => String(row['Message'])) };
}
