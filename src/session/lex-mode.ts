import type { NamesSetting, SessionState } from '../backend/connection-state.js';
import { lexModesOfCharset, lexModesOfSqlMode } from '../sql/session-text.js';
import { LexMode, type LexModes } from '../sql/verdict.js';

/** Collations of the multi-byte character sets whose second byte may be a quote or a backslash (information_schema.COLLATIONS). */
const COLLATION_CHARSETS: ReadonlyMap<number, string> = new Map([
  [1, 'big5'],
  [84, 'big5'],
  [13, 'sjis'],
  [88, 'sjis'],
  [95, 'cp932'],
  [96, 'cp932'],
  [28, 'gbk'],
  [87, 'gbk'],
  [248, 'gb18030'],
  [249, 'gb18030'],
  [250, 'gb18030'],
]);

/**
 * Lexical rules of a session. `defaultSqlMode` is the servers' global one: it holds until the session sets its own.
 * `ignoreSpace` is the client's CLIENT_IGNORE_SPACE flag.
 */
export function lexModeOf(state: SessionState, defaultSqlMode: string, collation: number, ignoreSpace: boolean): LexModes {
  const charset = state.variables.get('character_set_client') ?? charsetOf(state.names, collation);
  const mode = lexModesOfSqlMode(state.variables.get('sql_mode') ?? defaultSqlMode) | lexModesOfCharset(charset);
  return ignoreSpace ? mode | LexMode.ignoreSpace : mode;
}

function charsetOf(names: NamesSetting | null, collation: number): string {
  return names?.charset ?? COLLATION_CHARSETS.get(collation) ?? 'utf8mb4';
}
