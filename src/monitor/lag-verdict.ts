import type { ServerKey } from '../base/ids.js';
import type { ServerConfig } from '../config/snapshot.js';
import type { ServerObservation } from './observation.js';

/** Whether one server is too far behind for one of its rows in mysql_servers. */
export interface LagVerdict {
  /** The look that it rests on; see ObservedLag.round. */
  readonly round: number;
  readonly limitSec: number;
  readonly isBeyond: boolean;
  /** Looks in a row that said the contrary. */
  readonly against: number;
  /** Why it is beyond, as it was when that began: a number that grows would be told anew with each look. '' when it is not. */
  readonly reason: string;
  /** The lag is time that has gone by, which says nothing while nobody can be written to. */
  readonly isByTime: boolean;
}

export type LagVerdicts = ReadonlyMap<string, LagVerdict>;

export const NO_VERDICTS: LagVerdicts = new Map();

export interface LagInput {
  readonly servers: readonly ServerConfig[];
  readonly observations: ReadonlyMap<ServerKey, ServerObservation>;
  /** mysql-monitor_slave_lag_when_null, seconds. */
  readonly lagWhenNullSec: number;
  /** mysql-monitor_replication_lag_count: looks in a row that change a verdict. */
  readonly lagCount: number;
}

export const verdictName = (row: Pick<ServerConfig, 'hostgroup' | 'key'>): string => `${row.hostgroup} ${row.key}`;

/** The next verdicts of all rows with a max_replication_lag. No I/O, no clock: the same look counts once, however often it is judged. */
export function judgeLag(input: LagInput, before: LagVerdicts): LagVerdicts {
  const verdicts = new Map<string, LagVerdict>();
  for (const row of input.servers) {
    if (row.maxReplicationLagSec === 0) continue;
    const verdict = judgeRow(input, row, before.get(verdictName(row)));
    if (verdict) verdicts.set(verdictName(row), verdict);
  }
  return verdicts;
}

function judgeRow(input: LagInput, row: ServerConfig, before: LagVerdict | undefined): LagVerdict | undefined {
  const round = input.observations.get(row.key)?.lag?.round;
  const limitSec = row.maxReplicationLagSec;
  const isKnown = before?.limitSec === limitSec;
  if (round === undefined) return isKnown ? before : undefined;
  if (isKnown && before.round === round) return before;
  // It is away or has just come back; the next look will tell.
  if (round === 0) return before && { ...before, round };
  const own = effectiveLag(input, row.key, new Set());
  const isBeyond = own.ms > limitSec * 1000;
  const reason = isBeyond ? `${own.reason} > ${limitSec} s` : '';
  const look = { round, limitSec, isByTime: own.isByTime };
  // The first look at a server decides at once: it has earned no trust yet.
  const against = isKnown && before.round > 0 && before.isBeyond !== isBeyond ? before.against + 1 : 0;
  if (isKnown && against > 0 && against < input.lagCount) return { ...before, ...look, against };
  const goesOn = isKnown && before.isBeyond && isBeyond && before.isByTime === own.isByTime && !own.isStopped;
  return { ...look, isBeyond, against: 0, reason: goesOn ? before.reason : reason };
}

interface EffectiveLag {
  readonly ms: number;
  readonly reason: string;
  readonly isByTime: boolean;
  readonly isStopped: boolean;
}

/**
 * A replica has no more than its source has, and a number that tells only how far it is behind that source comes on top. A server that takes writes is where the data
 * begins, whatever it replicates besides.
 */
function effectiveLag(input: LagInput, key: ServerKey, asked: Set<ServerKey>): EffectiveLag {
  asked.add(key);
  const seen = input.observations.get(key);
  const own = ownLag(seen?.lag, input.lagWhenNullSec);
  const state = seen?.lag?.state;
  let worst = own;
  for (const source of seen?.lag?.sources ?? []) {
    const at = input.observations.get(source);
    if (asked.has(source) || at?.lag === undefined || at.readOnly === false) continue;
    const behind = effectiveLag(input, source, asked);
    const ms = behind.ms + (state?.kind === 'behind' && state.ofSource === true ? own.ms : 0);
    if (ms <= worst.ms) continue;
    const sum = ms > behind.ms ? `lag ${secondsText(ms)} s, of which ${secondsText(own.ms)} s behind ` : '';
    worst = { ...behind, ms, reason: `${sum}its source ${source}: ${behind.reason}` };
  }
  return worst;
}

function ownLag(lag: ServerObservation['lag'], lagWhenNullSec: number): EffectiveLag {
  const state = lag?.state ?? { kind: 'none' };
  const ms = lag?.ms ?? lagWhenNullSec * 1000;
  switch (state.kind) {
    case 'none':
      return { ms: 0, reason: '', isByTime: false, isStopped: false };
    case 'behind':
      return { ms, reason: `lag ${secondsText(ms)} s`, isByTime: state.byTime === true, isStopped: false };
    case 'connecting':
      return { ms, reason: `${state.reason} (counts as lag ${secondsText(ms)} s)`, isByTime: true, isStopped: false };
    case 'stopped':
      return { ms, reason: `${state.reason} (counts as lag ${secondsText(ms)} s)`, isByTime: false, isStopped: true };
  }
}

/** Rounded up to three places, so that what is beyond a limit looks so. */
const secondsText = (ms: number): string => String(Math.ceil(ms) / 1000);
