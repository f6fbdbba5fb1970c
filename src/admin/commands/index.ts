import type { AdminCommand } from '../command.js';
import { checksum, globalChecksum } from './checksum.js';
import { saveConfig, selectConfig } from './config-file.js';
import { explainRouteCommand } from './explain-route.js';
import { kill } from './kill.js';
import { loadCoredump, loadSave, loadUser, otherLoadSave } from './load-save.js';
import { logEntry, signalThreads } from './log-entry.js';
import { noEffect } from './no-effect.js';
import { proxysql } from './proxysql.js';
import { pullVersion } from './pull-version.js';
import { saveDigest } from './save-digest.js';
import { selectSessionValue } from './select-session-value.js';
import { setSession } from './set-session.js';
import { setVariable } from './set-variable.js';
import { showCharset, showCollation } from './show-charsets.js';
import { describeTable, showColumns } from './show-columns.js';
import { showConfigured } from './show-configured.js';
import { showCreateDatabase, showCreateTable } from './show-create.js';
import { showDatabases } from './show-databases.js';
import { showKeys, showTableStatus } from './show-keys.js';
import { showProcesslist } from './show-processlist.js';
import { showEmpty, showEngines, showGrants, showPrometheusMetrics } from './show-server-facts.js';
import { showStatus } from './show-status.js';
import { showTables } from './show-tables.js';
import { showVariables } from './show-variables.js';
import { showWarnings } from './show-warnings.js';
import { sqlPrepare } from './sql-prepare.js';
import { truncate } from './truncate.js';
import { use } from './use.js';

/** All commands; the first whose pattern fits is run, anything else is SQL. */
export const adminCommands: readonly AdminCommand[] = [
  loadSave,
  loadUser,
  loadCoredump,
  saveConfig,
  selectConfig,
  checksum,
  globalChecksum,
  pullVersion,
  logEntry,
  signalThreads,
  setVariable,
  setSession,
  noEffect,
  use,
  showDatabases,
  showTables,
  showCreateTable,
  showCreateDatabase,
  showColumns,
  showKeys,
  showTableStatus,
  showStatus,
  showConfigured,
  showCharset,
  showCollation,
  showEngines,
  showGrants,
  showEmpty,
  showPrometheusMetrics,
  showVariables,
  showWarnings,
  showProcesslist,
  selectSessionValue,
  kill,
  proxysql,
  explainRouteCommand,
  describeTable,
  saveDigest,
  otherLoadSave,
  truncate,
  sqlPrepare,
];
