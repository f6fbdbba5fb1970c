import type { Pool } from '../pool/pool.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { ServerStatus } from '../protocol/constants.js';
import type { FreeConnectionRow } from '../stats/details.js';

/** The idle connections of a worker, for stats_mysql_free_connections; the hostgroup is that of the last lease. */
export function freeConnectionRow(connection: PooledConnection, worker: number, nowMs: number): FreeConnectionRow {
  const { hostgroupId, server, identity, state, login } = connection;
  return {
    worker,
    hostgroup: hostgroupId,
    hostname: server.hostname,
    port: server.port,
    username: identity.username,
    schema: state.schema,
    variables: Object.fromEntries(state.variables),
    autocommit: (connection.statusFlags & ServerStatus.autocommit) !== 0,
    idleMs: Math.max(0, Math.round(nowMs - connection.idleSinceMs)),
    ageMs: Math.max(0, Math.round(nowMs - connection.openedMs)),
    threadId: login.connectionId,
    serverVersion: login.serverVersion,
    preparedStatements: connection.prepared.size,
    bytesReceived: connection.bytesReceived,
  };
}

export function freeConnections(pool: Pool): PooledConnection[] {
  return [...pool.allServers].flatMap((server) => [...server.idleConnections()]);
}
