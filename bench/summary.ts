import type { Combination } from './combination.js';
import type { Measurement } from './measurement.js';
import type { TargetName } from './targets/target.js';

/** One line of the table: a target under a load, over all rounds. */
export interface Summary {
  readonly combination: Combination;
  readonly target: TargetName;
  /** Runs that count, disturbed ones left out. */
  readonly rounds: number;
  readonly queriesPerSecond: number;
  readonly p95Ms: number;
  readonly cpuMicrosPerQuery: number | null;
  /** Medians of the ratios within each round; null where the other one was not measured. */
  readonly ratioToStraight: number | null;
  readonly ratioToHaproxy: number | null;
  readonly cpuRatioToHaproxy: number | null;
  readonly ignoredErrors: number;
  readonly foreignShare: number;
}

/** Above this share of all cores taken by others, a run says more about them than about the target. */
export const NOISY_SHARE = 0.1;

/**
 * Medians over the rounds. Ratios are taken within a round first: both runs had the same machine then. Runs that others disturbed
 * count only where there is no undisturbed one, and a ratio only where both of its runs were undisturbed or no such pair exists.
 */
export function summarise(
  measurements: readonly Measurement[],
  combinations: readonly Combination[],
  targets: readonly TargetName[],
): Summary[] {
  return combinations.flatMap((combination) => {
    const ofLoad = measurements.filter((one) => one.combination === combination);
    return targets.flatMap((target) => {
      const runs = ofLoad.filter((one) => one.target === target);
      return runs.length === 0 ? [] : [summariseTarget(combination, target, runs, ofLoad)];
    });
  });
}

function summariseTarget(
  combination: Combination,
  target: TargetName,
  runs: readonly Measurement[],
  ofLoad: readonly Measurement[],
): Summary {
  const speed = (one: Measurement): number => one.queriesPerSecond;
  const cpu = (one: Measurement): number | null => one.cpuMicrosPerQuery;
  const counted = preferred(runs, isQuiet);
  return {
    combination,
    target,
    rounds: counted.length,
    queriesPerSecond: median(counted.map(speed)) ?? 0,
    p95Ms: median(counted.map((one) => one.p95Ms)) ?? 0,
    cpuMicrosPerQuery: median(counted.flatMap((one) => cpu(one) ?? [])),
    ratioToStraight: pairedRatio(runs, ofLoad, 'straight', speed),
    ratioToHaproxy: pairedRatio(runs, ofLoad, 'haproxy', speed),
    cpuRatioToHaproxy: pairedRatio(runs, ofLoad, 'haproxy', cpu),
    ignoredErrors: runs.reduce((sum, one) => sum + one.ignoredErrors, 0),
    foreignShare: median(counted.map((one) => one.foreignShare)) ?? 0,
  };
}

function pairedRatio(
  runs: readonly Measurement[],
  ofLoad: readonly Measurement[],
  base: TargetName,
  figure: (one: Measurement) => number | null,
): number | null {
  const pairs = runs.flatMap((run) => {
    const other = ofLoad.find((one) => one.target === base && one.round === run.round);
    return other === undefined ? [] : [{ run, other }];
  });
  const ratios = preferred(pairs, ({ run, other }) => isQuiet(run) && isQuiet(other)).flatMap(({ run, other }) => {
    const above = figure(run);
    const below = figure(other);
    return above === null || below === null || below === 0 ? [] : [above / below];
  });
  return median(ratios);
}

function isQuiet(one: Measurement): boolean {
  return one.foreignShare <= NOISY_SHARE;
}

/** Those that `isGood` holds for, or all where it holds for none. */
function preferred<Item>(items: readonly Item[], isGood: (item: Item) => boolean): readonly Item[] {
  const good = items.filter(isGood);
  return good.length > 0 ? good : items;
}

/** The middle value, of an even number the mean of both; null of none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
