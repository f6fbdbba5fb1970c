import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type RunningServer, withRoot } from '../servers/index.js';

/** Runs statements as root on this server alone: they do not enter its binary log, and a read-only server takes them. */
export async function changeLocally(server: RunningServer, statements: readonly string[]): Promise<void> {
  await withRoot(server, async (root) => {
    await root.query('SET SESSION sql_log_bin = 0');
    const isSuperReadOnly = server.flavour === 'mysql' && (await isOn(root, '@@global.super_read_only'));
    if (isSuperReadOnly) await root.query('SET GLOBAL super_read_only = 0');
    try {
      for (const statement of statements) await root.query(statement);
    } finally {
      if (isSuperReadOnly) await root.query('SET GLOBAL super_read_only = 1');
    }
  });
}

/** Ends the connections of these accounts, except those in `spared`. */
export async function killConnections(root: Connection, usernames: readonly string[], spared: readonly number[] = []): Promise<void> {
  const [rows] = await root.query<RowDataPacket[]>('SELECT ID AS id, USER AS username FROM information_schema.PROCESSLIST');
  for (const { id, username } of rows) {
    if (!usernames.includes(username) || spared.includes(Number(id))) continue;
    // It may have ended by itself since the list was made.
    await root.query(`KILL ${id}`).catch(() => {});
  }
}

async function isOn(root: Connection, variable: string): Promise<boolean> {
  const [rows] = await root.query<RowDataPacket[]>(`SELECT ${variable} AS value`);
  return Number(rows[0]?.['value']) === 1;
}
