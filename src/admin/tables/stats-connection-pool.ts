import type { ServerStats } from '../../stats/snapshot.js';
import type { AdminContext } from '../context.js';
import { type VirtualTable, virtualTable } from './virtual-table.js';

const COLUMNS = [
  'hostgroup INT, srv_host VARCHAR, srv_port INT, status VARCHAR, ConnUsed INT, ConnFree INT, ConnOK INT, ConnERR INT, MaxConnUsed INT',
  'Queries INT, Queries_GTID_sync INT, Bytes_data_sent INT, Bytes_data_recv INT, Latency_us INT',
];

/** Counters of each server, with its status; a server that was taken away is OFFLINE_HARD as long as it has any. */
export const statsConnectionPool = virtualTable('stats', 'stats_mysql_connection_pool', COLUMNS, (context) => rowsOf(context, false));

/** The same; reading it starts the counters again. */
export const statsConnectionPoolReset = virtualTable('stats', 'stats_mysql_connection_pool_reset', COLUMNS, (context) =>
  rowsOf(context, true),
);

async function rowsOf(context: AdminContext, reset: boolean): Promise<Awaited<ReturnType<VirtualTable['rows']>>> {
  const { placements } = context.control.hosts();
  const counted = new Map((await context.control.statistics.servers(reset)).map((server) => [nameOf(server), server]));
  const places = placements.map(({ hostgroup, hostname, port, status }) => ({
    hostgroup: hostgroup as number,
    hostname,
    port,
    status: status as string,
  }));
  const placed = new Set(places.map(nameOf));
  for (const [name, server] of counted) {
    const { hostgroup, hostname, port } = server;
    if (!placed.has(name) && countersOf(server).some((count) => count > 0))
      places.push({ hostgroup, hostname, port, status: 'OFFLINE_HARD' });
  }
  const latencies = pingTimes(context);
  return places.map((place) => {
    const { hostgroup, hostname, port, status } = place;
    return [hostgroup, hostname, port, status, ...countersOf(counted.get(nameOf(place))), latencies.get(`${hostname}:${port}`) ?? 0];
  });
}

const nameOf = (server: { readonly hostgroup: number; readonly hostname: string; readonly port: number }): string =>
  `${server.hostgroup} ${server.hostname}:${server.port}`;

function countersOf(server: ServerStats | undefined): number[] {
  if (server === undefined) return [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const { connUsed, connFree, connOk, connErr, maxConnUsed, queries, bytesSent, bytesReceived } = server;
  return [connUsed, connFree, connOk, connErr, maxConnUsed, queries, 0, bytesSent, bytesReceived];
}

/** Time of each server's last ping that succeeded, µs, as in ProxySQL. */
function pingTimes({ control }: AdminContext): Map<string, number> {
  const succeeded = control.monitorLog('ping').filter((entry) => entry.error === null);
  return new Map(succeeded.map(({ hostname, port, successUs }) => [`${hostname}:${port}`, successUs]));
}
