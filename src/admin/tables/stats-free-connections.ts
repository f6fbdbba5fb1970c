import { virtualTable } from './virtual-table.js';

/** Idle connections to servers. fd is -1: workers keep no file descriptors by number. */
export const statsFreeConnections = virtualTable(
  'stats',
  'stats_mysql_free_connections',
  [
    'fd INT NOT NULL, hostgroup INT NOT NULL, srv_host VARCHAR NOT NULL, srv_port INT NOT NULL, user VARCHAR NOT NULL, schema VARCHAR',
    'init_connect VARCHAR, time_zone VARCHAR, sql_mode VARCHAR, autocommit VARCHAR, idle_ms INT, statistics VARCHAR, mysql_info VARCHAR',
  ],
  async ({ control }) =>
    (await control.statistics.freeConnections()).map((row) => [
      ...[-1, row.hostgroup, row.hostname, row.port, row.username, row.schema, null],
      ...[row.variables['time_zone'] ?? null, row.variables['sql_mode'] ?? null, row.autocommit ? '1' : '0', row.idleMs],
      JSON.stringify({ age_ms: row.ageMs, bytes_recv: row.bytesReceived, prepared_statements: row.preparedStatements }),
      JSON.stringify({ thread_id: row.threadId, server_version: row.serverVersion, worker: row.worker }),
    ]),
);
