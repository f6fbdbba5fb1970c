import type { ConfigModule } from '../../config/table-types.js';
import type { RuntimeConfig } from '../runtime-config.js';
import { virtualTable } from './virtual-table.js';

/** The names of ProxySQL. mysql_servers_v2 is there the servers as configured, which is what weir sums up in both. */
const NAMES: readonly (readonly [name: string, module: ConfigModule])[] = [
  ['admin_variables', 'ADMIN VARIABLES'],
  ['mysql_query_rules', 'MYSQL QUERY RULES'],
  ['mysql_servers', 'MYSQL SERVERS'],
  ['mysql_users', 'MYSQL USERS'],
  ['mysql_variables', 'MYSQL VARIABLES'],
  ['proxysql_servers', 'PROXYSQL SERVERS'],
  ['mysql_servers_v2', 'MYSQL SERVERS'],
];

type ChecksumRow = readonly [name: string, version: number, epochSec: number, checksum: string];

export function checksumRows(runtime: RuntimeConfig): ChecksumRow[] {
  return NAMES.map(([name, module]) => {
    const { version, epochSec, checksum } = runtime.versionOf(module);
    return [name, version, epochSec, checksum];
  });
}

export const checksumsValues = virtualTable(
  'main',
  'runtime_checksums_values',
  ['name VARCHAR NOT NULL, version INT NOT NULL, epoch INT NOT NULL, checksum VARCHAR NOT NULL', 'PRIMARY KEY (name)'],
  ({ runtime }) => checksumRows(runtime),
);
