import type { ServerKey } from '../base/ids.js';
import type { ServerObservation } from './observation.js';

/** mysql-writer_conflict: who takes writes while several servers of a pair accept them. */
export type WriterConflictAnswer = 'keep' | 'refuse' | 'all';

/** A server of a pair, as somebody who may be written to. */
export interface Candidate {
  readonly key: ServerKey;
  /** It has a row in the writer hostgroup. */
  readonly isConfiguredWriter: boolean;
  readonly presence: Presence;
  readonly readOnly: boolean | null;
  /** Pings in a row without an answer; null when it is offline by configuration, and not expected back. */
  readonly pingFailures: number | null;
}

/** unasked: no check has ended yet, which will be so for a moment only. */
export type Presence = 'here' | 'gone' | 'unasked';

/** The writer of a pair, as it is remembered. */
export interface KnownWriter {
  readonly key: ServerKey;
  /** It was read only or gone while nobody could follow: whoever is promoted meanwhile comes before it. */
  readonly isLapsed: boolean;
  /** Servers that had the role before and were not seen read only since: they may have missed all that was written after them. */
  readonly former: readonly ServerKey[];
  /** A former writer came back before it: the ping failures of the known one with which it counts as lost; null when nobody waits. */
  readonly lostAtFailures: number | null;
}

/** So many more pings must fail before a former writer takes the place of the known one, when all of them were gone together. */
const PINGS_PROVING_LOSS = 3;

export interface WriterChoice {
  /** Who has the role: it gets the writes or, when it is gone, is named in messages. */
  readonly writer: ServerKey | null;
  /** Servers that accept writes besides it. */
  readonly others: readonly ServerKey[];
  readonly known: KnownWriter | null;
}

/**
 * Connection errors of workers alone do not end a role: writes that move for a network's hiccup are lost for the old writer. When
 * pings fail too, it is gone.
 */
export function presenceOf(seen: ServerObservation, isOffline: boolean): Presence {
  if (isOffline || seen.health === 'down' || (seen.shun !== null && seen.pingFailures > 0)) return 'gone';
  return seen.health === 'unknown' && seen.readOnly === null ? 'unasked' : 'here';
}

/**
 * The known writer stays until it is gone or read only; then whoever accepts writes follows. ARCHITECTURE.md has this as a table.
 * Of several the first is one that was promoted, before the lapsed writer itself, before those that were writers before it; among
 * equals one configured as writer, then the order of mysql_servers.
 */
export function chooseWriter(candidates: readonly Candidate[], known: KnownWriter | null): WriterChoice {
  const writable = candidates.filter(isWritable);
  const holder = candidates.find(({ key }) => key === known?.key);
  if (holder !== undefined && known?.isLapsed === false && holder.presence !== 'gone' && holder.readOnly !== true) {
    const others = holder.presence === 'unasked' ? [] : writable.filter((candidate) => candidate !== holder);
    return { writer: holder.key, others: keysOf(others), known: { ...known, former: formerOf(candidates, known, holder.key) } };
  }
  const rank = (candidate: Candidate): number => rankOf(candidate, known);
  const [first, ...others] = [...writable].sort((a, b) => rank(a) - rank(b));
  if (first === undefined) return nobody(candidates, holder, known);
  const mayBeBetter = candidates.some((other) => other.presence === 'unasked' && rank(other) < rank(first));
  if (mayBeBetter) return { ...nobody(candidates, holder, known), writer: null };
  const lostAtFailures = rank(first) === FORMER_RANK && known?.isLapsed === true ? failuresOfLoss(holder, known) : null;
  if (lostAtFailures !== null) return withLoss(nobody(candidates, holder, known), lostAtFailures);
  return { writer: first.key, others: keysOf(others), known: knownAs(candidates, known, first.key, false) };
}

const isWritable = (candidate: Candidate): boolean => candidate.presence === 'here' && candidate.readOnly === false;

const keysOf = (candidates: readonly Candidate[]): ServerKey[] => candidates.map(({ key }) => key);

const FORMER_RANK = 3;

function rankOf({ key, isConfiguredWriter }: Candidate, known: KnownWriter | null): number {
  if (key === known?.key) return 2;
  if (known?.former.includes(key)) return FORMER_RANK;
  return isConfiguredWriter ? 0 : 1;
}

/** How many failures of the known writer make it lost, or null when it is not waited for. */
function failuresOfLoss(holder: Candidate | undefined, known: KnownWriter): number | null {
  if (holder === undefined || holder.readOnly === true || holder.pingFailures === null) return null;
  // Failures are counted anew after a restart of weir.
  const lostAt = Math.min(known.lostAtFailures ?? Number.POSITIVE_INFINITY, holder.pingFailures + PINGS_PROVING_LOSS);
  return holder.pingFailures < lostAt ? lostAt : null;
}

function withLoss(choice: WriterChoice, lostAtFailures: number): WriterChoice {
  return { ...choice, known: choice.known && { ...choice.known, lostAtFailures } };
}

function nobody(candidates: readonly Candidate[], holder: Candidate | undefined, known: KnownWriter | null): WriterChoice {
  const lost = candidates.find(({ presence, readOnly }) => presence === 'gone' && readOnly === false);
  const writer = holder !== undefined && holder.readOnly !== true ? holder : lost;
  const last = holder ?? lost;
  return { writer: writer?.key ?? null, others: [], known: last === undefined ? null : knownAs(candidates, known, last.key, true) };
}

function knownAs(candidates: readonly Candidate[], before: KnownWriter | null, key: ServerKey, isLapsed: boolean): KnownWriter {
  return { key, isLapsed, former: formerOf(candidates, before, key), lostAtFailures: null };
}

function formerOf(candidates: readonly Candidate[], before: KnownWriter | null, writer: ServerKey): ServerKey[] {
  const had = (key: ServerKey): boolean => key === before?.key || before?.former.includes(key) === true;
  return keysOf(candidates.filter(({ key, readOnly }) => key !== writer && readOnly !== true && had(key)));
}
