import type { Cluster } from '../test/support/servers/index.js';
import { type Combination, describeCombination } from './combination.js';
import { type Failure, type Measurement, measure } from './measurement.js';
import type { BenchOptions } from './options.js';
import type { Progress } from './targets/programs.js';
import type { Target } from './targets/target.js';

export interface RoundsResult {
  readonly measurements: readonly Measurement[];
  readonly failures: readonly Failure[];
  readonly completedRounds: number;
}

const SYNC_TIMEOUT_MS = 10_000;

/**
 * Every target gets every load in every round, in turns (A B C, A B C, …), so that a machine that grows slower meets all of them.
 *
 * Nothing is pinned to a core. That was tried on two cores of a shared machine with HAProxy and point_select, five rounds each.
 * With the server on one core and proxy and load on the other, the proxy took 14 µs a query in place of 18 to 23 (no wake-ups
 * across cores); with the proxy alone on a core, 25 to 26. Either way queries per second fell to a third as soon as something
 * else wanted a core (41,000 to 15,000; 24,000 to 7,000), while unpinned they stayed between 28,000 and 35,000. Unpinned is also how
 * proxies run. The figures that repeat are therefore CPU per query, and ratios between runs of the same round; plain queries per
 * second belong to the machine.
 */
export async function runRounds(
  sysbench: string,
  cluster: Cluster,
  targets: readonly Target[],
  options: BenchOptions,
  progress: Progress,
): Promise<RoundsResult> {
  const measurements: Measurement[] = [];
  const failures: Failure[] = [];
  await warmUp(sysbench, targets, options, cluster, progress);
  let completedRounds = 0;
  let longestMs = 0;
  while (completedRounds < options.rounds) {
    const started = Date.now();
    if (completedRounds > 0 && options.deadlineMs !== null && started + longestMs > options.deadlineMs) {
      progress(`stopping after ${completedRounds} rounds to keep within the time`);
      break;
    }
    for (const combination of options.combinations) {
      for (const target of targets) {
        const outcome = await attempt(sysbench, cluster, target, combination, options.seconds, completedRounds + 1);
        if ('reason' in outcome) failures.push(outcome);
        else measurements.push(outcome);
        progress(`round ${completedRounds + 1}/${options.rounds}  ${describeOutcome(target, combination, outcome)}`);
      }
    }
    completedRounds += 1;
    longestMs = Math.max(longestMs, Date.now() - started);
  }
  return { measurements, failures, completedRounds };
}

/** Fills the server's buffers and lets just-in-time compilers do their work, unmeasured. */
async function warmUp(
  sysbench: string,
  targets: readonly Target[],
  options: BenchOptions,
  cluster: Cluster,
  progress: Progress,
): Promise<void> {
  const combination = { ...options.combinations.at(-1)!, threads: 8 };
  for (const target of targets) {
    progress(`warming up ${target.name}`);
    const outcome = await attempt(sysbench, cluster, target, combination, options.warmupSeconds, 0);
    if ('reason' in outcome) progress(`  failed: ${outcome.reason}`);
  }
}

async function attempt(
  sysbench: string,
  cluster: Cluster,
  target: Target,
  combination: Combination,
  seconds: number,
  round: number,
): Promise<Measurement | Failure> {
  try {
    const measurement = await measure(sysbench, cluster, target, combination, seconds, round);
    if (combination.workload === 'oltp_read_write') await settle(cluster);
    return measurement;
  } catch (error) {
    return { round, combination, target: target.name, reason: (error as Error).message };
  }
}

/** A replica that still applies the writes of this run would take its CPU from the next. */
async function settle(cluster: Cluster): Promise<void> {
  try {
    await cluster.waitInSync(SYNC_TIMEOUT_MS);
  } catch {
    // Far behind: what it takes shows as the foreign share of no target in particular, and every target meets it.
  }
}

function describeOutcome(target: Target, combination: Combination, outcome: Measurement | Failure): string {
  const what = `${describeCombination(combination).padEnd(44)} ${target.name.padEnd(12)}`;
  if ('reason' in outcome) return `${what} FAILED: ${outcome.reason}`;
  const cpu = outcome.cpuMicrosPerQuery === null ? '' : `  ${outcome.cpuMicrosPerQuery.toFixed(1)} µs/query`;
  const foreign = outcome.foreignShare > 0.05 ? `  (others: ${(outcome.foreignShare * 100).toFixed(0)} % CPU)` : '';
  return `${what} ${outcome.queriesPerSecond.toFixed(0).padStart(7)} q/s${cpu}${foreign}`;
}
