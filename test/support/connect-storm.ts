import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { APP } from './servers/accounts.js';

const SCRIPT = fileURLToPath(new URL('./connect-storm.mjs', import.meta.url));

export interface StormOptions {
  readonly port: number;
  readonly count: number;
  /** The connections are begun evenly over this time; default 0: all at once. */
  readonly overMs?: number;
  /** How far each goes: says nothing, breaks off behind its login packet, or logs in (the default). */
  readonly until?: 'greeting' | 'response' | 'login';
  readonly tls?: boolean;
  /** How long those that came so far stay; default 0. */
  readonly holdMs?: number;
  readonly username?: string;
  readonly password?: string;
}

export interface StormResult {
  /** How many ended how: the value of `until`, the number of an ERR packet, `closed`, or a code of the system. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly tookMs: number;
  readonly p50Ms: number;
  readonly maxMs: number;
  /** All connections are closed. */
  readonly ended: Promise<void>;
}

/** Many clients from a process of their own; resolves when each has come as far as it comes. */
export async function connectStorm(options: StormOptions): Promise<StormResult> {
  const defaults = { overMs: 0, until: 'login', tls: false, holdMs: 0, ...APP };
  const child = fork(SCRIPT, [JSON.stringify({ ...defaults, ...options })]);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const result = await new Promise<Omit<StormResult, 'ended'>>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Omit<StormResult, 'ended'>));
    void ended.then(() => reject(new Error('the storm ended without a result')));
  });
  return { ...result, ended };
}
