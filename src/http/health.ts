import type { HttpSources } from './sources.js';

export interface HealthReport {
  readonly ok: boolean;
  /** Why not; empty when `ok`. */
  readonly problems: readonly string[];
}

/** Alive: every worker runs. A worker that is being started again is a problem for as long as it takes. */
export function liveness(sources: HttpSources): HealthReport {
  return report(sources.workers().flatMap(({ worker, running }) => (running ? [] : [`worker ${worker} is not running`])));
}

/** Ready for clients: both ports accept, the monitor has looked once, and each writer hostgroup has a server ONLINE that gets statements. */
export function readiness(sources: HttpSources): HealthReport {
  const problems = sources.workers().flatMap(({ worker, accepting }) => (accepting ? [] : [`worker ${worker} does not accept clients`]));
  if (!sources.adminAccepting()) problems.push('the admin port does not accept');
  if (!sources.firstRoundDone()) problems.push('the first monitor round has not ended');
  for (const hostgroup of sources.writerHostgroups()) {
    const placements = sources.hosts().placements.filter((placement) => placement.hostgroup === hostgroup);
    if (placements.some((placement) => placement.serves)) continue;
    const states = placements.map(({ key, status, reason }) => `${key} ${status}${reason ? `: ${reason}` : ''}`);
    problems.push(`no server online in hostgroup ${hostgroup} (${states.join('; ') || 'it has none'})`);
  }
  return report(problems);
}

const report = (problems: readonly string[]): HealthReport => ({ ok: problems.length === 0, problems });
