import { type LoadReport, TOLERATED, type Tolerated } from '../checked-load/messages.js';
import { until } from '../statements.js';
import type { FaultBed } from './bed.js';
import type { Node, Role } from './fault.js';
import { withSlack } from './intervals.js';

export const WHOLE_TIMEOUT_MS = 30_000;
const SERVES_AGAIN = 10;

/** What was measured of one fault, ms. */
export interface Recovery {
  readonly fault: string;
  readonly role: Role;
  /** From its begin until the statements that need not wait for its end had no trouble any more. */
  readonly noticedMs: number;
  readonly noticedBoundMs: number;
  /** From its end until every statement was whole. */
  readonly wholeMs: number;
  /** From its end until the server executed statements again. */
  readonly servesMs: number;
  readonly returnBoundMs: number;
  /** How long the begin of the fault, its end, and the settling of connections and memory afterwards took. */
  readonly beginMs: number;
  readonly healMs: number;
  readonly settleMs: number;
  /** What clients that write were told. */
  readonly told: string;
}

export function describeRecovery(recovery: Recovery): string {
  const { fault, role, noticedMs, wholeMs, servesMs, noticedBoundMs, returnBoundMs, beginMs, healMs, settleMs, told } = recovery;
  return [
    `${role}, ${fault}: trouble for ${noticedMs} ms (${noticedBoundMs} by the intervals)`,
    `after its end whole in ${wholeMs} ms and serving in ${servesMs} ms (${returnBoundMs})`,
    `begun in ${beginMs} ms, ended in ${healMs} ms, settled in ${settleMs} ms`,
    ...(told === '' ? [] : [`told: ${told}`]),
  ].join('; ');
}

/** @throws with everything that did not hold of the times, and of what clients were answered in this phase of the load; `others`: what else did not hold */
export function judge(recovery: Recovery, report: LoadReport, accepted: readonly Tolerated[], others: readonly string[]): void {
  const wrong = [...others, ...wrongTimes(recovery), ...wrongAnswers(report, accepted)];
  if (wrong.length > 0) throw new Error(`${describeRecovery(recovery)}\n${wrong.join('\n')}`);
}

/** What clients were told in this phase of the load. */
export function told({ tolerated }: LoadReport): string {
  return TOLERATED.filter((kind) => tolerated[kind] > 0)
    .map((kind) => `${kind} ${tolerated[kind]}`)
    .join(', ');
}

export async function timed(work: () => Promise<void>): Promise<number> {
  const beganMs = Date.now();
  await work();
  return Date.now() - beganMs;
}

/** Waits until the server executes further statements. */
export function serving(bed: FaultBed, node: Node): Promise<void> {
  const before = served(bed, node);
  return until(`server ${node.server.serverId} serving`, () => served(bed, node) >= before + SERVES_AGAIN, WHOLE_TIMEOUT_MS);
}

/** Statements that the server has executed and that are its to execute. */
function served(bed: FaultBed, node: Node): number {
  const { serverId } = node.server;
  return bed.roleOf(node) === 'primary' ? bed.load.writes(serverId) : bed.load.reads(serverId);
}

function wrongTimes(recovery: Recovery): string[] {
  const { noticedMs, noticedBoundMs, wholeMs, servesMs, returnBoundMs } = recovery;
  const late = (what: string, ms: number, boundMs: number): string[] =>
    ms > withSlack(boundMs) ? [`${what} took ${ms} ms; by the intervals it is ${boundMs} ms, with slack ${withSlack(boundMs)} ms`] : [];
  return [
    ...late('noticing', noticedMs, noticedBoundMs),
    ...late('becoming whole', wholeMs, returnBoundMs),
    ...late('serving again', servesMs, returnBoundMs),
  ];
}

/** On a busy machine the other replica may pause for a moment too, and so few reads find none. */
const MOST_READS_BY_PRIMARY = 5;

const mostOf = (kind: Tolerated): number => (kind === 'readByPrimary' ? MOST_READS_BY_PRIMARY : 0);

function wrongAnswers(report: LoadReport, accepted: readonly Tolerated[]): string[] {
  const wrong = report.violationCount > 0 ? [`${report.violationCount} violations`, ...report.violations] : [];
  for (const kind of TOLERATED) {
    const count = report.tolerated[kind];
    if (count > mostOf(kind) && !accepted.includes(kind)) wrong.push(`${count} times ${kind}, for which there is no cause`);
  }
  if (wrong.length > 0) wrong.push(...report.samples);
  return wrong;
}
