import { LexMode, type LexModes } from './verdict.js';

export interface Servers {
  readonly flavour: 'mysql' | 'mariadb';
  /** Some may be of the other one. */
  readonly flavourIsUnsure?: boolean;
  /** As in the handshake, e.g. `8.4.3` or `5.5.5-10.11.2-MariaDB-log`. */
  readonly version: string;
}

/** Which functions are built in: bits that are added to the lexical rules of a session. */
export function lexModesOfServers({ flavour, flavourIsUnsure = false, version }: Servers): LexModes {
  if (flavourIsUnsure) return LexMode.standard;
  const major = Number(/^(?:5\.5\.5-)?(\d+)/.exec(version)?.[1] ?? 0);
  if (flavour === 'mysql') return major < 8 ? LexMode.mysql | LexMode.mysql5 : LexMode.mysql;
  return major < 12 ? LexMode.mariadb : LexMode.mariadb | LexMode.mariadb12;
}
