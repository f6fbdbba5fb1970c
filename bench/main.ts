import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Cluster, type Flavour, startCluster } from '../test/support/servers/index.js';
import { formatLimit, limits } from './gate.js';
import { type IdleClients, measureIdleClients } from './idle-clients.js';
import { type LargeResult, measureLargeResult } from './large-result.js';
import { type BenchOptions, readOptions, USAGE, UsageError } from './options.js';
import { describeMachine, type Report, reportName, titlesOf } from './report/report.js';
import { renderSvg } from './report/svg.js';
import { formatReport } from './report/table.js';
import { runRounds } from './rounds.js';
import { summarise } from './summary.js';
import { prepareTables } from './sysbench.js';
import { requireProgram } from './targets/programs.js';
import { defaultTargets, startTargets, stopTargets } from './targets/start.js';
import type { Target, TargetName } from './targets/target.js';

const LARGE_RESULT_ROUNDS = 5;
/** Logins, and replicas catching up. */
const RUN_OVERHEAD_SECONDS = 0.5;

const progress = (text: string): void => console.error(text);

/** The proxy is to be measured and not the disk: everything stays in memory and no commit waits for a flush. */
function serverArguments(flavour: Flavour): string[] {
  const common = ['--innodb-buffer-pool-size=256M', '--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0'];
  return [...common, flavour === 'mariadb' ? '--innodb-log-file-size=256M' : '--loose-innodb-redo-log-capacity=512M'];
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), Number(process.env['WEIR_BENCH_STARTED_MS'] ?? Date.now()));
  if (options === null) {
    console.log(USAGE);
    return 0;
  }
  if (!existsSync('/proc/self/stat')) throw new Error('the benchmark reads CPU times and memory from /proc: it needs Linux');
  const sysbench = requireProgram('sysbench', progress);
  const client = requireProgram('mariadb', progress);
  progress(`starting a primary and ${options.replicas} replica (${options.flavour})`);
  const cluster = await startCluster({
    flavour: options.flavour,
    replicas: options.replicas,
    extraArgs: serverArguments(options.flavour),
    progress,
  });
  try {
    progress('creating tables');
    await prepareTables(sysbench, cluster.primary);
    await cluster.waitInSync();
    const targets = await startTargets(options.targets ?? defaultTargets(), cluster, progress);
    try {
      return finish(await measureAll(options, cluster, targets, sysbench, client), options);
    } finally {
      await stopTargets(targets);
    }
  } finally {
    await cluster.stop();
  }
}

async function measureAll(
  options: BenchOptions,
  cluster: Cluster,
  targets: readonly Target[],
  sysbench: string,
  client: string,
): Promise<Report> {
  const problems: string[] = [];
  // Memory first: a process that has carried a load already has slack in which a growth would hide.
  let largeResults: LargeResult[] = [];
  await orProblem(problems, '200 MB result', async () => {
    largeResults = await measureLargeResult(client, targets, LARGE_RESULT_ROUNDS, progress);
  });
  const idleClients: IdleClients[] = [];
  for (const { name } of targets.filter((one) => one.isMultiplexing)) {
    await orProblem(problems, `idle clients, ${name}`, async () => void idleClients.push(await measureIdleOnFresh(name, cluster)));
  }
  progress(`running ${describeExtent(options, targets.length)}`);
  const { measurements, failures, completedRounds } = await runRounds(sysbench, cluster, targets, options, progress);
  const names = targets.map((target) => target.name);
  const summaries = summarise(measurements, options.combinations, names);
  return {
    measuredAt: new Date().toISOString(),
    machine: describeMachine(),
    flavour: options.flavour,
    targets: titlesOf(targets),
    secondsPerRun: options.seconds,
    rounds: completedRounds,
    replicas: options.replicas,
    summaries,
    largeResults,
    idleClients,
    limits: limits({ summaries, largeResults, idleClients }),
    failures,
    problems,
    measurements,
  };
}

function describeExtent(options: BenchOptions, targets: number): string {
  const runs = options.combinations.length * targets * options.rounds;
  const seconds = runs * (options.seconds + RUN_OVERHEAD_SECONDS);
  const length = seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  return `${options.rounds} rounds of ${options.combinations.length} loads on ${targets} targets: about ${length}`;
}

/** In a process of its own, for the same reason. */
async function measureIdleOnFresh(name: TargetName, cluster: Cluster): Promise<IdleClients> {
  const fresh = await startTargets([name], cluster, progress);
  try {
    return await measureIdleClients(fresh[0]!, progress);
  } finally {
    await stopTargets(fresh);
  }
}

/** One part that fails leaves the others their turn; the report names it and the exit code says so. */
async function orProblem(problems: string[], part: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    problems.push(`${part}: ${(error as Error).message}`);
  }
}

/** Writes and prints what was found. @returns the exit code */
function finish(report: Report, options: BenchOptions): number {
  const base = path.join(options.outputDirectory, reportName(options));
  mkdirSync(options.outputDirectory, { recursive: true });
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${base}.svg`, renderSvg(report));
  writeFileSync(`${base}.md`, formatReport(report));
  console.log(`\n${formatReport(report)}`);
  const hasWeir = report.targets.some((target) => target.name === 'weir');
  if (options.isGate || hasWeir) console.log(`${report.limits.map(formatLimit).join('\n')}\n`);
  progress(`written: ${base}.json, .md and .svg`);
  if (report.failures.length > 0 || report.problems.length > 0) return 1;
  return options.isGate && report.limits.some((limit) => !limit.isMet) ? 1 : 0;
}

// Whatever was started ends with this process: each owner has an exit hook.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
