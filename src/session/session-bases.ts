import type { NamesSetting, SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { LoggedIn } from '../backend/login/server-login.js';
import type { GlobalDefaults } from '../backend/login/session-setup.js';
import type { HostgroupId } from '../base/ids.js';
import type { ServerIdentity, UserConfig } from '../config/snapshot.js';
import { Capability, has, ServerStatus } from '../protocol/constants.js';
import { lexModesOfServers } from '../sql/server-modes.js';
import { lexModesOfSqlMode } from '../sql/session-text.js';
import { LexMode, type LexModes } from '../sql/verdict.js';
import type { SessionContext } from './context.js';

/** What servers give to a session that has set nothing, as new connections saw it. */
export interface SessionBases {
  /** The sql_mode of a session without CLIENT_IGNORE_SPACE. */
  defaultSqlMode: string;
  /** Null before there was a connection. */
  globals: GlobalDefaults | null;
  /** What of the lexical rules is the servers', whatever a session sets. */
  serverModes: LexModes;
  /** Grows whenever a connection saw another sql_mode or character set than the one before, and when `serverModes` change. */
  basesVersion: number;
}

/** A connection has logged in. */
export function noteBases(
  bases: SessionBases,
  login: Pick<LoggedIn, 'baseCharset' | 'baseCollation' | 'baseSqlMode' | 'capabilities' | 'globals'>,
  identity: Pick<BackendIdentity, 'baseNames'>,
): void {
  const { baseCharset: charset, baseCollation: collation, capabilities, globals } = login;
  // The flag of the login has added it, unless it is in the global mode too.
  const isAdded = has(capabilities, Capability.ignoreSpace) && !namesOf(globals.sqlMode).includes(IGNORE_SPACE);
  const sqlMode = isAdded ? withoutIgnoreSpace(login.baseSqlMode) : login.baseSqlMode;
  bases.globals = globals;
  if (sqlMode === bases.defaultSqlMode && identity.baseNames?.charset === charset && identity.baseNames.collation === collation) return;
  bases.defaultSqlMode = sqlMode;
  identity.baseNames = { charset, collation };
  bases.basesVersion += 1;
}

/** The servers are these from now on. */
export function noteServers(bases: SessionBases & { identity: ServerIdentity }, identity: ServerIdentity): void {
  bases.identity = identity;
  const serverModes = lexModesOfServers(identity);
  if (serverModes === bases.serverModes) return;
  bases.serverModes = serverModes;
  bases.basesVersion += 1;
}

const IGNORE_SPACE = 'IGNORE_SPACE';
const namesOf = (sqlMode: string): string[] => sqlMode.split(',');
const withoutIgnoreSpace = (sqlMode: string): string =>
  namesOf(sqlMode)
    .filter((name) => name !== IGNORE_SPACE)
    .join(',');

export function withIgnoreSpace(sqlMode: string): string {
  const names = namesOf(sqlMode).filter((name) => name !== '');
  return names.includes(IGNORE_SPACE) ? sqlMode : [...names, IGNORE_SPACE].join(',');
}

/** Of a session of this user. */
export function stateAtLogin(context: SessionContext, identity: BackendIdentity, schema: string, user: UserConfig | null): SessionState {
  const { globalSettings, initialState, pool, states } = context;
  const home = user === null ? null : pool.hostgroup(user.defaultHostgroup as HostgroupId);
  return globalSettings.begin(states.withSchema(initialState, schema), home, identity);
}

/** Status flags of a session that begins with this. MariaDB has one for ANSI_QUOTES. */
export function flagsAtLogin(
  { defaultSqlMode, identity }: Pick<SessionContext, 'defaultSqlMode' | 'identity'>,
  state: SessionState,
): number {
  const autocommit = /^(0|off)$/i.test(state.variables.get('autocommit') ?? '') ? 0 : ServerStatus.autocommit;
  const modes = lexModesOfSqlMode(state.variables.get('sql_mode') ?? defaultSqlMode);
  const escapes = (modes & LexMode.noBackslashEscapes) === 0 ? 0 : ServerStatus.noBackslashEscapes;
  const quotes = (modes & LexMode.ansiQuotes) !== 0 && identity.flavour === 'mariadb' ? ServerStatus.ansiQuotes : 0;
  return autocommit | escapes | quotes;
}

/** MySQL goes to the server's own character set then, whatever the handshake said. */
export function stateAfterReset(context: SessionContext, identity: BackendIdentity, schema: string, user: UserConfig | null): SessionState {
  const { globals, states } = context;
  const state = stateAfterChangeUser(context, identity, schema, user);
  if (context.identity.flavour !== 'mysql' || globals === null) return state;
  const names: NamesSetting = { charset: globals.charset, collation: globals.collation };
  const { baseNames } = identity;
  const isBase = baseNames?.charset === names.charset && baseNames.collation === names.collation;
  return isBase ? state : states.withNames(state, names);
}

/** MariaDB forgets CLIENT_IGNORE_SPACE then. */
export function stateAfterChangeUser(
  context: SessionContext,
  identity: BackendIdentity,
  schema: string,
  user: UserConfig | null,
): SessionState {
  const { globals, states } = context;
  const state = stateAtLogin(context, identity, schema, user);
  if (context.identity.flavour !== 'mariadb' || globals === null || !has(identity.capabilities, Capability.ignoreSpace)) return state;
  const sqlMode = state.variables.get('sql_mode');
  return states.withVariable(state, 'sql_mode', sqlMode === undefined ? globals.sqlMode : withoutIgnoreSpace(sqlMode));
}
