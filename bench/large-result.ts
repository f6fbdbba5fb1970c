import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { APP } from '../test/support/servers/index.js';
import { dataPlanePids, residentBytes } from './process-tree.js';
import { median } from './summary.js';
import { SCHEMA } from './sysbench.js';
import type { Progress } from './targets/programs.js';
import type { Target, TargetName } from './targets/target.js';

const ROWS = 200_000;
const ROW_BYTES = 1000;
const SAMPLE_INTERVAL_MS = 20;
const TIMEOUT_MS = 20_000;
const SETTLE_MS = 300;

export interface LargeResult {
  readonly target: TargetName;
  readonly megabytes: number;
  /** Median over the rounds; of 10^6 bytes of column values. */
  readonly megabytesPerSecond: number;
  /** Median of the ratios within each round; null without a straight run. */
  readonly ratioToStraight: number | null;
  /** Highest resident memory of the proxy's traffic processes during any round, less that before the first; null for the server itself. */
  readonly growthBytes: number | null;
}

interface Sample {
  readonly seconds: number;
  readonly peakBytes: number;
}

/**
 * Fetches a result of 200 MB through each target in turns, with the command line client, which reads as fast as it can.
 * Rows are made by the server (a string of 1000 bytes, repeated by a join), so that no disk takes part.
 */
export async function measureLargeResult(
  client: string,
  targets: readonly Target[],
  rounds: number,
  progress: Progress,
): Promise<LargeResult[]> {
  const pids = new Map(targets.map((target) => [target, target.pid === null ? [] : dataPlanePids(target.pid)]));
  const before = new Map(targets.map((target) => [target, residentBytes(pids.get(target) ?? [])]));
  const samples = new Map<Target, Sample[]>(targets.map((target) => [target, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const target of targets) {
      const sample = await fetchOnce(client, target, pids.get(target) ?? []);
      samples.get(target)?.push(sample);
      progress(`200 MB result ${round}/${rounds}  ${target.name.padEnd(12)} ${sample.seconds.toFixed(2)} s`);
    }
  }
  const straight = samples.get(targets.find((target) => target.name === 'straight') ?? targets[0]!);
  const hasStraight = targets.some((target) => target.name === 'straight');
  return targets.map((target) =>
    summariseFetches(target, samples.get(target) ?? [], hasStraight ? (straight ?? []) : [], before.get(target) ?? 0),
  );
}

function summariseFetches(target: Target, samples: readonly Sample[], straight: readonly Sample[], before: number): LargeResult {
  const megabytes = (ROWS * ROW_BYTES) / 1e6;
  const ratios = samples.flatMap((sample, round) => (straight[round] === undefined ? [] : [straight[round].seconds / sample.seconds]));
  return {
    target: target.name,
    megabytes,
    megabytesPerSecond: megabytes / (median(samples.map((sample) => sample.seconds)) ?? 1),
    ratioToStraight: median(ratios),
    growthBytes: target.pid === null ? null : Math.max(...samples.map((sample) => sample.peakBytes)) - before,
  };
}

async function fetchOnce(client: string, target: Target, pids: readonly number[]): Promise<Sample> {
  let peakBytes = residentBytes(pids);
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(pids));
  }, SAMPLE_INTERVAL_MS);
  try {
    const started = process.hrtime.bigint();
    await runClient(client, target);
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    // What is freed or grows right after the last byte belongs to it.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return { seconds, peakBytes };
  } finally {
    clearInterval(timer);
  }
}

async function runClient(client: string, target: Target): Promise<void> {
  const statement = `SELECT REPEAT('x', ${ROW_BYTES}) FROM sbtest1 a, (SELECT 1 FROM sbtest2 LIMIT 8) b LIMIT ${ROWS}`;
  const login = [`--host=${target.host}`, `--port=${target.port}`, `--user=${APP.username}`, `--password=${APP.password}`, SCHEMA];
  // Proxies offer TLS and clients then take it: the comparison is of plain connections.
  const plain = (await isMariadbClient(client)) ? '--skip-ssl' : '--ssl-mode=DISABLED';
  const args = ['--no-defaults', plain, '--quick', '--batch', '--raw', '--skip-column-names', ...login, `--execute=${statement}`];
  return new Promise((resolve, reject) => {
    const child = spawn(client, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`the client ended with ${signal ?? code} through ${target.name}: ${complaint.trim()}`));
    });
  });
}

async function isMariadbClient(client: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(client, ['--version']);
  return stdout.includes('MariaDB');
}
