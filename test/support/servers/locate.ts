import { accessSync, constants } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Flavour, probeBinary, type ServerBinary } from './flavour.js';

const PROGRAMS: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: ['mariadbd', 'mysqld'],
  // Where MariaDB is installed, `mysqld` is often a link to it: the version decides, not the name.
  mysql: ['mysqld'],
};

/** Places outside PATH where distributions and tarballs put a server. */
const USUAL_PLACES = ['/usr/sbin', '/usr/libexec', '/usr/local/mysql/bin', '/usr/local/mariadb/bin', '/opt/mysql/bin'];

const found = new Map<Flavour, ServerBinary>();

/**
 * The server program for a flavour: `WEIR_MYSQLD`, then PATH and the usual places, then an unpacked MySQL
 * (`WEIR_MYSQL_DIR`, else the per-user cache). null when there is none; looks again on the next call.
 *
 * @throws when WEIR_MYSQLD names something that is no server: a named server is never silently replaced
 */
export function locateBinary(flavour: Flavour): ServerBinary | null {
  const known = found.get(flavour);
  if (known !== undefined) return known;
  const binary = locateNamed(flavour) ?? firstOfFlavour(candidates(flavour), flavour);
  if (binary !== null) found.set(flavour, binary);
  return binary;
}

/** Where a MySQL server is unpacked, or would be: `WEIR_MYSQL_DIR`, else a cache directory of this user. */
export function mysqlDirectory(): string {
  const named = process.env['WEIR_MYSQL_DIR'];
  if (named !== undefined && named !== '') return path.resolve(named);
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(cache, 'weir', 'mysql');
}

/** Finds an executable: beside `neighbour` or in the directories of PATH and the usual places. */
export function findProgram(names: readonly string[], neighbour?: string): string | null {
  const directories = neighbour === undefined ? [] : siblingDirectories(neighbour);
  for (const directory of [...directories, ...searchPath()]) {
    for (const name of names) {
      const candidate = path.join(directory, name);
      if (isExecutable(candidate)) return candidate;
    }
  }
  return null;
}

function locateNamed(flavour: Flavour): ServerBinary | null {
  const named = process.env['WEIR_MYSQLD'];
  if (named === undefined || named === '') return null;
  const binary = probeBinary(path.resolve(named));
  if (binary === null) throw new Error(`WEIR_MYSQLD=${named} is not a server program: "${named} --version" does not answer like one`);
  return binary.flavour === flavour ? binary : null;
}

function candidates(flavour: Flavour): string[] {
  const paths = searchPath().flatMap((directory) => PROGRAMS[flavour].map((name) => path.join(directory, name)));
  if (flavour === 'mysql') paths.push(path.join(mysqlDirectory(), 'bin', 'mysqld'));
  return paths.filter(isExecutable);
}

function firstOfFlavour(paths: readonly string[], flavour: Flavour): ServerBinary | null {
  for (const candidate of paths) {
    const binary = probeBinary(candidate);
    if (binary?.flavour === flavour) return binary;
  }
  return null;
}

function searchPath(): string[] {
  return [...(process.env['PATH'] ?? '').split(path.delimiter).filter((entry) => entry !== ''), ...USUAL_PLACES];
}

/** Tarballs keep the programs in bin/, scripts/ and sbin/ side by side. */
function siblingDirectories(program: string): string[] {
  const home = path.dirname(program);
  return [home, ...['bin', 'sbin', 'scripts'].map((name) => path.join(home, '..', name))];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
