import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accountStatements } from './accounts.js';
import { commonArguments, redoLogArguments } from './arguments.js';
import { newRunDirectory, serversRoot } from './directories.js';
import type { ServerBinary } from './flavour.js';
import { findProgram } from './locate.js';

const INITIALISE_TIMEOUT_MS = 120_000;
const pending = new Map<string, Promise<string>>();

/**
 * Fills `datadir` for a new server: a copy of a template that is made once per server version and kept between runs.
 *
 * @throws with the program's own output when it can not make a datadir
 */
export async function createDatadir(binary: ServerBinary, datadir: string): Promise<void> {
  const template = await templateFor(binary);
  cpSync(template, datadir, { recursive: true });
}

function templateFor(binary: ServerBinary): Promise<string> {
  const statements = accountStatements(binary.flavour);
  const scheme = createHash('sha256')
    .update(JSON.stringify([binary.path, statements, redoLogArguments(binary.flavour)]))
    .digest('hex');
  const template = path.join(serversRoot(), `template-${binary.flavour}-${binary.version}-${scheme.slice(0, 12)}`);
  let made = pending.get(template);
  if (made === undefined) {
    made = makeTemplate(binary, statements, template);
    pending.set(template, made);
    made.catch(() => pending.delete(template));
  }
  return made;
}

async function makeTemplate(binary: ServerBinary, statements: readonly string[], template: string): Promise<string> {
  if (existsSync(template)) return template;
  const workplace = newRunDirectory();
  try {
    const datadir = path.join(workplace, 'data');
    if (binary.flavour === 'mysql') await initialiseMysql(binary, statements, workplace, datadir);
    else await initialiseMariadb(binary, statements, datadir);
    // Two servers with one UUID refuse to replicate; without the file each makes its own.
    rmSync(path.join(datadir, 'auto.cnf'), { force: true });
    moveUnlessThere(datadir, template);
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
  return template;
}

/** Another test process may have made the same template meanwhile: its result is as good. */
function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

async function initialiseMysql(binary: ServerBinary, statements: readonly string[], workplace: string, datadir: string): Promise<void> {
  const initFile = path.join(workplace, 'accounts.sql');
  writeFileSync(initFile, `${statements.join(';\n')};\n`);
  const args = [...commonArguments(datadir), ...redoLogArguments('mysql'), '--initialize-insecure', `--init-file=${initFile}`];
  await runToEnd(binary.path, args, '');
}

async function initialiseMariadb(binary: ServerBinary, statements: readonly string[], datadir: string): Promise<void> {
  const installer = findProgram(['mariadb-install-db', 'mysql_install_db'], binary.path);
  if (installer === null) throw new Error(`mariadb-install-db, which belongs to ${binary.path}, was found neither beside it nor on PATH`);
  const basedir = binary.path.startsWith('/usr/') ? [] : [`--basedir=${path.resolve(binary.path, '../..')}`];
  const [noDefaults = '', ...common] = commonArguments(datadir);
  mkdirSync(datadir, { recursive: true, mode: 0o700 });
  const install = [noDefaults, ...basedir, ...common, ...redoLogArguments('mariadb')];
  install.push('--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve', '--force');
  await runToEnd(installer, install, '');
  // Bootstrap reads one statement a line, and knows accounts only after FLUSH PRIVILEGES.
  const script = ['FLUSH PRIVILEGES', ...statements].map((statement) => `${statement};\n`).join('');
  await runToEnd(binary.path, [noDefaults, ...common, ...redoLogArguments('mariadb'), '--bootstrap'], script);
}

function runToEnd(program: string, args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: INITIALISE_TIMEOUT_MS });
    let output = '';
    const keepTail = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keepTail);
    child.stderr.on('data', keepTail);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // A bootstrapping server ends with 0 even when a statement of its script failed.
      const isClean = code === 0 && !/\[ERROR\]|^ERROR/m.test(output);
      if (isClean) resolve();
      else reject(new Error(`${program} could not make a datadir (${signal ?? code}):\n${output}`));
    });
    // The child may be gone before it has read everything; its exit is what counts.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
