import { Effect, type Effects } from './verdict.js';

/** What each effect is called for people; those that keep a session's server connection say so. */
const WORDS: Readonly<Record<Exclude<keyof typeof Effect, 'none'>, string>> = {
  startsTransaction: 'starts a transaction: the connection is kept until it ends',
  startsReadOnlyTransaction: 'starts a read-only transaction: the connection is kept until it ends',
  endsTransaction: 'ends a transaction',
  setsVariables: 'sets session variables, which follow the session',
  setsNames: 'sets the character set, which follows the session',
  setsNextTransaction: 'sets what the next transaction is: the connection is kept until then',
  setsUserVariable: 'assigns a user variable: the connection is kept',
  readsUserVariable: 'reads a user variable',
  createsTemporaryTable: 'creates a temporary table: the connection is kept',
  dropsTable: 'drops tables, perhaps temporary ones',
  locksTables: 'locks tables: the connection is kept',
  unlocksTables: 'unlocks tables',
  takesUserLock: 'takes a user lock: the connection is kept',
  releasesUserLock: 'releases user locks',
  opensHandler: 'opens a handler: the connection is kept',
  closesHandler: 'closes a handler',
  sqlPrepare: 'prepares or executes by SQL: the connection is kept',
  sqlDeallocate: 'deallocates a statement prepared by SQL',
  xa: 'XA transaction: the connection is kept',
  changesSchema: 'changes the schema, which follows the session',
  readsLastInsertId: 'reads the last insert id, which follows the session',
  setsLastInsertId: 'sets the last insert id',
  readsDiagnostics: 'reads what the statement before it left: runs on its connection',
  calculatesFoundRows: 'counts rows for FOUND_ROWS()',
  readsConnectionId: 'reads the connection id',
  kill: 'KILL: the numbers are those of weir, which executes it',
  unknownState: 'may change session state that the text does not show: the connection is kept',
  leavesRowCount: 'leaves a row count and an insert id',
  multiple: 'more than one statement',
  setsIdentity: 'sets the roles of the session, which follow it, or its resource group: the connection is kept',
  changesNewSessions: 'changes what new sessions begin with',
  readsSchemaDefaults: 'reads the character set of the schema, which is chosen anew before',
};

/** One text for each effect, in the order of the bits. */
export function effectWords(effects: Effects): string[] {
  return Object.entries(WORDS).flatMap(([name, words]) => ((effects & Effect[name as keyof typeof WORDS]) === 0 ? [] : [words]));
}
