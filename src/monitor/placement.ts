import type { ServerKey } from '../base/ids.js';
import type { Placement, ReplicationPair, ServerConfig } from '../config/snapshot.js';
import type { LagVerdicts } from './lag-verdict.js';
import type { SlowServers } from './latency.js';
import { NOTHING_OBSERVED, type ServerObservation } from './observation.js';
import { leftOut, noted, place, type Role, type Standing, standingOf } from './standing.js';
import {
  type Candidate,
  chooseWriter,
  type KnownWriter,
  presenceOf,
  type WriterChoice,
  type WriterConflictAnswer,
} from './writer-choice.js';

/** What decisions must remember beyond the observations; plain data, kept in the datadir over restarts. */
export interface PlacementMemory {
  /** The server that is the writer of a pair, or was the last one, by `writer/reader` hostgroups. */
  readonly writers: Readonly<Record<string, KnownWriter>>;
  /** Servers that were readers of a pair because they were read only, as `writer/reader key`. */
  readonly readers: readonly string[];
}

export const NO_MEMORY: PlacementMemory = { writers: {}, readers: [] };

export interface PlacementInput {
  readonly servers: readonly ServerConfig[];
  readonly pairs: readonly ReplicationPair[];
  readonly writerIsAlsoReader: boolean;
  readonly writerConflict: WriterConflictAnswer;
  readonly lagVerdicts: LagVerdicts;
  readonly slow: SlowServers;
  readonly observations: ReadonlyMap<ServerKey, ServerObservation>;
  readonly memory: PlacementMemory;
}

/** Several servers of a pair accept writes. */
export interface WriterConflict {
  readonly pair: string;
  /** The known writer. */
  readonly writer: ServerKey;
  readonly others: readonly ServerKey[];
  readonly answer: WriterConflictAnswer;
}

export interface PlacementDecision {
  readonly placements: readonly Placement[];
  readonly memory: PlacementMemory;
  readonly conflicts: readonly WriterConflict[];
}

export const NO_DECISION: PlacementDecision = { placements: [], memory: NO_MEMORY, conflicts: [] };

/** One server in one pair: its rows, as configured, and what is known of it. */
interface Member extends Candidate {
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
    .map((row) => place(row, row.hostgroup, standingOf(row, observationOf(input, row.key), input, 'reader')));
  const writers: Record<string, KnownWriter> = {};
  const readers: string[] = [];
  const conflicts: WriterConflict[] = [];
  for (const pair of input.pairs) {
    const name = pairName(pair);
    const members = membersOf(input, pair);
    const choice = chooseWriter(members, input.memory.writers[name] ?? null);
    if (choice.known) writers[name] = choice.known;
    const conflict = conflictOf(input, name, choice);
    if (conflict) conflicts.push(conflict);
    const reader = members.some(takesWrites) ? 'reader' : 'reader without writer';
    for (const member of members) {
      const note = `${name} ${member.key}`;
      const wasReader = input.memory.readers.includes(note) || isKnownReader(member);
      if (wasReader) readers.push(note);
      const isSpared = member.seen.isReadOnlyAssumed && members.some(isReader);
      placements.push(...placeMember({ input, pair, writer: choice.writer, conflict, wasReader, reader, isSpared }, member));
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
  return [...keys].map((key) => {
    const [writerRow, readerRow] = [rowOf(key, pair.writer), rowOf(key, pair.reader)];
    const seen = observationOf(input, key);
    const offline = isOffline((writerRow ?? readerRow)!);
    const presence = presenceOf(seen, offline);
    const pingFailures = offline ? null : seen.pingFailures;
    return {
      key,
      writerRow,
      readerRow,
      seen,
      presence,
      pingFailures,
      readOnly: seen.readOnly,
      isConfiguredWriter: writerRow !== undefined,
    };
  });
}

const observationOf = (input: PlacementInput, key: ServerKey): ServerObservation => input.observations.get(key) ?? NOTHING_OBSERVED;

/** It gets no new statement, though transactions may go on there: another one may follow it. */
const isOffline = ({ status }: ServerConfig): boolean => status === 'OFFLINE_SOFT' || status === 'OFFLINE_HARD';

function conflictOf({ writerConflict: answer }: PlacementInput, pair: string, { writer, others }: WriterChoice): WriterConflict | null {
  return writer === null || others.length === 0 ? null : { pair, writer, others, answer };
}

/** Whether anybody can write to it through weir right now; a server that hides read_only is what it is configured as. */
function takesWrites({ presence, seen, readOnly, isConfiguredWriter }: Member): boolean {
  if (presence !== 'here' || seen.health !== 'up' || seen.shun !== null) return false;
  return readOnly === false || (readOnly === null && isConfiguredWriter);
}

const isKnownReader = ({ seen }: Member): boolean => seen.readOnly === true && !seen.isReadOnlyAssumed;

const isReader = (member: Member): boolean =>
  member.presence === 'here' && member.seen.health === 'up' && member.seen.shun === null && isKnownReader(member);

const NO_ANSWER = 'it took writes, and read_only was not answered in time since';

/** What was decided for a pair, and what one of its members was. */
interface MemberPlacing {
  readonly input: PlacementInput;
  readonly pair: ReplicationPair;
  readonly writer: ServerKey | null;
  readonly conflict: WriterConflict | null;
  readonly wasReader: boolean;
  readonly reader: Role;
  /** It does not answer, and there are others for the reads. */
  readonly isSpared: boolean;
}

/** Where a member of a pair stands, as in ProxySQL; who of several that say read_only=0 takes writes is up to writer_conflict. */
function placeMember(placing: MemberPlacing, member: Member): Placement[] {
  const { input, pair, writer, wasReader, reader } = placing;
  const { key, writerRow, readerRow, seen } = member;
  const standing = (row: ServerConfig, role: Role): Standing => standingOf(row, seen, input, role);
  const asReader = (row: ServerConfig, role: Role): Placement => place(row, pair.reader, standing(row, role));
  const anyRow = (writerRow ?? readerRow)!;
  const configuredReader = readerRow ? [asReader(readerRow, reader)] : [];
  const writerAs = (row: ServerConfig | undefined, change: (own: Standing) => Standing): Placement[] =>
    row ? [place(row, pair.writer, change(standing(row, 'writer')))] : [];

  if (seen.readOnly === null) {
    // A monitor that is refused leaves roles as configured; one that has not asked yet does not add a writer to one that is known.
    const isUnsure = writer !== null && writer !== key && seen.refusal === '';
    const reason = `read_only is not known yet, ${writer} is the writer`;
    return [...writerAs(writerRow, (own) => (isUnsure ? leftOut(own, reason) : own)), ...configuredReader];
  }
  if (seen.readOnly) {
    const own = standing(readerRow ?? anyRow, reader);
    return [place(readerRow ?? anyRow, pair.reader, placing.isSpared ? leftOut(own, NO_ANSWER) : own)];
  }
  if (takesRole(placing, key)) {
    const isAlsoReader = readerRow ? input.writerIsAlsoReader || writerRow !== undefined : wasReader && input.writerIsAlsoReader;
    const readerPlace = isAlsoReader ? [asReader(readerRow ?? anyRow, 'writer')] : [];
    return [...writerAs(anyRow, (own) => inConflict(own, placing.conflict)), ...readerPlace];
  }
  return [...writerAs(writerRow, (own) => leftOut(own, whyNoWriter(placing, key))), ...configuredReader];
}

function takesRole({ writer, conflict }: MemberPlacing, key: ServerKey): boolean {
  return key === writer || (conflict?.answer === 'all' && conflict.others.includes(key));
}

function whyNoWriter({ writer, conflict }: MemberPlacing, key: ServerKey): string {
  if (conflict?.answer === 'refuse' && conflict.others.includes(key)) return conflictText(conflict);
  return writer === null ? 'read_only is off, but others have not been asked yet' : `read_only is off, but ${writer} is the writer`;
}

function inConflict(own: Standing, conflict: WriterConflict | null): Standing {
  if (conflict === null) return own;
  return conflict.answer === 'refuse' ? leftOut(own, conflictText(conflict)) : noted(own, conflictText(conflict));
}

const conflictText = ({ writer, others, answer }: WriterConflict): string =>
  `writer conflict: ${[writer, ...others].join(' and ')} accept writes (mysql-writer_conflict=${answer})`;

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
