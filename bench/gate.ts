import { describeCombination } from './combination.js';
import type { IdleClients } from './idle-clients.js';
import type { LargeResult } from './large-result.js';
import type { Summary } from './summary.js';

const SPEED_AT_LEAST = 0.85;
const CPU_AT_MOST = 1.2;
const LARGE_RESULT_AT_LEAST = 0.95;
const LARGE_RESULT_GROWTH_BELOW_MB = 20;
const IDLE_CLIENT_AT_MOST_KIB = 25;
const GATED_WORKLOADS: readonly string[] = ['oltp_point_select', 'oltp_read_write'];

export interface Limit {
  readonly what: string;
  readonly bound: string;
  /** null when it was not measured, which is no pass. */
  readonly measured: number | null;
  readonly unit: string;
  readonly isMet: boolean;
}

export interface GateInput {
  readonly summaries: readonly Summary[];
  readonly largeResults: readonly LargeResult[];
  readonly idleClients: readonly IdleClients[];
}

/** What weir, with one worker and the split active, has promised; every measured load of the gated workloads counts. */
export function limits(input: GateInput): Limit[] {
  const ofWeir = input.summaries.filter((one) => one.target === 'weir' && GATED_WORKLOADS.includes(one.combination.workload));
  const speed = ofWeir.flatMap((one) => [
    atLeast(`${describeCombination(one.combination)}: queries/s to HAProxy`, one.ratioToHaproxy, SPEED_AT_LEAST, '×'),
    atMost(`${describeCombination(one.combination)}: CPU/query to HAProxy`, one.cpuRatioToHaproxy, CPU_AT_MOST, '×'),
  ]);
  const large = input.largeResults.find((one) => one.target === 'weir');
  const idle = input.idleClients.find((one) => one.target === 'weir');
  const none = ofWeir.length === 0 ? [atLeast('weir under point_select and read_write', null, SPEED_AT_LEAST, '×')] : [];
  const growth = large?.growthBytes ?? null;
  return [
    ...none,
    ...speed,
    atLeast('200 MB result: MB/s to straight', large?.ratioToStraight ?? null, LARGE_RESULT_AT_LEAST, '×'),
    below('200 MB result: growth of the process', growth === null ? null : growth / 1e6, LARGE_RESULT_GROWTH_BELOW_MB, ' MB'),
    atMost('1,000 idle clients: each', idle === undefined ? null : idle.connectedBytes / 1024, IDLE_CLIENT_AT_MOST_KIB, ' KiB'),
  ];
}

export function formatLimit(limit: Limit): string {
  const measured = limit.measured === null ? 'not measured' : `${limit.measured.toFixed(2)}${limit.unit}`;
  return `${limit.isMet ? 'ok  ' : 'MISS'}  ${limit.what.padEnd(72)} ${measured.padStart(14)}   limit ${limit.bound}`;
}

function atLeast(what: string, measured: number | null, bound: number, unit: string): Limit {
  return { what, measured, unit, bound: `≥ ${bound}${unit}`, isMet: measured !== null && measured >= bound };
}

function atMost(what: string, measured: number | null, bound: number, unit: string): Limit {
  return { what, measured, unit, bound: `≤ ${bound}${unit}`, isMet: measured !== null && measured <= bound };
}

function below(what: string, measured: number | null, bound: number, unit: string): Limit {
  return { what, measured, unit, bound: `< ${bound}${unit}`, isMet: measured !== null && measured < bound };
}
