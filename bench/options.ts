import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FLAVOURS, type Flavour } from '../test/support/servers/index.js';
import { type Combination, combinations, PROTOCOLS, WORKLOADS } from './combination.js';
import { TARGET_NAMES, type TargetName } from './targets/target.js';

export interface BenchOptions {
  readonly flavour: Flavour;
  readonly combinations: readonly Combination[];
  /** null: straight, haproxy, weir, and proxysql where there is one. */
  readonly targets: readonly TargetName[] | null;
  /** Length of one measured run. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly rounds: number;
  readonly replicas: number;
  /** No round starts that would end after this (ms since the epoch); null is no limit. The first round always runs. */
  readonly deadlineMs: number | null;
  readonly outputDirectory: string;
  readonly isQuick: boolean;
  readonly isGate: boolean;
}

/** What cannot be used on the command line, in words for the person who typed it. */
export class UsageError extends Error {}

export const USAGE = `npm run bench -- [options]
  --quick                one short pass, under two minutes in all
  --gate                 exit 1 when weir misses a limit against HAProxy; prints each limit and what was measured
  --workloads LIST       ${WORKLOADS.join(',')}
  --protocols LIST       ${PROTOCOLS.join(',')} (text statements, prepared statements)
  --skip-trx LIST        off,on: within transactions, in autocommit
  --threads LIST         client threads, default 8,64
  --seconds N            length of one run, default 5
  --rounds N             default 5; the targets take turns within each
  --targets LIST         ${TARGET_NAMES.join(',')}
  --flavour NAME         ${FLAVOURS.join(' or ')}, default mariadb
  --replicas N           default 1
  --out DIRECTORY        default bench/results
  --help`;

const RESULTS = fileURLToPath(new URL('./results', import.meta.url));
/** Two minutes less the time to stop everything and write the results. */
const QUICK_BUDGET_MS = 108_000;

const FLAGS = {
  quick: { type: 'boolean' },
  gate: { type: 'boolean' },
  help: { type: 'boolean' },
  workloads: { type: 'string' },
  protocols: { type: 'string' },
  'skip-trx': { type: 'string' },
  threads: { type: 'string' },
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  targets: { type: 'string' },
  flavour: { type: 'string' },
  replicas: { type: 'string' },
  out: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];

/**
 * Reads the command line; null when help was asked for.
 *
 * @throws {UsageError}
 */
export function readOptions(args: readonly string[], startedAtMs: number): BenchOptions | null {
  const values = parse(args);
  if (values.help === true) return null;
  const isQuick = values.quick === true;
  return {
    flavour: oneOf('flavour', values.flavour ?? 'mariadb', FLAVOURS),
    combinations: chosenCombinations(values, isQuick),
    targets: values.targets === undefined ? null : listOf('targets', values.targets, TARGET_NAMES),
    seconds: integer('seconds', values.seconds, isQuick ? 2 : 5, 1, 3600),
    warmupSeconds: isQuick ? 2 : 5,
    rounds: integer('rounds', values.rounds, isQuick ? 3 : 5, 1, 100),
    replicas: integer('replicas', values.replicas, 1, 1, 8),
    deadlineMs: isQuick ? startedAtMs + QUICK_BUDGET_MS : null,
    outputDirectory: path.resolve(values.out ?? RESULTS),
    isQuick,
    isGate: values.gate === true,
  };
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function chosenCombinations(values: Values, isQuick: boolean): Combination[] {
  const list = <Item extends string>(
    name: 'workloads' | 'protocols' | 'skip-trx',
    allowed: readonly Item[],
    quick: readonly Item[],
  ): readonly Item[] => {
    const text = values[name];
    if (text !== undefined) return listOf(name, text, allowed);
    return isQuick ? quick : allowed;
  };
  const threads = (values.threads ?? (isQuick ? '8' : '8,64')).split(',').map((entry) => integer('threads', entry, 8, 1, 400));
  const chosen = combinations({
    workloads: list('workloads', WORKLOADS, ['oltp_point_select', 'oltp_read_write']),
    protocols: list('protocols', PROTOCOLS, PROTOCOLS),
    skipTrx: list('skip-trx', ['off', 'on'], ['off']).map((word) => word === 'on'),
    threads,
  });
  const isDefaultQuick = isQuick && values.workloads === undefined && values.protocols === undefined;
  // Three combinations fit into two minutes with four targets.
  return isDefaultQuick ? chosen.filter((one) => one.protocol === 'text' || one.workload === 'oltp_point_select') : chosen;
}

function listOf<Item extends string>(name: string, text: string, allowed: readonly Item[]): readonly Item[] {
  return [...new Set(text.split(',').map((entry) => oneOf(name, entry.trim(), allowed)))];
}

function oneOf<Item extends string>(name: string, text: string, allowed: readonly Item[]): Item {
  const found = allowed.find((item) => item === text);
  if (found === undefined) throw new UsageError(`--${name}: "${text}" is none of ${allowed.join(', ')}`);
  return found;
}

function integer(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new UsageError(`--${name}: "${text}" is no whole number from ${min} to ${max}`);
  return value;
}
