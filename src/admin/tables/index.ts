import { monitorLogs } from './monitor-logs.js';
import { runtimeTables } from './runtime-tables.js';
import { statsConnectionPool } from './stats-connection-pool.js';
import { statsErrors } from './stats-errors.js';
import { statsGlobal } from './stats-global.js';
import { statsUsers } from './stats-users.js';
import type { VirtualTable } from './virtual-table.js';

/** All tables that are made when they are asked for. */
export const virtualTables: readonly VirtualTable[] = [
  ...runtimeTables,
  statsConnectionPool,
  statsGlobal,
  statsUsers,
  statsErrors,
  ...monitorLogs,
];
