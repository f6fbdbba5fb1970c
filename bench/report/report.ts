import os from 'node:os';
import type { Limit } from '../gate.js';
import type { IdleClients } from '../idle-clients.js';
import type { LargeResult } from '../large-result.js';
import type { Failure, Measurement } from '../measurement.js';
import type { BenchOptions } from '../options.js';
import type { Summary } from '../summary.js';
import type { Target } from '../targets/target.js';

/** Everything that one benchmark has found; the JSON file is this as it stands. */
export interface Report {
  readonly measuredAt: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly kernel: string; readonly node: string };
  readonly flavour: string;
  readonly targets: readonly { readonly name: string; readonly title: string }[];
  readonly secondsPerRun: number;
  readonly rounds: number;
  readonly replicas: number;
  readonly summaries: readonly Summary[];
  readonly largeResults: readonly LargeResult[];
  readonly idleClients: readonly IdleClients[];
  readonly limits: readonly Limit[];
  readonly failures: readonly Failure[];
  /** Parts that could not be measured, each with its reason. */
  readonly problems: readonly string[];
  readonly measurements: readonly Measurement[];
}

export function describeMachine(): Report['machine'] {
  const cpus = os.cpus();
  return { cpu: cpus[0]?.model.trim() ?? 'unknown', cores: cpus.length, kernel: os.release(), node: process.version };
}

/** What the reader must know to judge the figures, in one line. */
export function subtitle(report: Report): string {
  const { cpu, cores, node } = report.machine;
  const titles = report.targets.map((target) => target.title).join(' · ');
  const machine = `${cores} × ${cpu}, Node ${node.slice(1)}`;
  const amount = `${report.rounds} rounds of ${report.secondsPerRun} s, targets in turns`;
  return `${titles} — ${machine}; server, proxy and sysbench share it; ${amount}; ${report.measuredAt.slice(0, 10)}`;
}

export function reportName(options: Pick<BenchOptions, 'flavour' | 'isQuick'>): string {
  return `${options.isQuick ? 'quick' : 'full'}-${options.flavour}`;
}

export function titlesOf(targets: readonly Target[]): Report['targets'] {
  return targets.map(({ name, title }) => ({ name, title }));
}
