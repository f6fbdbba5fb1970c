import type { RowDataPacket } from 'mysql2/promise';
import { APP, MONITOR } from '../servers/accounts.js';
import { withRoot } from '../servers/index.js';
import { rowsOf, sleep } from '../statements.js';
import type { FaultBed } from './bed.js';
import type { Node } from './fault.js';

/** What a fault may leave behind: more than this is a leak. */
const MONITOR_CONNECTIONS = 8;
const WORKER_GROWTH_BYTES = 64 * 1024 * 1024;
const SETTLE_TIMEOUT_MS = 15_000;
const POLL_MS = 100;

/** Memory of each worker, by its number. */
export type MemoryLevel = ReadonlyMap<number, number>;

export async function memoryLevel(bed: FaultBed): Promise<MemoryLevel> {
  const rows = await askAdmin(bed, 'SELECT worker, resident_bytes FROM stats_weir_workers');
  return new Map(rows.map((row) => [Number(row['worker']), Number(row['resident_bytes'])]));
}

/**
 * While the load is paused: no connection is in use, what each server lists is what weir says it holds, and the relays carry no more;
 * memory is back at its level.
 *
 * @throws with what is left, when it has not settled in 15 s
 */
export async function settle(bed: FaultBed, before: MemoryLevel): Promise<void> {
  await bed.pause();
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const leaks = [...(await leakedConnections(bed)), ...grown(before, await memoryLevel(bed))];
    if (leaks.length === 0) break;
    if (Date.now() > deadline) throw new Error(`not settled after ${SETTLE_TIMEOUT_MS} ms: ${leaks.join('; ')}`);
    await sleep(POLL_MS);
  }
  await bed.resume();
}

async function leakedConnections(bed: FaultBed): Promise<string[]> {
  const pool = await askAdmin(
    bed,
    'SELECT srv_port, SUM(ConnUsed) AS used, SUM(ConnFree) AS free FROM stats_mysql_connection_pool GROUP BY srv_port',
  );
  const found: string[] = [];
  for (const node of bed.nodes) {
    const row = pool.find((candidate) => Number(candidate['srv_port']) === node.relay.port);
    const [used, free] = [Number(row?.['used'] ?? 0), Number(row?.['free'] ?? 0)];
    const { app, monitor } = await listed(node);
    const name = `server ${node.server.serverId}`;
    if (used > 0) found.push(`${used} connections to ${name} are in use by nobody`);
    if (app !== free) found.push(`${name} lists ${app} connections of weir, which says that it keeps ${free}`);
    if (monitor > MONITOR_CONNECTIONS) found.push(`${name} lists ${monitor} connections of the monitor`);
    if (node.relay.open > app + monitor + 1)
      found.push(`the relay of ${name} carries ${node.relay.open} connections, the server ${app + monitor}`);
  }
  return found;
}

/** Connections of weir by account, as the server itself lists them. */
function listed({ server }: Node): Promise<{ app: number; monitor: number }> {
  return withRoot(server, async (root) => {
    const rows = await rowsOf(root, 'SELECT USER AS username, COUNT(*) AS connections FROM information_schema.PROCESSLIST GROUP BY USER');
    const of = (username: string): number => Number(rows.find((row) => row['username'] === username)?.['connections'] ?? 0);
    return { app: of(APP.username), monitor: of(MONITOR.username) };
  });
}

function grown(before: MemoryLevel, now: MemoryLevel): string[] {
  return [...now].flatMap(([worker, bytes]) => {
    const growth = bytes - (before.get(worker) ?? bytes);
    return growth > WORKER_GROWTH_BYTES ? [`worker ${worker} has grown by ${Math.round(growth / 1024 / 1024)} MiB`] : [];
  });
}

async function askAdmin(bed: FaultBed, sql: string): Promise<RowDataPacket[]> {
  const admin = await bed.weir.connectAdmin();
  try {
    return await rowsOf(admin, sql);
  } finally {
    admin.destroy();
  }
}
