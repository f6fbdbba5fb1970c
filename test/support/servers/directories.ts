import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const RUN_PREFIX = 'run-';
const PID_FILE = 'server.pid';
let sequence = 0;
let isSwept = false;

/** Where templates and running servers of this user live; made on first use, readable by nobody else. */
export function serversRoot(): string {
  const root = path.join(os.tmpdir(), `weir-servers-${process.getuid?.() ?? os.userInfo().username}`);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const status = lstatSync(root);
  if (!status.isDirectory() || (process.getuid !== undefined && status.uid !== process.getuid())) {
    throw new Error(`${root} belongs to somebody else; remove it or set TMPDIR`);
  }
  chmodSync(root, 0o700);
  return root;
}

/** A new empty directory for one server of this process. Also removes what processes that died have left behind. */
export function newRunDirectory(): string {
  const root = serversRoot();
  if (!isSwept) {
    isSwept = true;
    sweep(root);
  }
  sequence += 1;
  // Short on purpose: the path of the Unix socket in it must stay under 107 bytes.
  const directory = path.join(root, `${RUN_PREFIX}${process.pid}-${sequence}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

/** The file in which a server writes its process id. */
export function pidFile(runDirectory: string): string {
  return path.join(runDirectory, PID_FILE);
}

function sweep(root: string): void {
  for (const name of readdirSync(root)) {
    if (!name.startsWith(RUN_PREFIX)) continue;
    const owner = Number(name.slice(RUN_PREFIX.length).split('-')[0]);
    if (isAlive(owner)) continue;
    const directory = path.join(root, name);
    endOrphan(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Ends the server whose owner died, after making sure that the process id still is that server. */
function endOrphan(directory: string): void {
  const file = pidFile(directory);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').trim());
  if (!isAlive(pid)) return;
  try {
    const commandLine = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    if (commandLine.includes(directory)) process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the two looks.
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
