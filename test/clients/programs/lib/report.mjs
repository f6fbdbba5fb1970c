// One result a line, as JSON, on standard output; described in test/clients/support/run-program.ts.
import { createInterface } from 'node:readline';

export const target = {
  host: process.env.DB_HOST,
  port: Number(process.env.DB_PORT),
  user: process.env.DB_USER,
  password: process.env.DB_PASSWORD,
  database: process.env.DB_NAME,
  flavour: process.env.DB_FLAVOUR,
};

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** A result that must not depend on who answers. */
export function report(check, value) {
  print({ check, value: plain(value) });
}

/** A result of a read that a replica may answer; `server` is its @@server_id. */
export function reportRead(check, value, server) {
  print({ check, value: plain(value), reader: Number(server) });
}

/** A result that only the primary may give. */
export function reportWrite(check, value, server) {
  print({ check, value: plain(value), writer: Number(server) });
}

/** Waits until the replicas have everything that was written. */
export async function inSync() {
  print({ sync: true });
  await answers.next();
}

/** Runs `work` and reports how it fails, by what `describe` takes of the error. */
export async function reportFailure(check, work, describe) {
  try {
    report(check, { unexpected: await work() });
  } catch (error) {
    report(check, describe(error));
  }
}

/** Ends a program: the line that says that nothing was left out. */
export function end() {
  report('end', true);
  process.exit(0);
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** What JSON has no word for, as text. */
function plain(value) {
  if (typeof value === 'bigint') return `bigint ${value}`;
  if (Buffer.isBuffer(value)) return `bytes ${value.length} ${value.subarray(0, 40).toString('hex')}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (typeof value === 'string' && value.length > 200) return `text ${value.length} ${value.slice(0, 20)}…${value.slice(-20)}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value === undefined ? null : value;
}
