import { spawnSync } from 'node:child_process';

/** The two families of servers that weir stands in front of. */
export type Flavour = 'mariadb' | 'mysql';
export const FLAVOURS: readonly Flavour[] = ['mariadb', 'mysql'];

export function isFlavour(text: string): text is Flavour {
  return (FLAVOURS as readonly string[]).includes(text);
}

/** A server program that was found and asked for its version. */
export interface ServerBinary {
  readonly flavour: Flavour;
  /** Absolute path of mysqld or mariadbd. */
  readonly path: string;
  /** Three numbers, e.g. `10.11.19`. */
  readonly version: string;
}

const VERSION_LINE = /Ver (\d+\.\d+\.\d+)(\S*)/;

/** Asks the program at `path` what it is; null when it does not run or is no server. */
export function probeBinary(path: string): ServerBinary | null {
  const result = spawnSync(path, ['--no-defaults', '--version'], { encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) return null;
  return parseVersionLine(path, result.stdout);
}

/** `mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for …` and `… Ver 9.4.0 for Linux …` are the two shapes of `--version`. */
export function parseVersionLine(path: string, line: string): ServerBinary | null {
  const match = VERSION_LINE.exec(line);
  if (match === null) return null;
  const [, version = '', suffix = ''] = match;
  const flavour: Flavour = /mariadb/i.test(suffix) || /mariadb/i.test(line.slice(match.index)) ? 'mariadb' : 'mysql';
  return { flavour, path, version };
}

/** Whether `version` is at least `wanted`, both `major.minor.patch`. */
export function atLeast(version: string, wanted: string): boolean {
  const have = version.split('.').map(Number);
  const need = wanted.split('.').map(Number);
  for (const [index, number] of need.entries()) {
    const difference = (have[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
