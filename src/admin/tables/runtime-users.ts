import type { BackendUser } from '../../config/snapshot.js';
import type { ConfigRow, ConfigRows } from '../../config/table-types.js';

/**
 * Rows of runtime_mysql_users: active accounts, one row for clients and one for servers, as in ProxySQL; then those of the servers'
 * own user tables.
 */
export function runtimeUserRows(configured: ConfigRows, backendUsers: readonly BackendUser[]): ConfigRow[] {
  const active = (configured['mysql_users'] ?? []).filter((row) => row['active'] === 1);
  const rows = [...active, ...backendUserRows(backendUsers)];
  return [
    ...rows.filter((row) => row['frontend'] === 1).map((row) => ({ ...row, backend: 0, frontend: 1 })),
    ...rows.filter((row) => row['backend'] === 1).map((row) => ({ ...row, backend: 1, frontend: 0 })),
  ];
}

/** The table has one row for a name; the comment tells all hosts of it. Locked accounts and those that weir can not use are not active. */
function backendUserRows(users: readonly BackendUser[]): ConfigRow[] {
  const byName = new Map<string, BackendUser[]>();
  for (const user of users) byName.set(user.username, [...(byName.get(user.username) ?? []), user]);
  return Array.from(byName.values(), (accounts) => {
    const first = accounts.find((account) => account.unusable === '' && !account.locked) ?? accounts[0]!;
    const [password = '', additional] = first.passwords;
    return {
      username: first.username,
      password,
      active: Number(first.unusable === '' && !first.locked),
      use_ssl: Number(first.useSsl),
      default_hostgroup: first.defaultHostgroup,
      default_schema: null,
      schema_locked: 0,
      transaction_persistent: 1,
      fast_forward: 0,
      backend: 1,
      frontend: 1,
      max_connections: first.maxConnections,
      attributes: additional === undefined ? '' : JSON.stringify({ additional_password: additional }),
      comment: `from backend: ${accounts.map(describe).join(', ')}`,
    };
  });
}

function describe({ username, host, locked, unusable }: BackendUser): string {
  const state = locked ? ' (locked)' : '';
  return `${username}@${host}${unusable === '' ? state : ` (${unusable})`}`;
}
