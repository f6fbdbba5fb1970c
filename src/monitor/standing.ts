import type { Placement, ServerConfig } from '../config/snapshot.js';
import { type LagVerdicts, verdictName } from './lag-verdict.js';
import type { SlowServers } from './latency.js';
import type { ServerObservation } from './observation.js';

/** For what a place is used; lag is judged by that. */
export type Role = 'writer' | 'reader' | 'reader without writer';

/** How a server stands in a hostgroup, and why. */
export interface Standing {
  readonly status: Placement['status'];
  readonly reason: string;
  /** Default false. */
  readonly unreachable?: boolean;
  /** ONLINE and yet nobody that gets statements; default false. */
  readonly isTooSlow?: boolean;
}

/** What was judged over several checks. */
export interface Verdicts {
  readonly lagVerdicts: LagVerdicts;
  readonly slow: SlowServers;
}

/** SHUNNED in the configuration is a state that weir gave once, not a wish: such a server starts like an ONLINE one. */
export function standingOf(row: ServerConfig, seen: ServerObservation, verdicts: Verdicts, role: Role): Standing {
  const configured = configuredOffline(row);
  if (configured) return seen.health === 'down' ? { ...configured, unreachable: true } : configured;
  if (seen.health === 'down') return { status: 'SHUNNED', reason: seen.healthReason, unreachable: true };
  if (seen.shun) return { status: 'SHUNNED', reason: seen.shun.reason };
  const lagging = lagReason(row, verdicts.lagVerdicts, role);
  if (lagging !== null) return { status: 'SHUNNED', reason: lagging };
  // Nobody else could take the writes of the writer.
  const slowness = role === 'writer' ? undefined : verdicts.slow.get(verdictName(row));
  return { status: 'ONLINE', reason: slowness?.reason ?? '', isTooSlow: slowness !== undefined };
}

/** Not ONLINE in any case: for a reason of its own, or for `reason`. */
export const leftOut = (own: Standing, reason: string): Standing => (own.status === 'ONLINE' ? { status: 'SHUNNED', reason } : own);

/** ONLINE with something to tell; whatever else it is has a reason of its own. */
export const noted = (own: Standing, note: string): Standing => (own.status === 'ONLINE' ? { ...own, reason: note } : own);

export function place(row: ServerConfig, hostgroup: ServerConfig['hostgroup'], standing: Standing): Placement {
  const { hostname, port, key, weight, maxConnections, useSsl } = row;
  const { status, unreachable = false, isTooSlow = false } = standing;
  const isWeightless = status === 'ONLINE' && weight === 0;
  const serves = status === 'ONLINE' && !isWeightless && !isTooSlow;
  const reason = [isWeightless ? 'weight 0' : '', standing.reason].filter((text) => text !== '').join('; ');
  return { hostgroup, hostname, port, key, status, serves, reason, unreachable, weight, maxConnections, useSsl };
}

function configuredOffline(row: ServerConfig): Standing | null {
  const { status } = row;
  return status === 'OFFLINE_SOFT' || status === 'OFFLINE_HARD' ? { status, reason: `configured ${status}` } : null;
}

/** Why the server is too far behind, or null. max_replication_lag 0 does not ask. */
function lagReason(row: ServerConfig, lagVerdicts: LagVerdicts, role: Role): string | null {
  const verdict = lagVerdicts.get(verdictName(row));
  if (role === 'writer' || !verdict?.isBeyond) return null;
  // Nobody can be newer than a replica whose source is gone, as long as nobody else takes writes.
  return verdict.isByTime && role === 'reader without writer' ? null : verdict.reason;
}
