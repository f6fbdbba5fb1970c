import { virtualTable } from './virtual-table.js';

export const statsUsers = virtualTable(
  'stats',
  'stats_mysql_users',
  ['username VARCHAR PRIMARY KEY, frontend_connections INT NOT NULL, frontend_max_connections INT NOT NULL'],
  async ({ control, runtime }) => {
    const { users } = await control.statistics.snapshot();
    return runtime.snapshot.users.map(({ username, maxConnections }) => [username, users[username] ?? 0, maxConnections]);
  },
);
