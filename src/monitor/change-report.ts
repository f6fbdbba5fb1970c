import type { Logger } from '../base/log.js';
import type { HostTable, Placement } from '../config/snapshot.js';

/** What changed between two host tables besides the events: one log line for each other reason of the same state, one for a new identity. */
export function reportDetails(log: Logger, before: HostTable, after: HostTable): void {
  const old = new Map(before.placements.map((placement) => [nameOf(placement), placement]));
  for (const placement of after.placements) {
    const was = old.get(nameOf(placement));
    const { hostgroup, key, status, serves, reason } = placement;
    // The reason of a server that serves is an alarm, which is an event of its own.
    if (serves || was?.status !== status || was.serves || was.reason === reason) continue;
    log.info({ hostgroup, server: key, status, reason, was: was.reason }, 'server is left out for another reason');
  }
  if (before.identity.version !== after.identity.version)
    log.info({ version: after.identity.version }, 'clients are shown another server version');
}

const nameOf = (placement: Placement): string => `${placement.hostgroup} ${placement.key}`;
