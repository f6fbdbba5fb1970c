import { type VirtualTable, virtualTable } from './virtual-table.js';

const SERVER = 'hostname VARCHAR NOT NULL, port INT NOT NULL DEFAULT 6032, weight INT CHECK (weight >= 0) NOT NULL DEFAULT 0';
const MESSAGE = [
  'message_id VARCHAR NOT NULL, filename VARCHAR NOT NULL, line INT CHECK (line >= 0) NOT NULL DEFAULT 0, func VARCHAR NOT NULL',
  'count_star INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (filename, line, func)',
];

/** A table about other members of a cluster of proxies: weir has none, so it has no rows. */
const empty = (name: string, columns: readonly string[]): VirtualTable => virtualTable('stats', name, columns, () => []);

export const statsCluster: readonly VirtualTable[] = [
  empty('stats_proxysql_servers_checksums', [
    'hostname VARCHAR NOT NULL, port INT NOT NULL DEFAULT 6032, name VARCHAR NOT NULL, version INT NOT NULL, epoch INT NOT NULL',
    'checksum VARCHAR NOT NULL, changed_at INT NOT NULL, updated_at INT NOT NULL, diff_check INT NOT NULL',
    'PRIMARY KEY (hostname, port, name)',
  ]),
  empty('stats_proxysql_servers_status', [
    `${SERVER}, master VARCHAR NOT NULL, global_version INT NOT NULL, check_age_us INT NOT NULL, ping_time_us INT NOT NULL`,
    'checks_OK INT NOT NULL, checks_ERR INT NOT NULL, PRIMARY KEY (hostname, port)',
  ]),
  empty('stats_proxysql_servers_metrics', [
    `${SERVER}, comment VARCHAR NOT NULL DEFAULT '', response_time_ms INT NOT NULL, Uptime_s INT NOT NULL, last_check_ms INT NOT NULL`,
    'Queries INT NOT NULL, Client_Connections_connected INT NOT NULL, Client_Connections_created INT NOT NULL',
    'PRIMARY KEY (hostname, port)',
  ]),
  empty('stats_proxysql_servers_clients_status', [
    'uuid VARCHAR NOT NULL, hostname VARCHAR NOT NULL, port INT NOT NULL, admin_mysql_ifaces VARCHAR NOT NULL',
    'last_seen_at INT NOT NULL, PRIMARY KEY (uuid, hostname, port)',
  ]),
  empty('stats_proxysql_message_metrics', MESSAGE),
  empty('stats_proxysql_message_metrics_reset', MESSAGE),
];
