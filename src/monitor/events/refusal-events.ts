import type { ServerKey } from '../../base/ids.js';
import type { CheckName } from '../check-log.js';
import type { Refusals } from '../observation.js';
import { type Refusal, refusalName, refusalText } from '../refusal.js';
import type { ServerEvent } from './event.js';

/** One event for each objection that a server begins to have, whatever checks meet it, and one for each that it has no more. */
export function refusalEvents(server: ServerKey, before: Refusals, after: Refusals): ServerEvent[] {
  if (before === after) return [];
  const [old, now] = [byName(before), byName(after)];
  const begun = [...now].filter(([name]) => !old.has(name));
  const ended = [...old].filter(([name]) => !now.has(name));
  return [
    ...begun.map(([, met]): ServerEvent => ({ kind: 'monitor_refusal', from: 'accepted', to: 'refused', ...detailsOf(server, met) })),
    ...ended.map(([, met]): ServerEvent => ({ kind: 'recovery', from: 'refused', to: 'accepted', ...detailsOf(server, met) })),
  ];
}

interface MetRefusal {
  readonly check: CheckName;
  readonly refusal: Refusal;
}

function byName(refusals: Refusals): Map<string, MetRefusal> {
  const found = new Map<string, MetRefusal>();
  for (const [check, refusal] of Object.entries(refusals) as [CheckName, Refusal][]) {
    if (!found.has(refusalName(refusal))) found.set(refusalName(refusal), { check, refusal });
  }
  return found;
}

function detailsOf(server: ServerKey, { check, refusal }: MetRefusal): Pick<ServerEvent, 'server' | 'hostgroups' | 'reason' | 'details'> {
  const { cause, errno } = refusal;
  return { server, hostgroups: [], reason: `${check}: ${refusalText(refusal)}`, details: { check, cause, errno } };
}
