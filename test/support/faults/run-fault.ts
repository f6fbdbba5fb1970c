import { type LoadReport, TOLERATED } from '../checked-load/messages.js';
import { sleep, until } from '../statements.js';
import type { FaultBed } from './bed.js';
import type { Fault, Node, Role } from './fault.js';
import { BOUNDS_MS, withSlack } from './intervals.js';
import { type MemoryLevel, settle } from './levels.js';

const WHOLE_TIMEOUT_MS = 30_000;
const QUIET_MS = 400;
/** A fault lasts so long at least: longer than what passes by itself. */
const LEAST_DURATION_MS = 2500;
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

/**
 * Lets a fault befall a server, puts it right, and checks all that must hold meanwhile and afterwards.
 *
 * @throws with everything that did not hold; the fault is healed then, too
 */
export async function runFault(bed: FaultBed, fault: Fault, node: Node, memory: MemoryLevel): Promise<Recovery> {
  const { load } = bed;
  const role = bed.roleOf(node);
  bed.permit();
  await Promise.all([load.wholeAfter(Date.now(), WHOLE_TIMEOUT_MS), serving(bed, node)]);
  await load.enterPhase();
  const noticedBoundMs = fault.effect === 'harmless' ? 0 : BOUNDS_MS[fault.effect];
  const beganMs = Date.now();
  const underWay = await fault.begin(node, { primary: bed.primary });
  const beginMs = Date.now() - beganMs;
  let noticedMs: number;
  let healMs = 0;
  try {
    noticedMs = await noticed(bed, fault, node, beganMs, noticedBoundMs);
  } finally {
    healMs = await timed(() => underWay.heal());
    bed.permit();
  }
  const [wholeMs, servesMs] = await Promise.all([load.wholeAfter(Date.now(), WHOLE_TIMEOUT_MS), timed(() => serving(bed, node))]);
  const settleMs = await timed(() => settle(bed, memory));
  const recovery = {
    ...{ fault: fault.name, role, noticedMs, noticedBoundMs, wholeMs, servesMs, returnBoundMs: BOUNDS_MS.returning },
    ...{ beginMs, healMs, settleMs },
  };
  const wrong = [...wrongTimes(recovery), ...wrongAnswers(fault, role, load.now)];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return { ...recovery, told: told(load.now) };
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

/** Lets the fault last until weir must have noticed it and a while longer. Resolves to how long statements had trouble. */
async function noticed(bed: FaultBed, fault: Fault, node: Node, beganMs: number, boundMs: number): Promise<number> {
  const { load } = bed;
  const writesWait = bed.roleOf(node) === 'primary' && fault.effect !== 'harmless';
  await sleep(beganMs + Math.max(LEAST_DURATION_MS, boundMs + QUIET_MS) - Date.now());
  if (!writesWait) await load.wholeAfter(beganMs, WHOLE_TIMEOUT_MS);
  else await until('reads being whole', () => Date.now() - load.now.lastReadTroubleMs > QUIET_MS, WHOLE_TIMEOUT_MS);
  const lastTroubleMs = writesWait ? load.now.lastReadTroubleMs : load.now.lastTroubleMs;
  if (fault.effect === 'lag') {
    await sleep(beganMs + withSlack(boundMs) - Date.now());
    bed.permitReads(bed.replicas.filter((other) => other !== node));
    await sleep(QUIET_MS);
  }
  return Math.max(0, lastTroubleMs - beganMs);
}

/** Waits until the server executes further statements. */
function serving(bed: FaultBed, node: Node): Promise<void> {
  const before = served(bed, node);
  return until(`server ${node.server.serverId} serving`, () => served(bed, node) >= before + SERVES_AGAIN, WHOLE_TIMEOUT_MS);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganMs = Date.now();
  await work();
  return Date.now() - beganMs;
}

/** Statements that the server has executed and that are its to execute. */
function served(bed: FaultBed, node: Node): number {
  const { serverId } = node.server;
  return bed.roleOf(node) === 'primary' ? bed.load.writes(serverId) : bed.load.reads(serverId);
}

function wrongTimes(recovery: Omit<Recovery, 'told'>): string[] {
  const { noticedMs, noticedBoundMs, wholeMs, servesMs, returnBoundMs } = recovery;
  const late = (what: string, ms: number, boundMs: number): string[] =>
    ms > withSlack(boundMs) ? [`${what} took ${ms} ms; by the intervals it is ${boundMs} ms, with slack ${withSlack(boundMs)} ms`] : [];
  return [
    ...late('noticing', noticedMs, noticedBoundMs),
    ...late('becoming whole', wholeMs, returnBoundMs),
    ...late('serving again', servesMs, returnBoundMs),
  ];
}

function wrongAnswers(fault: Fault, role: Role, report: LoadReport): string[] {
  const wrong = report.violationCount > 0 ? [`${report.violationCount} violations`, ...report.violations] : [];
  const accepted = role === 'primary' ? fault.tolerates : [];
  for (const kind of TOLERATED) {
    const count = report.tolerated[kind];
    if (count > 0 && !accepted.includes(kind)) wrong.push(`${count} times ${kind}, of which this fault is no cause`);
  }
  if (wrong.length > 0) wrong.push(...report.samples);
  return wrong;
}

function told({ tolerated }: LoadReport): string {
  return TOLERATED.filter((kind) => tolerated[kind] > 0)
    .map((kind) => `${kind} ${tolerated[kind]}`)
    .join(', ');
}
