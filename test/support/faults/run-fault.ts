import { sleep, until } from '../statements.js';
import type { FaultBed } from './bed.js';
import type { Fault, Node } from './fault.js';
import { BOUNDS_MS, withSlack } from './intervals.js';
import { type MemoryLevel, settle } from './levels.js';
import { openForWrites } from './operator.js';
import { judge, type Recovery, serving, timed, told, WHOLE_TIMEOUT_MS } from './recovery.js';

const QUIET_MS = 400;
/** A fault lasts so long at least: longer than what passes by itself. */
const LEAST_DURATION_MS = 2500;
const LOG_LINES = 40;

export interface RunOptions {
  /** How long the fault lasts; by default long enough to be noticed. A shorter one is not measured until its end. */
  readonly durationMs?: number;
}

/**
 * Lets a fault befall a server, puts it right, and checks all that must hold meanwhile and afterwards.
 *
 * @throws with everything that did not hold; the fault is healed then, too
 */
export async function runFault(bed: FaultBed, fault: Fault, node: Node, memory: MemoryLevel, options: RunOptions = {}): Promise<Recovery> {
  const { load } = bed;
  const role = bed.roleOf(node);
  bed.permit();
  await Promise.all([load.wholeAfter(Date.now(), WHOLE_TIMEOUT_MS), serving(bed, node)]);
  await load.enterPhase();
  const noticedBoundMs = servesAll(fault.effect) ? 0 : BOUNDS_MS[fault.effect];
  const beganMs = Date.now();
  const logged = bed.weir.logs.lines.length;
  const underWay = await fault.begin(node, { primary: bed.primary });
  const beginMs = Date.now() - beganMs;
  let noticedMs: number;
  let healMs = 0;
  try {
    noticedMs = await noticed(bed, fault, node, beganMs, noticedBoundMs, options.durationMs);
  } finally {
    // A primary that starts anew is read-only until the operator has opened it: a reader for so long.
    if (role === 'primary' && bed.startsReadOnly) bed.permit({ reads: [node.server.serverId] });
    healMs = await timed(() => underWay.heal());
    if (role === 'primary') await openForWrites(node.server);
    else bed.permit();
  }
  const [wholeMs, servesMs] = await Promise.all([load.wholeAfter(Date.now(), WHOLE_TIMEOUT_MS), timed(() => serving(bed, node))]);
  if (role === 'primary' && bed.startsReadOnly) await sleep(withSlack(BOUNDS_MS.role) - wholeMs);
  bed.permit();
  const settleMs = await timed(() => settle(bed, memory));
  const recovery = {
    ...{ fault: fault.name, role, noticedMs, noticedBoundMs, wholeMs, servesMs, returnBoundMs: BOUNDS_MS.returning },
    ...{ beginMs, healMs, settleMs, told: told(load.now) },
  };
  if (load.now.tolerated.readByPrimary > 0) process.stdout.write(`${load.now.samples.join('\n')}\n${logSince(bed, logged)}\n`);
  try {
    judge(recovery, load.now, role === 'primary' ? fault.tolerates : [], bed.sysbench?.wrong ?? []);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${logSince(bed, logged)}`);
  }
  return recovery;
}

/** Lets the fault last until weir must have noticed it and a while longer. Resolves to how long statements had trouble. */
async function noticed(bed: FaultBed, fault: Fault, node: Node, beganMs: number, boundMs: number, durationMs = 0): Promise<number> {
  const { load } = bed;
  const writesWait = bed.roleOf(node) === 'primary' && !servesAll(fault.effect);
  const isBrief = durationMs > 0 && durationMs < boundMs + QUIET_MS;
  await sleep(beganMs + (durationMs > 0 ? durationMs : Math.max(LEAST_DURATION_MS, boundMs + QUIET_MS)) - Date.now());
  // What is slow may be so until its end: no statement of its may fail or hang, though.
  if (isBrief || fault.effect === 'slow') return 0;
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

function servesAll(effect: Fault['effect']): effect is 'harmless' | 'slow' {
  return effect === 'harmless' || effect === 'slow';
}

/** What weir said since then. */
function logSince(bed: FaultBed, line: number): string {
  const lines = bed.weir.logs.lines.slice(line).map((one) => JSON.stringify(one));
  return ['log of weir:', ...lines.slice(-LOG_LINES)].join('\n');
}
