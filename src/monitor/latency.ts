import type { ServerKey } from '../base/ids.js';
import type { ServerConfig } from '../config/snapshot.js';
import type { CheckOutcome } from './check-result.js';
import { verdictName } from './lag-verdict.js';
import type { ServerObservation } from './observation.js';

/** Pings whose mean is the latency of a server, as in ProxySQL. */
const PINGS_OF_MEAN = 3;
/** A server that was too slow serves again below this share of its limit; one that stands at its limit would come and go. */
const SHARE_OF_RETURN = 0.8;

export interface Slowness {
  readonly limitMs: number;
  /** As it was when that began: a number that changes would be told anew with each ping. */
  readonly reason: string;
}

/** The rows of mysql_servers whose server is too slow for them, by `verdictName`. */
export type SlowServers = ReadonlyMap<string, Slowness>;

export const NOBODY_SLOW: SlowServers = new Map();

export interface LatencyInput {
  readonly servers: readonly ServerConfig[];
  readonly observations: ReadonlyMap<ServerKey, ServerObservation>;
  /** mysql-default_max_latency_ms; 0 is no limit. */
  readonly defaultMaxLatencyMs: number;
}

/** Keeps the times of the last pings, `value` in ms. One that failed tells no time; a server that was down begins anew. */
export function withPingTime(before: ServerObservation, outcome: CheckOutcome<number>): ServerObservation {
  if (before.health === 'down') return before.pingTimesMs.length === 0 ? before : { ...before, pingTimesMs: [] };
  return outcome.kind === 'ok' ? { ...before, pingTimesMs: [...before.pingTimesMs, outcome.value].slice(-PINGS_OF_MEAN) } : before;
}

/** Who is too slow now. No I/O, no clock. */
export function judgeLatency(input: LatencyInput, before: SlowServers): SlowServers {
  const slow = new Map<string, Slowness>();
  for (const row of input.servers) {
    const name = verdictName(row);
    const slowness = slownessOf(input, row, before.get(name));
    if (slowness) slow.set(name, slowness);
  }
  return slow;
}

function slownessOf(input: LatencyInput, row: ServerConfig, before: Slowness | undefined): Slowness | undefined {
  const limitMs = row.maxLatencyMs === 0 ? input.defaultMaxLatencyMs : row.maxLatencyMs;
  if (limitMs === 0) return undefined;
  const was = before?.limitMs === limitMs ? before : undefined;
  const timesMs = input.observations.get(row.key)?.pingTimesMs ?? [];
  if (timesMs.length === 0) return was;
  const meanMs = timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length;
  if (meanMs <= (was ? limitMs * SHARE_OF_RETURN : limitMs)) return undefined;
  return was ?? { limitMs, reason: `latency ${Math.ceil(meanMs * 10) / 10} ms > ${limitMs} ms` };
}
