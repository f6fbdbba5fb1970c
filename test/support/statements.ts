import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

/** A table whose rows say which server wrote them: binary logs in row format carry the value, not the expression. */
export const WITNESS_TABLE =
  'CREATE TABLE app.witness (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(64) NOT NULL, server INT NOT NULL)';

/** The rows of a statement, as objects. */
export async function rowsOf(connection: Connection, sql: string): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return rows;
}

/** First column of the first row, as a number. */
export async function numberOf(connection: Connection, sql: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: true });
  return Number(rows[0]?.[0]);
}

/** The `@@server_id` of where a read of `connection` runs. */
export function readServer(connection: Connection): Promise<number> {
  return numberOf(connection, 'SELECT @@server_id');
}

/** Writes a row into the witness table. */
export async function writeWitness(connection: Connection, note: string): Promise<void> {
  await connection.query<ResultSetHeader>(`INSERT INTO witness (note, server) VALUES ('${note}', @@server_id)`);
}

/** The server that ran the write of a row, read in a transaction so that the primary answers. */
export async function writeServer(connection: Connection, note: string): Promise<number> {
  await connection.beginTransaction();
  try {
    await writeWitness(connection, note);
    return await numberOf(connection, `SELECT server FROM witness WHERE note = '${note}'`);
  } finally {
    await connection.commit();
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again and again until the answer is true. @throws with `what` and the last failure after `timeoutMs` */
export async function until(what: string, probe: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let failure: unknown = 'it never held';
  for (;;) {
    try {
      if (await probe()) return;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`${what} took more than ${timeoutMs} ms (${String(failure)})`);
    await sleep(30);
  }
}
