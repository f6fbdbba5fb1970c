import type { ServerStats } from '../../stats/snapshot.js';
import type { AdminContext } from '../context.js';
import { virtualTable } from './virtual-table.js';

/** Counters of each server, with its status; a server that was taken away stays visible as OFFLINE_HARD. */
export const statsConnectionPool = virtualTable(
  'stats',
  'stats_mysql_connection_pool',
  [
    'hostgroup INT, srv_host VARCHAR, srv_port INT, status VARCHAR, ConnUsed INT, ConnFree INT, ConnOK INT, ConnERR INT, MaxConnUsed INT',
    'Queries INT, Queries_GTID_sync INT, Bytes_data_sent INT, Bytes_data_recv INT, Latency_us INT',
  ],
  async (context) => {
    const { placements } = context.control.hosts();
    const counted = new Map((await context.control.stats()).servers.map((server) => [nameOf(server), server]));
    const places = placements.map(({ hostgroup, hostname, port, status }) => ({
      hostgroup: hostgroup as number,
      hostname,
      port,
      status: status as string,
    }));
    const placed = new Set(places.map(nameOf));
    for (const [name, { hostgroup, hostname, port }] of counted) {
      if (!placed.has(name)) places.push({ hostgroup, hostname, port, status: 'OFFLINE_HARD' });
    }
    return places.map((place) => {
      const { hostgroup, hostname, port, status } = place;
      return [hostgroup, hostname, port, status, ...countersOf(counted.get(nameOf(place))), latencyOf(context, hostname, port)];
    });
  },
);

const nameOf = (server: { readonly hostgroup: number; readonly hostname: string; readonly port: number }): string =>
  `${server.hostgroup} ${server.hostname}:${server.port}`;

function countersOf(server: ServerStats | undefined): number[] {
  if (server === undefined) return [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const { connUsed, connFree, connOk, connErr, maxConnUsed, queries, bytesSent, bytesReceived } = server;
  return [connUsed, connFree, connOk, connErr, maxConnUsed, queries, 0, bytesSent, bytesReceived];
}

/** Time of the last ping that succeeded, as in ProxySQL. */
function latencyOf(context: AdminContext, hostname: string, port: number): number {
  const last = context.control
    .monitorLog('ping')
    .findLast((entry) => entry.error === null && entry.hostname === hostname && entry.port === port);
  return last?.successUs ?? 0;
}
