import { checksumsValues } from './checksums.js';
import { informationSchema } from './information-schema.js';
import { monitorLogs } from './monitor-logs.js';
import { monitorOtherLogs } from './monitor-other-logs.js';
import { runtimeTables } from './runtime-tables.js';
import { statsClientHostCache, statsClientHostCacheReset } from './stats-client-host-cache.js';
import { statsCluster } from './stats-cluster.js';
import { statsCommands } from './stats-commands.js';
import { statsConnectionPool, statsConnectionPoolReset } from './stats-connection-pool.js';
import { statsErrorNumbers, statsErrors, statsErrorsReset } from './stats-errors.js';
import { statsFreeConnections } from './stats-free-connections.js';
import { statsGlobal } from './stats-global.js';
import { statsMemory } from './stats-memory.js';
import { statsGlobalVariables, statsGtidExecuted } from './stats-others.js';
import { statsPreparedStatements } from './stats-prepared-statements.js';
import { statsProcesslist } from './stats-processlist.js';
import { statsQueryDigest, statsQueryDigestReset } from './stats-query-digest.js';
import { statsQueryRules } from './stats-query-rules.js';
import { statsUsers } from './stats-users.js';
import { statsWeirScheduler } from './stats-weir-scheduler.js';
import { statsWorkers } from './stats-workers.js';
import type { VirtualTable } from './virtual-table.js';
import { weirEvents } from './weir-events.js';

/** All tables that are made when they are asked for. */
export const virtualTables: readonly VirtualTable[] = [
  ...runtimeTables,
  statsClientHostCache,
  statsClientHostCacheReset,
  checksumsValues,
  ...statsCluster,
  statsConnectionPool,
  statsConnectionPoolReset,
  statsFreeConnections,
  statsProcesslist,
  statsQueryDigest,
  statsQueryDigestReset,
  statsQueryRules,
  statsCommands,
  statsPreparedStatements,
  statsGlobal,
  statsMemory,
  statsWorkers,
  statsWeirScheduler,
  statsUsers,
  statsErrors,
  statsErrorsReset,
  statsErrorNumbers,
  statsGtidExecuted,
  statsGlobalVariables,
  ...monitorLogs,
  weirEvents,
  ...informationSchema,
  ...monitorOtherLogs,
];
