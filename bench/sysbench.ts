import { spawn } from 'node:child_process';
import { APP } from '../test/support/servers/index.js';
import type { Combination } from './combination.js';

export const TABLES = 4;
export const TABLE_ROWS = 25_000;
export const SCHEMA = 'sbtest';

export interface SysbenchFigures {
  /** Statements, BEGIN and COMMIT included. */
  readonly queries: number;
  readonly queriesPerSecond: number;
  /** Of events: one statement for point_select, one transaction for the others. */
  readonly p95Ms: number;
  readonly ignoredErrors: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** For logging in and out; a target that hangs must not hold up the others for long. */
const GRACE_MS = 10_000;

/** Makes the tables. */
export async function prepareTables(program: string, endpoint: Endpoint): Promise<void> {
  await run(program, ['oltp_read_write', ...commonArguments(endpoint), '--threads=2', 'prepare'], 120_000);
}

/**
 * Runs one load.
 *
 * @throws with sysbench's own words when it gives up
 */
export async function runSysbench(program: string, endpoint: Endpoint, load: Combination, seconds: number): Promise<SysbenchFigures> {
  const args = [
    load.workload,
    ...commonArguments(endpoint),
    `--threads=${load.threads}`,
    `--time=${seconds}`,
    `--db-ps-mode=${load.protocol === 'text' ? 'disable' : 'auto'}`,
    `--skip-trx=${load.skipTrx ? 'on' : 'off'}`,
    // Uniform: the default distribution makes 64 threads wait for the same few row locks, which says nothing about a proxy.
    '--rand-type=uniform',
    // Without transactions, two threads may delete and insert the same row in turns: a duplicate key (1062) is part of that load.
    '--mysql-ignore-errors=1020,1062,1205,1213',
    'run',
  ];
  return parseFigures(await run(program, args, seconds * 1000 + GRACE_MS));
}

function commonArguments(endpoint: Endpoint): string[] {
  return [
    '--db-driver=mysql',
    `--mysql-host=${endpoint.host}`,
    `--mysql-port=${endpoint.port}`,
    `--mysql-user=${APP.username}`,
    `--mysql-password=${APP.password}`,
    `--mysql-db=${SCHEMA}`,
    `--tables=${TABLES}`,
    `--table-size=${TABLE_ROWS}`,
  ];
}

/** Reads sysbench 1.0's closing summary. @throws when it is not one */
export function parseFigures(output: string): SysbenchFigures {
  const figure = (pattern: RegExp): number => {
    const text = pattern.exec(output)?.[1];
    if (text === undefined) throw new Error(`sysbench's summary has no ${pattern.source}:\n${output.slice(-1500)}`);
    return Number(text);
  };
  return {
    queries: figure(/^ +queries: +(\d+)/m),
    queriesPerSecond: figure(/^ +queries: +\d+ +\(([\d.]+) per sec/m),
    p95Ms: figure(/^ +95th percentile: +([\d.]+)/m),
    ignoredErrors: figure(/^ +ignored errors: +(\d+)/m),
  };
}

function run(program: string, args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    const killWithUs = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', killWithUs);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.removeListener('exit', killWithUs);
      if (code === 0) resolve(output);
      else reject(new Error(`sysbench ended with ${signal ?? code}: ${firstComplaint(output)}`));
    });
  });
}

function firstComplaint(output: string): string {
  return output.split('\n').find((line) => /FATAL|error/i.test(line)) ?? output.trim().slice(-300);
}
