import type { ServerKey } from '../base/ids.js';
import type { Placement, ReplicationPair, ServerConfig } from '../config/snapshot.js';
import { type LagVerdicts, verdictName } from './lag-verdict.js';
import { NOTHING_OBSERVED, type ServerObservation } from './observation.js';

/** What decisions must remember beyond the observations; plain data, kept in the datadir over restarts. */
export interface PlacementMemory {
  /** The server that is the writer of a pair, by `writer/reader` hostgroups. */
  readonly writers: Readonly<Record<string, ServerKey>>;
  /** Servers that were readers of a pair because they were read only, as `writer/reader key`. */
  readonly readers: readonly string[];
}

export const NO_MEMORY: PlacementMemory = { writers: {}, readers: [] };

export interface PlacementInput {
  readonly servers: readonly ServerConfig[];
  readonly pairs: readonly ReplicationPair[];
  readonly writerIsAlsoReader: boolean;
  readonly lagVerdicts: LagVerdicts;
  readonly observations: ReadonlyMap<ServerKey, ServerObservation>;
  readonly memory: PlacementMemory;
}

/** Several servers of a pair accept writes. */
export interface WriterConflict {
  readonly pair: string;
  /** The one that weir goes on to write to. */
  readonly writer: ServerKey;
  readonly others: readonly ServerKey[];
}

export interface PlacementDecision {
  readonly placements: readonly Placement[];
  readonly memory: PlacementMemory;
  readonly conflicts: readonly WriterConflict[];
}

/** One server in one pair: its rows, as configured, and what is known of it. */
interface Member {
  readonly key: ServerKey;
  readonly writerRow: ServerConfig | undefined;
  readonly readerRow: ServerConfig | undefined;
  readonly seen: ServerObservation;
}

export const pairName = (pair: ReplicationPair): string => `${pair.writer}/${pair.reader}`;

/** Decides where each server stands and how: configuration, read_only, health and lag in, rows of the host table out. No I/O, no clock. */
export function decidePlacements(input: PlacementInput): PlacementDecision {
  const paired = new Set(input.pairs.flatMap((pair) => [pair.writer, pair.reader]));
  const placements = input.servers
    .filter((row) => !paired.has(row.hostgroup))
    .map((row) => place(row, row.hostgroup, statusOf(row, observationOf(input, row.key), input, 'reader')));
  const writers: Record<string, ServerKey> = {};
  const readers: string[] = [];
  const conflicts: WriterConflict[] = [];
  for (const pair of input.pairs) {
    const members = membersOf(input, pair);
    const { writer, others } = chooseWriter(members, input.memory.writers[pairName(pair)]);
    if (writer !== null) writers[pairName(pair)] = writer;
    if (writer !== null && others.length > 0) conflicts.push({ pair: pairName(pair), writer, others });
    const reader = members.some(takesWrites) ? 'reader' : 'reader without writer';
    for (const member of members) {
      const note = `${pairName(pair)} ${member.key}`;
      const wasReader = input.memory.readers.includes(note) || member.seen.readOnly === true;
      if (wasReader) readers.push(note);
      placements.push(...placeMember(input, pair, member, writer, wasReader, reader));
    }
  }
  return { placements: withoutDuplicates(placements), memory: { writers, readers }, conflicts };
}

function membersOf(input: PlacementInput, pair: ReplicationPair): Member[] {
  const rowOf = (key: ServerKey, hostgroup: number): ServerConfig | undefined =>
    input.servers.find((row) => row.key === key && row.hostgroup === hostgroup);
  const keys = new Set(
    [pair.writer, pair.reader].flatMap((hostgroup) => input.servers.filter((row) => row.hostgroup === hostgroup).map((row) => row.key)),
  );
  return [...keys].map((key) => ({
    key,
    writerRow: rowOf(key, pair.writer),
    readerRow: rowOf(key, pair.reader),
    seen: observationOf(input, key),
  }));
}

const observationOf = (input: PlacementInput, key: ServerKey): ServerObservation => input.observations.get(key) ?? NOTHING_OBSERVED;

/**
 * The writer stays as long as it accepts writes and lives. Another one follows when it does not; of several, one configured
 * in the writer hostgroup first. When nobody can be written to, a writer that is only unreachable keeps its role, so that messages name it.
 */
function chooseWriter(members: readonly Member[], known: ServerKey | undefined): { writer: ServerKey | null; others: ServerKey[] } {
  const usable = members.filter((member) => member.seen.readOnly === false && member.seen.health !== 'down' && !isOffline(member));
  const keys = usable.map((member) => member.key);
  if (keys.length === 0) {
    const lost =
      members.find((member) => member.key === known && member.seen.readOnly !== true) ??
      members.find((member) => member.seen.readOnly === false);
    return { writer: lost?.key ?? null, others: [] };
  }
  const writer = known !== undefined && keys.includes(known) ? known : (usable.find((member) => member.writerRow) ?? usable[0]!).key;
  return { writer, others: keys.filter((key) => key !== writer) };
}

/** Whether anybody can write to it through weir right now; a server that hides read_only is what it is configured as. */
function takesWrites(member: Member): boolean {
  const { health, shun, readOnly } = member.seen;
  if (health !== 'up' || shun !== null || isOffline(member)) return false;
  return readOnly === false || (readOnly === null && member.writerRow !== undefined);
}

const isOffline = (member: Member): boolean => (member.writerRow ?? member.readerRow)?.status === 'OFFLINE_HARD';

/** Where a member of a pair stands; as in ProxySQL, with one writer at most among those that say read_only=0. */
function placeMember(
  input: PlacementInput,
  pair: ReplicationPair,
  member: Member,
  writer: ServerKey | null,
  wasReader: boolean,
  reader: Role,
): Placement[] {
  const { writerRow, readerRow, seen } = member;
  const asWriter = (row: ServerConfig): Placement => place(row, pair.writer, statusOf(row, seen, input, 'writer'));
  const asReader = (row: ServerConfig, role: Role): Placement => place(row, pair.reader, statusOf(row, seen, input, role));
  const anyRow = (writerRow ?? readerRow)!;
  const configuredReader = readerRow ? [asReader(readerRow, reader)] : [];
  if (seen.readOnly === null) {
    // A monitor that is refused leaves roles as configured; one that has not asked yet does not add a writer to one that is known.
    const unsure = writer !== null && writer !== member.key && seen.refusal === '';
    const standing = (row: ServerConfig): Standing =>
      unsure ? leftOut(row, seen, input, `read_only is not known yet, ${writer} is the writer`) : statusOf(row, seen, input, 'writer');
    return [...(writerRow ? [place(writerRow, pair.writer, standing(writerRow))] : []), ...configuredReader];
  }
  if (seen.readOnly) return [asReader(readerRow ?? anyRow, reader)];
  if (member.key === writer) {
    const alsoReader = readerRow ? input.writerIsAlsoReader || writerRow !== undefined : wasReader && input.writerIsAlsoReader;
    return [asWriter(anyRow), ...(alsoReader ? [asReader(readerRow ?? anyRow, 'writer')] : [])];
  }
  const reason = `read_only is off, but ${writer} is the writer`;
  return [...(writerRow ? [place(writerRow, pair.writer, leftOut(writerRow, seen, input, reason))] : []), ...configuredReader];
}

/** For what a place is used; lag is judged by that. */
type Role = 'writer' | 'reader' | 'reader without writer';

interface Standing {
  readonly status: Placement['status'];
  readonly reason: string;
  /** Default false. */
  readonly unreachable?: boolean;
}

/** Not ONLINE in any case: for a reason of its own, or for `reason`. */
function leftOut(row: ServerConfig, seen: ServerObservation, input: PlacementInput, reason: string): Standing {
  const own = statusOf(row, seen, input, 'writer');
  return own.status === 'ONLINE' ? { status: 'SHUNNED', reason } : own;
}

function configuredOffline(row: ServerConfig): Standing | null {
  const { status } = row;
  return status === 'OFFLINE_SOFT' || status === 'OFFLINE_HARD' ? { status, reason: `configured ${status}` } : null;
}

/** SHUNNED in the configuration is a state that weir gave once, not a wish: such a server starts like an ONLINE one. */
function statusOf(row: ServerConfig, seen: ServerObservation, input: PlacementInput, role: Role): Standing {
  const configured = configuredOffline(row);
  if (configured) return seen.health === 'down' ? { ...configured, unreachable: true } : configured;
  if (seen.health === 'down') return { status: 'SHUNNED', reason: seen.healthReason, unreachable: true };
  if (seen.shun) return { status: 'SHUNNED', reason: seen.shun.reason };
  const lagging = lagReason(row, input, role);
  return lagging === null ? { status: 'ONLINE', reason: '' } : { status: 'SHUNNED', reason: lagging };
}

/** Why the server is too far behind, or null. max_replication_lag 0 does not ask. */
function lagReason(row: ServerConfig, input: PlacementInput, role: Role): string | null {
  const verdict = input.lagVerdicts.get(verdictName(row));
  if (role === 'writer' || !verdict?.isBeyond) return null;
  // Nobody can be newer than a replica whose source is gone, as long as nobody else takes writes.
  return verdict.isByTime && role === 'reader without writer' ? null : verdict.reason;
}

function place(row: ServerConfig, hostgroup: ServerConfig['hostgroup'], standing: Standing): Placement {
  const { hostname, port, key, weight, maxConnections, useSsl } = row;
  const { status, reason, unreachable = false } = standing;
  return { hostgroup, hostname, port, key, status, reason, unreachable, weight, maxConnections, useSsl };
}

/** A hostgroup may be the reader of one pair and the writer of another; the first to place a server there wins. */
function withoutDuplicates(placements: readonly Placement[]): Placement[] {
  const seen = new Set<string>();
  return placements.filter(({ hostgroup, key }) => {
    const name = `${hostgroup} ${key}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}
