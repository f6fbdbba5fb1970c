import type { Logger } from '../base/log.js';
import type { HostTable, Placement } from '../config/snapshot.js';
import type { WriterConflict } from './placement.js';
import type { WriterConflictAnswer } from './writer-choice.js';

/** One log line for each server whose place or status changed, and one for a new identity. */
export function reportChanges(log: Logger, before: HostTable, after: HostTable): void {
  const old = new Map(before.placements.map((placement) => [nameOf(placement), placement]));
  for (const placement of after.placements) {
    const was = old.get(nameOf(placement));
    old.delete(nameOf(placement));
    if (was !== undefined && isToldAlready(was, placement)) continue;
    const { hostgroup, key, status, serves, reason } = placement;
    const fields = { hostgroup, server: key, status, was: was?.status ?? null, ...(reason === '' ? {} : { reason }) };
    if (status === 'SHUNNED') log.warn(fields, 'server is left out');
    else if (status === 'ONLINE' && !serves) log.warn(fields, 'server is online and gets no statements');
    else if (was?.status === status) log.info(fields, 'server gets statements again');
    else log.info(fields, was ? 'server status changed' : 'server joined hostgroup');
  }
  for (const { hostgroup, key } of old.values()) log.info({ hostgroup, server: key }, 'server left hostgroup');
  if (before.identity.version !== after.identity.version)
    log.info({ version: after.identity.version }, 'clients are shown another server version');
}

/** The reason of a server that serves is an alarm, which has a line of its own. */
function isToldAlready(was: Placement, now: Placement): boolean {
  return was.status === now.status && was.serves === now.serves && (now.serves || was.reason === now.reason);
}

const WHO_WRITES: Readonly<Record<WriterConflictAnswer, string>> = {
  keep: 'only the known writer gets them',
  refuse: 'nobody gets them',
  all: 'each of them gets some',
};

/** One error line for each conflict that begins or changes, one line for each that has ended. */
export function reportConflicts(log: Logger, before: readonly WriterConflict[], after: readonly WriterConflict[]): void {
  const known = new Set(before.map((conflict) => JSON.stringify(conflict)));
  for (const conflict of after) {
    if (!known.has(JSON.stringify(conflict))) log.error(conflict, `more than one server accepts writes; ${WHO_WRITES[conflict.answer]}`);
  }
  const going = new Set(after.map(({ pair }) => pair));
  for (const { pair, writer, others } of before) if (!going.has(pair)) log.info({ pair, writer, others }, 'writer conflict has ended');
}

const nameOf = (placement: Placement): string => `${placement.hostgroup} ${placement.key}`;
