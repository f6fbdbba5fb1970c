import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dockerAnswers } from './docker-engine.js';
import type { Flavour, ServerBinary } from './flavour.js';
import { locateBinary, mysqlDirectory } from './locate.js';

/** What a server can be started from. */
export type ServerSource =
  | { readonly kind: 'binary'; readonly binary: ServerBinary }
  | { readonly kind: 'docker'; readonly flavour: Flavour };

/** Told of each step that may take more than a second. */
export type Progress = (step: string) => void;

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
/** Unpacks a current MySQL server without installing it, where the distribution carries only MariaDB. */
const UNPACK_SCRIPT = path.resolve(REPOSITORY, '../shared/mysql-server/install');
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const sources = new Map<Flavour, Promise<ServerSource>>();

/**
 * Finds or fetches a server of this flavour: a program on the machine, else Docker, else (root on Debian or Ubuntu) the package manager.
 *
 * @throws with a text that says how to get a server, when none of these works
 */
export function acquireServer(flavour: Flavour, progress: Progress = () => {}): Promise<ServerSource> {
  let source = sources.get(flavour);
  if (source === undefined) {
    source = findOrFetch(flavour, progress);
    sources.set(flavour, source);
    // A failure is not remembered: the next caller may have installed something meanwhile.
    source.catch(() => sources.delete(flavour));
  }
  return source;
}

/** Whether a server of this flavour can be had without installing anything. */
export async function isAvailable(flavour: Flavour): Promise<boolean> {
  return locateBinary(flavour) !== null || (await dockerAnswers());
}

async function findOrFetch(flavour: Flavour, progress: Progress): Promise<ServerSource> {
  const present = locateBinary(flavour);
  if (present !== null) return { kind: 'binary', binary: present };
  if (await dockerAnswers()) return { kind: 'docker', flavour };
  const failures: string[] = [];
  for (const way of waysToInstall(flavour)) {
    progress(way.title);
    const failure = await way.run();
    const binary = locateBinary(flavour);
    if (binary !== null) return { kind: 'binary', binary };
    failures.push(`${way.title}: ${failure ?? 'ended well, but no server was found afterwards'}`);
  }
  throw new Error([howToGet(flavour), ...failures].join('\n'));
}

interface Installation {
  readonly title: string;
  /** Resolves to what went wrong, or null. */
  readonly run: () => Promise<string | null>;
}

function waysToInstall(flavour: Flavour): Installation[] {
  const ways: Installation[] = [];
  const isRootWithApt = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (flavour === 'mariadb' && isRootWithApt) {
    // The core package is the server without the service: nothing is started behind the tests' back.
    ways.push({ title: 'installing MariaDB with apt-get', run: () => aptInstall('mariadb-server-core', 'mariadb-client-core') });
  }
  if (flavour === 'mysql' && existsSync(UNPACK_SCRIPT)) {
    const directory = mysqlDirectory();
    ways.push({ title: `unpacking a MySQL server into ${directory}`, run: () => runQuietly(UNPACK_SCRIPT, [directory]) });
  }
  if (flavour === 'mysql' && isRootWithApt && locateBinary('mariadb') === null) {
    // The two flavours' packages exclude each other: never replace an installed MariaDB.
    ways.push({ title: 'installing MySQL with apt-get', run: () => aptInstall('mysql-server-core-8.4|mysql-server-core-8.0') });
  }
  return ways;
}

/** Installs packages; `a|b` means the first that the package index knows. */
async function aptInstall(...wanted: string[]): Promise<string | null> {
  const update = await runQuietly('apt-get', ['-qq', 'update']);
  if (update !== null) return update;
  const packages: string[] = [];
  for (const alternatives of wanted) {
    const names = alternatives.split('|');
    let chosen: string | null = null;
    for (const name of names) chosen ??= (await runQuietly('apt-cache', ['show', name])) === null ? name : null;
    if (chosen === null) return `no package ${names.join(' or ')} in this distribution`;
    packages.push(chosen);
  }
  return runQuietly('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', ...packages]);
}

/** Runs a command; resolves to null when it ended well, else to a short text with the end of what it printed. */
function runQuietly(command: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    let output = '';
    const keepTail = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-1000);
    };
    child.stdout.on('data', keepTail);
    child.stderr.on('data', keepTail);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? null : `${command} ended with ${signal ?? code}: ${output.trim()}`));
  });
}

/** What to tell somebody who has no server of this flavour. */
export function howToGet(flavour: Flavour): string {
  const program = flavour === 'mariadb' ? 'mariadbd' : 'mysqld';
  const common = `put ${program} on PATH, or name it: WEIR_MYSQLD=/path/to/${program}; a running Docker engine serves too`;
  const byPackage =
    flavour === 'mariadb'
      ? 'On Debian and Ubuntu: apt-get install mariadb-server; on Fedora: dnf install mariadb-server; on macOS: brew install mariadb'
      : 'On Ubuntu: apt-get install mysql-server; on macOS: brew install mysql; elsewhere unpack the tarball from dev.mysql.com/downloads/mysql and set WEIR_MYSQL_DIR to its directory';
  return `No ${flavour === 'mariadb' ? 'MariaDB' : 'MySQL'} server was found. ${byPackage}; otherwise ${common}.`;
}
