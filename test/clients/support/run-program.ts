import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PROGRAMS } from './driver.js';

/** What a program prints: one result a line, as JSON. */
export interface ProgramLine {
  readonly check: string;
  readonly value: unknown;
  /** The @@server_id of a read that a replica may run. */
  readonly reader?: number;
  /** The @@server_id of what only the primary may run. */
  readonly writer?: number;
}

/** Instead of a result: the program waits for a line on its standard input, which comes when the replicas have what it wrote. */
interface SyncLine {
  readonly sync: true;
}

export interface Target {
  readonly port: number;
  readonly schema: string;
  readonly environment: Readonly<Record<string, string>>;
  waitInSync(): Promise<void>;
}

const LAST_CHECK = 'end';
const TIMEOUT_MS = 50_000;

/**
 * Runs a program against `target` to its end.
 *
 * @throws with its errors when it does not end with exit code 0 and the line `end` within 50 s
 */
export async function runProgram(command: readonly string[], target: Target): Promise<ProgramLine[]> {
  const child = spawn(command[0]!, command.slice(1), {
    cwd: PROGRAMS,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...target.environment, DB_HOST: '127.0.0.1', DB_PORT: String(target.port), DB_NAME: target.schema },
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  // A program that has ended does not read any more; its end tells why.
  child.stdin.on('error', () => {});
  const exited = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const lines: ProgramLine[] = [];
  const reading = readLines(child.stdout, async (line) => {
    if (!('sync' in line)) {
      lines.push(line);
      return;
    }
    await target.waitInSync();
    child.stdin.write('go on\n');
  });
  const [outcome] = await Promise.all([exited, reading]);
  const last = lines.at(-1)?.check;
  if (outcome === 'exit code 0' && last === LAST_CHECK) return lines;
  throw new Error(`${command.join(' ')} ended with ${outcome} after "${last}":\n${errors}`);
}

async function readLines(output: NodeJS.ReadableStream, take: (line: ProgramLine | SyncLine) => Promise<void>): Promise<void> {
  for await (const text of createInterface({ input: output })) await take(parseLine(text));
}

function parseLine(text: string): ProgramLine | SyncLine {
  const line: unknown = JSON.parse(text);
  if (typeof line === 'object' && line !== null && ('sync' in line || ('check' in line && 'value' in line))) {
    return line as ProgramLine | SyncLine;
  }
  throw new Error(`neither a check nor a wait for replicas: ${text}`);
}
