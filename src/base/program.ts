import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';

/** How a run of a program ended. */
export interface ProgramResult {
  /** `0`, `3`, `SIGKILL`; '' when it could not be started. */
  readonly exit: string;
  /** null for exit code 0. */
  readonly error: string | null;
  /** The beginning of what it wrote. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly result: Promise<ProgramResult>;
  /** SIGTERM, and SIGKILL where that is not heard. */
  end(): void;
}

/** Bytes of each output that are kept for the log. */
const LARGEST_OUTPUT_BYTES = 4_096;
/** Between SIGTERM and SIGKILL, ms. */
const TERM_PATIENCE_MS = 2_000;
/** What a program has started may hold its output open; nobody waits for that longer, ms. */
const OUTPUT_PATIENCE_MS = 200;
/** Nothing of weir's own environment: it may have secrets. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

export interface ProgramCall {
  readonly filename: string;
  readonly args: readonly string[];
  /** Then it gets SIGTERM, and SIGKILL 2 s later, with everything of its process group. */
  readonly timeoutMs: number;
  /** The variable that says so, for the error. */
  readonly timeoutVariable: string;
}

/** Runs a program with its arguments, without a shell. Never throws. */
export function runProgram(call: ProgramCall): RunningProgram {
  const { timeoutMs, timeoutVariable } = call;
  const path = resolve(call.filename);
  const problem = whyNotExecutable(path);
  if (problem !== null) return { result: Promise.resolve(notStarted(`${path}: ${problem}`)), end: () => undefined };
  // A process group of its own, so that what it starts ends with it.
  const child = tryToSpawn(path, call);
  if (child instanceof Error) return { result: Promise.resolve(notStarted(`${path}: ${child.message}`)), end: () => undefined };
  const ending = new Ending(child);
  const timer = setTimeout(() => ending.begin(`ended after ${timeoutMs} ms (${timeoutVariable})`), timeoutMs);
  const outputs = [collect(child.stdout), collect(child.stderr)] as const;
  const result = new Promise<ProgramResult>((done) => {
    child.once('error', (error) => done(notStarted(`${path}: ${error.message}`)));
    child.once('exit', (code, signal) => {
      void closed(child).then(() => {
        const [stdout, stderr] = outputs.map((output) => output());
        const exit = signal ?? String(code);
        done({ exit, error: ending.cause ?? exitError(code, signal), stdout: stdout!, stderr: stderr! });
      });
    });
  }).finally(() => {
    clearTimeout(timer);
    ending.over();
  });
  return { result, end: () => ending.begin('ended, since weir stops') };
}

/** Names and arguments with a NUL byte are refused at once. */
function tryToSpawn(path: string, { args }: ProgramCall) {
  try {
    return spawn(path, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'], detached: true, shell: false });
  } catch (error) {
    return error as Error;
  }
}

/** null: it can be started as it is now. */
export function whyNotExecutable(path: string): string | null {
  try {
    if (statSync(path).isDirectory()) return 'is a directory';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'there is no such file';
    return code === 'EACCES' ? 'is not executable' : message;
  }
}

const notStarted = (error: string): ProgramResult => ({ exit: '', error, stdout: '', stderr: '' });

function exitError(code: number | null, signal: string | null): string | null {
  if (signal !== null) return `ended by ${signal}`;
  return code === 0 ? null : `exit code ${code}`;
}

/** Ends a process group: SIGTERM, then SIGKILL. */
class Ending {
  cause: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  begin(cause: string): void {
    if (this.cause !== null) return;
    this.cause = cause;
    this.#signal('SIGTERM');
    this.#timer = setTimeout(() => this.#signal('SIGKILL'), TERM_PATIENCE_MS);
  }

  over(): void {
    if (this.#timer) clearTimeout(this.#timer);
    // The program is gone; what it left behind in its group goes too when it was told to end.
    if (this.cause !== null) this.#signal('SIGKILL');
  }

  #signal(name: NodeJS.Signals): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, name);
    } catch {
      // The group is gone.
    }
  }
}

function collect(stream: Readable): () => string {
  const parts: Buffer[] = [];
  let room = LARGEST_OUTPUT_BYTES;
  stream.on('data', (part: Buffer) => {
    if (room > 0) parts.push(part.subarray(0, room));
    room -= part.length;
  });
  return () => `${Buffer.concat(parts).toString('utf8')}${room < 0 ? '…' : ''}`;
}

async function closed(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, OUTPUT_PATIENCE_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  child.stdout?.destroy();
  child.stderr?.destroy();
}
