import type { Connection, RowDataPacket } from 'mysql2/promise';
import { follow, type RunningServer, waitUntilApplied, withRoot } from '../servers/index.js';

const APPLY_TIMEOUT_MS = 30_000;

/** Stops all writes on a server, those of accounts with SUPER too where the flavour can. */
export function closeForWrites(server: RunningServer): Promise<void> {
  return asRoot(server, [server.flavour === 'mysql' ? 'SET GLOBAL super_read_only = 1' : 'SET GLOBAL read_only = 1']);
}

export function openForWrites(server: RunningServer): Promise<void> {
  return asRoot(server, ['SET GLOBAL read_only = 0']);
}

/**
 * What is left of a switchover once the old primary takes no writes: the new one has applied all of them and becomes writable, everybody
 * else follows it. Asynchronous replication loses nothing this way; promoting a replica of a dead primary would.
 */
export async function promote(chosen: RunningServer, old: RunningServer, others: readonly RunningServer[]): Promise<void> {
  await waitUntilApplied(old, [chosen, ...others], APPLY_TIMEOUT_MS);
  await asRoot(chosen, chosen.flavour === 'mysql' ? ['STOP REPLICA', 'RESET REPLICA ALL'] : ['STOP SLAVE', 'RESET SLAVE ALL']);
  await openForWrites(chosen);
  await Promise.all([old, ...others].map((server) => repoint(server, chosen)));
}

async function repoint(replica: RunningServer, primary: RunningServer): Promise<void> {
  await withRoot(replica, async (root) => {
    await root.query(replica.flavour === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE');
    if (replica.flavour === 'mariadb') await takePositionFromBinlog(root);
  });
  await follow(replica, primary);
}

/** A MariaDB server that has been a primary knows where it stands by its binary log alone; as a replica it goes by gtid_slave_pos. */
async function takePositionFromBinlog(root: Connection): Promise<void> {
  const [rows] = await root.query<RowDataPacket[]>('SELECT @@global.gtid_current_pos AS position');
  await root.query(`SET GLOBAL gtid_slave_pos = '${rows[0]?.['position']}'`);
}

function asRoot(server: RunningServer, statements: readonly string[]): Promise<void> {
  return withRoot(server, async (root) => {
    for (const statement of statements) await root.query(statement);
  });
}
