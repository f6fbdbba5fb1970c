import type { NamesSetting, SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { LoggedIn } from '../backend/login/server-login.js';
import { collationRows } from '../config/collations.js';
import { Capability, has } from '../protocol/constants.js';
import { lexModesOfCharset, lexModesOfSqlMode } from '../sql/session-text.js';
import { LexMode, type LexModes } from '../sql/verdict.js';

const COLLATION_CHARSETS: ReadonlyMap<number, string> = new Map(collationRows.map(([id, , charset]) => [id, charset]));

/** What servers give to a session that has set nothing, as new connections saw it. */
export interface SessionBases {
  /** The servers' global sql_mode. */
  defaultSqlMode: string;
  /** Grows whenever a connection saw another sql_mode or character set than the one before. */
  basesVersion: number;
}

/** A connection has logged in. */
export function noteBases(
  bases: SessionBases,
  { baseCharset, baseSqlMode, capabilities }: Pick<LoggedIn, 'baseCharset' | 'baseSqlMode' | 'capabilities'>,
  identity: Pick<BackendIdentity, 'baseCharset'>,
): void {
  // The login's flag has added it, whether or not it is in the global mode too.
  const flagged = has(capabilities, Capability.ignoreSpace);
  const isKnown = flagged
    ? withoutIgnoreSpace(baseSqlMode) === withoutIgnoreSpace(bases.defaultSqlMode)
    : baseSqlMode === bases.defaultSqlMode;
  if (isKnown && identity.baseCharset === baseCharset) return;
  if (!isKnown) bases.defaultSqlMode = flagged ? withoutIgnoreSpace(baseSqlMode) : baseSqlMode;
  identity.baseCharset = baseCharset;
  bases.basesVersion += 1;
}

function withoutIgnoreSpace(sqlMode: string): string {
  return sqlMode
    .split(',')
    .filter((name) => name !== 'IGNORE_SPACE')
    .join(',');
}

/** Lexical rules of a session, by which its statements are read. */
export class SessionLexMode {
  mode: LexModes = LexMode.standard;
  private version = -1;

  constructor(private readonly bases: SessionBases) {}

  get isStale(): boolean {
    return this.version !== this.bases.basesVersion;
  }

  /** `ignoreSpace`: the client has CLIENT_IGNORE_SPACE, and nothing has taken that from it. */
  refresh(state: SessionState, identity: Pick<BackendIdentity, 'baseCharset' | 'collation'>, ignoreSpace: boolean): void {
    this.version = this.bases.basesVersion;
    this.mode = lexModeOf(state, this.bases.defaultSqlMode, identity, ignoreSpace);
  }
}

export function lexModeOf(
  state: SessionState,
  defaultSqlMode: string,
  identity: Pick<BackendIdentity, 'baseCharset' | 'collation'>,
  ignoreSpace: boolean,
): LexModes {
  const charset = state.variables.get('character_set_client') ?? charsetOf(state.names, identity);
  const sqlMode = state.variables.get('sql_mode');
  const mode = lexModesOfSqlMode(sqlMode ?? defaultSqlMode) | lexModesOfCharset(charset);
  return ignoreSpace && sqlMode === undefined ? mode | LexMode.ignoreSpace : mode;
}

/** A server that does not know the collation of the handshake takes its own character set. */
function charsetOf(names: NamesSetting | null, { baseCharset, collation }: Pick<BackendIdentity, 'baseCharset' | 'collation'>): string {
  return names?.charset ?? baseCharset ?? COLLATION_CHARSETS.get(collation & 0xff) ?? 'utf8mb4';
}
