import { LexMode, type LexModes } from './verdict.js';

export interface Servers {
  readonly flavour: 'mysql' | 'mariadb';
  /** Some may be of the other one. */
  readonly flavourIsUnsure?: boolean;
  /** Their oldest and their newest major version; left out: unknown. */
  readonly majors?: readonly [number, number];
}

/** Which functions are built in: bits that are added to the lexical rules of a session. */
export function lexModesOfServers({ flavour, flavourIsUnsure = false, majors = [0, Number.POSITIVE_INFINITY] }: Servers): LexModes {
  if (flavourIsUnsure) return LexMode.standard;
  const [oldest, newest] = majors;
  if (flavour === 'mysql') return newest < 8 ? LexMode.mysql | LexMode.mysql5 : LexMode.mysql;
  return oldest < 12 ? LexMode.mariadb : LexMode.mariadb | LexMode.mariadb12;
}
