import type { ServerKey } from '../base/ids.js';
import type { CheckName } from './check-log.js';
import type { CheckOutcome } from './check-result.js';
import type { Lag, LagReading } from './checks/lag-channels.js';
import type { Refusal } from './refusal.js';
import type { MonitorSettings } from './settings.js';

/** What is known of one server, from its checks and from what the workers reported. Values; each event makes the next one. */
export interface ServerObservation {
  /** unknown: no ping has ended yet. */
  readonly health: 'unknown' | 'up' | 'down';
  /** Why it is down; '' otherwise. */
  readonly healthReason: string;
  readonly pingFailures: number;
  /** Times of the last pings that succeeded, ms; see latency.ts. */
  readonly pingTimesMs: readonly number[];
  /** Left out after connection errors of the workers, until this time; null when it is not. */
  readonly shun: { readonly untilMs: number; readonly reason: string; readonly pingsSince: number } | null;
  /** Times of the workers' connection errors within the last second. */
  readonly faultTimesMs: readonly number[];
  /** Last answer; null when there was none yet. */
  readonly readOnly: boolean | null;
  readonly readOnlyTimeouts: number;
  /** It was known to take writes and then did not answer: it counts as read only, and nobody knows. */
  readonly isReadOnlyAssumed: boolean;
  /** By the last answer; undefined when there was none yet. */
  readonly lag: ObservedLag | undefined;
  /** Why the server keeps its role from the monitor; '' when it does not. */
  readonly refusal: string;
  /** The checks that the server refuses; only the check itself takes its refusal back, as each needs other rights. */
  readonly refusals: Refusals;
}

export type Refusals = Readonly<Partial<Record<CheckName, Refusal>>>;

export interface ObservedLag {
  /** Counts the looks that were answered; 0 while the server is away, so that the first look after that is known for one. */
  readonly round: number;
  readonly state: Lag;
  /** How far it is behind; null: nobody can say. */
  readonly ms: number | null;
  /** The last lag that the server itself could tell, and when. */
  readonly known: { readonly ms: number; readonly atMs: number } | null;
  readonly sources: readonly ServerKey[];
}

export const NOTHING_OBSERVED: ServerObservation = {
  health: 'unknown',
  healthReason: '',
  pingFailures: 0,
  pingTimesMs: [],
  shun: null,
  faultTimesMs: [],
  readOnly: null,
  readOnlyTimeouts: 0,
  isReadOnlyAssumed: false,
  lag: undefined,
  refusal: '',
  refusals: {},
};

/** What only counts towards the next change, and times of pings, which are judged apart. */
const COUNTS: ReadonlySet<keyof ServerObservation> = new Set(['readOnlyTimeouts', 'faultTimesMs', 'pingTimesMs']);

/** Whether nothing has changed that a decision can rest on, as with most checks: a decision looks at all servers. */
export function decidesTheSame(before: ServerObservation, next: ServerObservation): boolean {
  return (Object.keys(next) as (keyof ServerObservation)[]).every((name) => next[name] === before[name] || COUNTS.has(name));
}

/** Connection errors count together when they fall into this time, ms. */
const FAULT_WINDOW_MS = 1_000;
/** Pings of a shunned server that succeed in a row and end its shunning early. */
const PINGS_PROVING_HEALTH = 2;

/**
 * A ping ended. A server that refuses the monitor is alive, but nothing more is known of it. One that was never reached is out after
 * the first failure: there is no reason to believe in it. What weir itself has run out of says nothing.
 */
export function afterPing(before: ServerObservation, outcome: CheckOutcome<unknown>, maxFailures: number): ServerObservation {
  if (outcome.kind === 'exhausted') return before;
  if (outcome.kind === 'ok' || outcome.kind === 'refused') {
    const shun = outcome.kind === 'ok' ? shunAfterGoodPing(before.shun) : before.shun;
    return withRefusal({ ...before, health: 'up', healthReason: '', pingFailures: 0, shun }, 'ping', outcome);
  }
  const pingFailures = before.pingFailures + 1;
  const shun = before.shun && { ...before.shun, pingsSince: 0 };
  if (before.health === 'up' && pingFailures < maxFailures) return { ...before, pingFailures, shun };
  // The reason of the first failure stays: it is shown and logged, and a count would change it each time.
  if (before.health === 'down') return { ...before, pingFailures, shun };
  const healthReason = `ping failed ${pingFailures === 1 ? 'once' : `${pingFailures} times`}: ${outcome.message}`;
  return { ...before, pingFailures, shun, health: 'down', healthReason, lag: before.lag && { ...before.lag, round: 0 } };
}

function shunAfterGoodPing(shun: ServerObservation['shun']): ServerObservation['shun'] {
  if (shun === null) return null;
  const pingsSince = shun.pingsSince + 1;
  return pingsSince >= PINGS_PROVING_HEALTH ? null : { ...shun, pingsSince };
}

/** Whether the answer makes a writer of a reader or a reader of a writer; the first answer of a server does neither. */
export function changesRole(before: ServerObservation, outcome: CheckOutcome<boolean>): outcome is { kind: 'ok'; value: boolean } {
  return outcome.kind === 'ok' && before.readOnly !== null && outcome.value !== before.readOnly;
}

/** One answer alone changes no role: a second look right away must say the same, else that one counts. */
export async function confirmed(
  look: () => Promise<CheckOutcome<boolean>>,
  changes: (outcome: CheckOutcome<boolean>) => boolean,
): Promise<CheckOutcome<boolean>> {
  const first = await look();
  return changes(first) ? look() : first;
}

/** A fresh login ended: what it says of the server's health, pings say sooner. */
export function afterConnect(before: ServerObservation, outcome: CheckOutcome<unknown>): ServerObservation {
  return withRefusal(before, 'connect', outcome);
}

/** Notes or takes back that the check is refused; a check that learned nothing leaves it as it was. */
function withRefusal(before: ServerObservation, check: CheckName, outcome: CheckOutcome<unknown>): ServerObservation {
  if (outcome.kind === 'ok' ? before.refusals[check] === undefined : outcome.kind !== 'refused') return before;
  const known = before.refusals[check];
  if (outcome.kind === 'refused' && known?.errno === outcome.errno && known.message === outcome.message) return before;
  const refusals: Partial<Record<CheckName, Refusal>> = { ...before.refusals };
  delete refusals[check];
  if (outcome.kind === 'refused') {
    const { cause, errno, message } = outcome;
    refusals[check] = { cause, errno, message };
  }
  return { ...before, refusals, refusal: (refusals.ping ?? refusals.read_only)?.message ?? '' };
}

/** A read_only check ended. Too many timeouts in a row count as read only, as in ProxySQL; other failures leave what was known. */
export function afterReadOnly(before: ServerObservation, outcome: CheckOutcome<boolean>, maxTimeouts: number): ServerObservation {
  switch (outcome.kind) {
    case 'ok':
      return withRefusal({ ...before, readOnly: outcome.value, readOnlyTimeouts: 0, isReadOnlyAssumed: false }, 'read_only', outcome);
    case 'timeout': {
      const readOnlyTimeouts = before.readOnlyTimeouts + 1;
      const isAssumed = before.readOnly === false && readOnlyTimeouts >= maxTimeouts;
      return isAssumed ? { ...before, readOnly: true, readOnlyTimeouts, isReadOnlyAssumed: true } : { ...before, readOnlyTimeouts };
    }
    case 'refused':
      return withRefusal({ ...before, readOnlyTimeouts: 0 }, 'read_only', outcome);
    case 'failed':
      return { ...before, readOnlyTimeouts: 0 };
    case 'exhausted':
      return before;
  }
}

/**
 * A lag check ended; without an answer the last one stands. While replication is only connecting, the replica falls behind as time
 * goes by: at most the last known lag and the time since then.
 */
export function afterLag(before: ServerObservation, outcome: CheckOutcome<LagReading>, nowMs: number): ServerObservation {
  const told = withRefusal(before, 'replication_lag', outcome);
  return outcome.kind === 'ok' ? withLag(told, outcome.value, nowMs) : told;
}

function withLag(before: ServerObservation, { lag: state, sources }: LagReading, nowMs: number): ServerObservation {
  const round = (before.lag?.round ?? 0) + 1;
  const known = before.lag?.known ?? null;
  switch (state.kind) {
    case 'none':
      return { ...before, lag: { round, state, ms: 0, known: null, sources } };
    case 'behind':
      return { ...before, lag: { round, state, ms: state.ms, known: { ms: state.ms, atMs: nowMs }, sources } };
    case 'connecting':
      return { ...before, lag: { round, state, ms: known && known.ms + nowMs - known.atMs, known, sources } };
    case 'stopped':
      return { ...before, lag: { round, state, ms: null, known, sources } };
  }
}

/** Faults as the workers report them; the link's BackendFault has this shape. */
export interface ObservedFault {
  readonly phase: 'connect' | 'handshake' | 'authentication' | 'query' | 'idle';
  /** errno of the server's ERR packet, or 0. */
  readonly errno: number;
  readonly message: string;
}

/** Whether the fault speaks against the server: a failed connection does, a refused account or a lost connection does not. */
export function isConnectFailure(fault: ObservedFault): boolean {
  return (fault.phase === 'connect' || fault.phase === 'handshake' || fault.phase === 'authentication') && fault.errno === 0;
}

/** A worker could not connect: enough of these within a second shun the server. */
export function afterConnectFailure(
  before: ServerObservation,
  fault: ObservedFault,
  nowMs: number,
  settings: MonitorSettings,
): ServerObservation {
  const recent = [...before.faultTimesMs.filter((time) => nowMs - time < FAULT_WINDOW_MS), nowMs];
  if (settings.shunOnFailures === 0 || recent.length < settings.shunOnFailures) return { ...before, faultTimesMs: recent };
  const reason = `${recent.length} connection errors within 1 s: ${fault.message}`;
  return { ...before, faultTimesMs: [], shun: { untilMs: nowMs + settings.shunRecoveryMs, reason, pingsSince: 0 } };
}

/** Ends a shunning whose time is over. */
export function afterTime(before: ServerObservation, nowMs: number): ServerObservation {
  return before.shun && nowMs >= before.shun.untilMs ? { ...before, shun: null } : before;
}
