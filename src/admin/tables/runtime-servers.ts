import type { HostTable, Placement } from '../../config/snapshot.js';
import type { ConfigRow, ConfigRows } from '../../config/table-types.js';

/**
 * Rows of runtime_mysql_servers: where servers stand, with the columns of the row they come from. A server that moved has the columns
 * of its other row.
 */
export function runtimeServerRows(configured: ConfigRows, hosts: HostTable): ConfigRow[] {
  const servers = configured['mysql_servers'] ?? [];
  return hosts.placements.map((placement) => ({
    ...sourceRow(servers, placement),
    hostgroup_id: placement.hostgroup,
    status: placement.status,
  }));
}

/**
 * The same rows as they are saved to memory: as in ProxySQL, a server that weir shunned for a time is saved as ONLINE. One that its row
 * shuns stays so.
 */
export function savedServerRows(configured: ConfigRows, hosts: HostTable): ConfigRow[] {
  const servers = configured['mysql_servers'] ?? [];
  return runtimeServerRows(configured, hosts).map((row, index) => {
    const source = sourceRow(servers, hosts.placements[index]!);
    const isShunnedByRow = String(source['status']).toUpperCase() === 'SHUNNED';
    return row['status'] === 'SHUNNED' && !isShunnedByRow ? { ...row, status: 'ONLINE' } : row;
  });
}

function sourceRow(servers: readonly ConfigRow[], placement: Placement): ConfigRow {
  const same = servers.filter((row) => row['hostname'] === placement.hostname && row['port'] === placement.port);
  const { hostname, port, weight, maxConnections, useSsl } = placement;
  const bare = { hostname, port, weight, max_connections: maxConnections, use_ssl: Number(useSsl) };
  return same.find((row) => row['hostgroup_id'] === placement.hostgroup) ?? same[0] ?? bare;
}
