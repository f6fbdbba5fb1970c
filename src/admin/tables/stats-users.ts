import { virtualTable } from './virtual-table.js';

export const statsUsers = virtualTable(
  'stats',
  'stats_mysql_users',
  ['username VARCHAR PRIMARY KEY, frontend_connections INT NOT NULL, frontend_max_connections INT NOT NULL'],
  async ({ control, runtime }) => {
    const { users } = await control.statistics.snapshot();
    // Accounts of mysql_users come last: they replace others of the same name.
    const accounts = [...control.backendUsers(), ...runtime.snapshot.users];
    return accounts.map(({ username, maxConnections }) => [username, users[username] ?? 0, maxConnections]);
  },
);
