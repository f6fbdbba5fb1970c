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
import { setVariable } from './set-variable.js';
import { showCreateTable } from './show-create-table.js';
import { showDatabases } from './show-databases.js';
import { showProcesslist } from './show-processlist.js';
import { showTables } from './show-tables.js';
import { showVariables } from './show-variables.js';
import { showWarnings } from './show-warnings.js';
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
  noEffect,
  use,
  showDatabases,
  showTables,
  showCreateTable,
  showVariables,
  showWarnings,
  showProcesslist,
  selectSessionValue,
  proxysql,
  kill,
  explainRouteCommand,
  saveDigest,
  otherLoadSave,
  truncate,
];
