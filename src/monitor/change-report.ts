import type { Logger } from '../base/log.js';
import type { HostTable, Placement } from '../config/snapshot.js';

/** One log line for each server whose place or status changed, and one for a new identity. */
export function reportChanges(log: Logger, before: HostTable, after: HostTable): void {
  const old = new Map(before.placements.map((placement) => [nameOf(placement), placement]));
  for (const placement of after.placements) {
    const was = old.get(nameOf(placement));
    old.delete(nameOf(placement));
    if (was?.status === placement.status && was.reason === placement.reason) continue;
    const { hostgroup, key, status, reason } = placement;
    const fields = { hostgroup, server: key, status, was: was?.status ?? null, ...(reason === '' ? {} : { reason }) };
    if (status === 'SHUNNED') log.warn(fields, 'server is left out');
    else log.info(fields, was ? 'server status changed' : 'server joined hostgroup');
  }
  for (const { hostgroup, key } of old.values()) log.info({ hostgroup, server: key }, 'server left hostgroup');
  if (before.identity.version !== after.identity.version)
    log.info({ version: after.identity.version }, 'clients are shown another server version');
}

const nameOf = (placement: Placement): string => `${placement.hostgroup} ${placement.key}`;
