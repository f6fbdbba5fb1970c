// What a bare clone needs before TypeScript can run: dependencies and a build. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const MINIMUM_NODE = [20, 19];

/** Ends the process with a readable sentence where Node is older than package.json says. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
  if (isEnough) return;
  console.error(`weir needs Node ${MINIMUM_NODE.join('.')} or later; this is ${process.version}`);
  process.exit(1);
}

/**
 * Installs what package-lock.json says, unless that is what is installed.
 * @returns {boolean} whether dependencies are in place
 */
export function ensureDependencies(progress = console.error) {
  if (installedAsLocked()) return true;
  progress('installing dependencies (npm ci) …');
  const clean = capture('npm', ['ci', '--no-audit', '--no-fund']);
  if (clean.isFine) return true;
  // npm ci refuses a lock file that does not list the optional packages of every platform; install takes the locked versions too.
  progress('npm ci refused; installing the locked versions (npm install) …');
  if (run('npm', ['install', '--no-save', '--no-audit', '--no-fund'])) return true;
  console.error(clean.output);
  return false;
}

/**
 * Compiles src to dist. @param {{ fresh?: boolean }} options `fresh` removes dist first; otherwise a dist newer than src is kept
 * @returns {boolean} whether the compiler had nothing to complain of
 */
export function ensureBuild({ fresh = false } = {}, progress = console.error) {
  if (!fresh && isBuilt()) return true;
  if (fresh) rmSync(path.join(REPOSITORY, 'dist'), { recursive: true, force: true });
  progress('building (npm run build) …');
  return run('npm', ['run', '--silent', 'build']);
}

/** Runs a command in the repository with its output on ours. */
export function run(command, args, environment = {}) {
  const result = spawnSync(command, args, {
    cwd: REPOSITORY,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
    shell: process.platform === 'win32',
  });
  if (result.error) console.error(`${command} could not be started: ${result.error.message}`);
  return result.status === 0;
}

function capture(command, args) {
  const result = spawnSync(command, args, { cwd: REPOSITORY, encoding: 'utf8', shell: process.platform === 'win32' });
  return { isFine: result.status === 0, output: result.error?.message ?? `${result.stdout}${result.stderr}` };
}

function installedAsLocked() {
  const installedFile = path.join(REPOSITORY, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const locked = readPackages(path.join(REPOSITORY, 'package-lock.json'));
  const installed = readPackages(installedFile);
  return Object.entries(locked).every(([location, entry]) => {
    // Optional packages are for one platform each; the root is no package.
    if (location === '' || entry.optional || entry.link) return true;
    return installed[location]?.version === entry.version;
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

function isBuilt() {
  const main = path.join(REPOSITORY, 'dist/main.js');
  if (!existsSync(main)) return false;
  // The compiler writes all files at every build, so any of them tells when that was.
  return statSync(main).mtimeMs > newest(path.join(REPOSITORY, 'src'));
}

function newest(directory) {
  let latest = statSync(directory).mtimeMs;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(full) : statSync(full).mtimeMs);
  }
  return latest;
}
