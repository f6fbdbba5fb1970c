import type { NamesSetting, SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import { collationRows } from '../config/collations.js';
import { lexModesOfCharset, lexModesOfSqlMode } from '../sql/session-text.js';
import { LexMode, type LexModes } from '../sql/verdict.js';
import type { SessionBases } from './session-bases.js';

const COLLATION_CHARSETS: ReadonlyMap<number, string> = new Map(collationRows.map(([id, , charset]) => [id, charset]));

/** Lexical rules of a session, by which its statements are read. */
export class SessionLexMode {
  mode: LexModes = LexMode.standard;
  private version = -1;

  constructor(private readonly bases: SessionBases) {}

  get isStale(): boolean {
    return this.version !== this.bases.basesVersion;
  }

  /** `ignoreSpace`: the client has CLIENT_IGNORE_SPACE, and nothing has taken that from it. */
  refresh(state: SessionState, identity: Pick<BackendIdentity, 'baseNames' | 'collation'>, ignoreSpace: boolean): void {
    this.version = this.bases.basesVersion;
    this.mode = lexModeOf(state, this.bases.defaultSqlMode, identity, ignoreSpace) | this.bases.serverModes;
  }
}

export function lexModeOf(
  state: SessionState,
  defaultSqlMode: string,
  identity: Pick<BackendIdentity, 'baseNames' | 'collation'>,
  ignoreSpace: boolean,
): LexModes {
  const charset = state.variables.get('character_set_client') ?? charsetOf(state.names, identity);
  const sqlMode = state.variables.get('sql_mode');
  const mode = lexModesOfSqlMode(sqlMode ?? defaultSqlMode) | lexModesOfCharset(charset);
  return ignoreSpace && sqlMode === undefined ? mode | LexMode.ignoreSpace : mode;
}

/** A server that does not know the collation of the handshake takes its own character set. */
function charsetOf(names: NamesSetting | null, { baseNames, collation }: Pick<BackendIdentity, 'baseNames' | 'collation'>): string {
  return names?.charset ?? baseNames?.charset ?? COLLATION_CHARSETS.get(collation & 0xff) ?? 'utf8mb4';
}
