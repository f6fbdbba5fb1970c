import { sleep } from '../statements.js';
import type { FaultBed } from './bed.js';
import type { Node } from './fault.js';
import { BOUNDS_MS, withSlack } from './intervals.js';
import { type MemoryLevel, settle } from './levels.js';
import { closeForWrites, promote } from './operator.js';
import { judge, type Recovery, serving, timed, told, WHOLE_TIMEOUT_MS } from './recovery.js';

/**
 * The operator's own switchover: read_only on the old primary, off on the new one, replication repointed. No connection is ended.
 *
 * @throws with everything that did not hold
 */
export async function runSwitchover(bed: FaultBed, chosen: Node, memory: MemoryLevel): Promise<Recovery> {
  const { load } = bed;
  const old = bed.primary;
  const others = bed.replicas.filter((node) => node !== chosen).map(({ server }) => server);
  bed.permit();
  await load.wholeAfter(Date.now(), WHOLE_TIMEOUT_MS);
  await load.enterPhase();
  const ids = [old, chosen].map(({ server }) => server.serverId);
  bed.permit({ reads: ids, writes: ids });
  const beginMs = await timed(() => closeForWrites(old.server));
  const healMs = await timed(() => promote(chosen.server, old.server, others));
  const openMs = Date.now();
  bed.setPrimary(chosen);
  bed.permit({ reads: ids });
  const [wholeMs, servesMs] = await Promise.all([load.wholeAfter(openMs, WHOLE_TIMEOUT_MS), timed(() => serving(bed, chosen))]);
  // Reads stay away from the new primary as soon as its role is known.
  await sleep(openMs + withSlack(BOUNDS_MS.role) - Date.now());
  bed.permit();
  await serving(bed, old);
  const settleMs = await timed(() => settle(bed, memory));
  const recovery: Recovery = {
    ...{ fault: 'switchover', role: 'primary', noticedMs: 0, noticedBoundMs: 0, wholeMs, servesMs, returnBoundMs: BOUNDS_MS.role },
    ...{ beginMs, healMs, settleMs, told: told(load.now) },
  };
  judge(recovery, load.now, ['transactionLost'], bed.sysbench?.wrong ?? []);
  return recovery;
}
