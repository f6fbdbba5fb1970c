import type { ConfigRow, ConfigRows } from '../../config/table-types.js';

/** Rows of runtime_mysql_users: active accounts, one row for clients and one for servers, as in ProxySQL. */
export function runtimeUserRows(configured: ConfigRows): ConfigRow[] {
  const active = (configured['mysql_users'] ?? []).filter((row) => row['active'] === 1);
  return [
    ...active.filter((row) => row['frontend'] === 1).map((row) => ({ ...row, backend: 0, frontend: 1 })),
    ...active.filter((row) => row['backend'] === 1).map((row) => ({ ...row, backend: 1, frontend: 0 })),
  ];
}
