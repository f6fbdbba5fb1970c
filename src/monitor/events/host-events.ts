import type { ServerKey } from '../../base/ids.js';
import type { HostTable, Placement, ReplicationPair } from '../../config/snapshot.js';
import type { ServerObservation } from '../observation.js';
import { pairName, type WriterConflict } from '../placement.js';
import type { ServerEvent, StandingState } from './event.js';

/** What the monitor knows and has decided at one moment. */
export interface Situation {
  readonly table: HostTable;
  readonly conflicts: readonly WriterConflict[];
  /** As configured. */
  readonly pairs: readonly ReplicationPair[];
  readonly observations: ReadonlyMap<ServerKey, ServerObservation>;
}

/**
 * What happened to servers between two situations. A server that changes alike in several hostgroups is one event; one that moves between
 * the hostgroups of a pair has neither left nor joined. Another reason for the same status is no event.
 */
export function hostEvents(before: Situation, after: Situation): ServerEvent[] {
  const [was, is] = [scopesOf(before, after.pairs), scopesOf(after, after.pairs)];
  const names = new Set([...was.keys(), ...is.keys()]);
  return mergeAlike(Array.from(names, (name) => scopeEvents(was.get(name), is.get(name), after.observations)).flat());
}

/** Where a server stands in a pair, or in a hostgroup outside of pairs. */
interface Scope {
  readonly role: 'writer' | 'reader' | null;
  /** The first is that of the writer hostgroup, if it stands there. */
  readonly placements: readonly [Placement, ...Placement[]];
}

function scopesOf({ table, conflicts }: Situation, pairs: readonly ReplicationPair[]): Map<string, Scope> {
  const scopes = new Map<string, Scope>();
  for (const placement of table.placements) {
    const { hostgroup, key } = placement;
    const pair = pairs.find(({ writer, reader }) => hostgroup === writer || hostgroup === reader);
    const name = pair ? `${key} ${pairName(pair)}` : `${key} ${hostgroup}`;
    const known = scopes.get(name)?.placements ?? [];
    const placements = (hostgroup === pair?.writer ? [placement, ...known] : [...known, placement]) as [Placement, ...Placement[]];
    scopes.set(name, { role: pair ? roleOf(placements[0], pair, conflicts) : null, placements });
  }
  return scopes;
}

/** Whoever stands in the writer hostgroup only to be left out there, since another one is the writer, is none. */
function roleOf({ hostgroup, key }: Placement, pair: ReplicationPair, conflicts: readonly WriterConflict[]): 'writer' | 'reader' {
  const lostTo = conflicts.find(
    (conflict) => conflict.pair === pairName(pair) && conflict.answer !== 'all' && conflict.others.includes(key),
  );
  return hostgroup === pair.writer && lostTo === undefined ? 'writer' : 'reader';
}

function scopeEvents(was: Scope | undefined, is: Scope | undefined, observations: Situation['observations']): ServerEvent[] {
  if (is === undefined) return was?.placements.map(leftEvent) ?? [];
  if (was === undefined) return is.placements.map(joinedEvent);
  const stayed = is.placements.filter((placement) => inHostgroup(was, placement) !== undefined);
  const moved = stayed.length === 0 ? is.placements : stayed;
  const changes = moved.map((placement) => statusEvent(inHostgroup(was, placement) ?? was.placements[0], placement));
  const role = was.role !== is.role ? roleEvent(was.role, is, observations) : null;
  return [...changes, role].filter((event) => event !== null);
}

const inHostgroup = ({ placements }: Scope, { hostgroup }: Placement): Placement | undefined =>
  placements.find((placement) => placement.hostgroup === hostgroup);

const stateOf = ({ status, serves }: Placement): StandingState => (status === 'ONLINE' && !serves ? 'ONLINE_UNUSED' : status);

const joinedEvent = (placement: Placement): ServerEvent => ({
  ...{ kind: 'joined', server: placement.key, hostgroups: [placement.hostgroup] },
  ...{ from: 'none', to: stateOf(placement), reason: placement.reason },
});

const leftEvent = (placement: Placement): ServerEvent => ({
  ...{ kind: 'left', server: placement.key, hostgroups: [placement.hostgroup], from: stateOf(placement), to: 'none', reason: '' },
});

function statusEvent(was: Placement, is: Placement): ServerEvent | null {
  const { hostgroup, key: server, reason } = is;
  const [from, to] = [stateOf(was), stateOf(is)];
  if (from === to) return null;
  const change = { server, hostgroups: [hostgroup], from, to };
  const isRecovery = to === 'ONLINE' && (from === 'SHUNNED' || from === 'ONLINE_UNUSED');
  return isRecovery ? { ...change, kind: 'recovery', reason: was.reason } : { ...change, kind: 'status', reason };
}

function roleEvent(from: Scope['role'], { role, placements }: Scope, observations: Situation['observations']): ServerEvent {
  const server = placements[0].key;
  const hostgroups = placements.map(({ hostgroup }) => hostgroup);
  return { kind: 'role', server, hostgroups, from: from ?? 'none', to: role ?? 'none', reason: roleReason(role, observations.get(server)) };
}

function roleReason(role: Scope['role'], seen: ServerObservation | undefined): string {
  const readOnly = seen?.readOnly ?? null;
  if (readOnly === null) return 'as configured';
  if (role === 'writer') return readOnly ? 'as configured' : 'read_only is off';
  if (!readOnly) return 'another server is the writer';
  const timeouts = seen?.readOnlyTimeouts ?? 0;
  return timeouts > 0 ? `read_only was not answered in time, ${timeouts} times in a row` : 'read_only is on';
}

/** Hostgroups of events that say the same go together. */
function mergeAlike(events: readonly ServerEvent[]): ServerEvent[] {
  const merged = new Map<string, ServerEvent>();
  for (const event of events) {
    const { hostgroups, ...said } = event;
    const name = JSON.stringify(said);
    const all = new Set([...(merged.get(name)?.hostgroups ?? []), ...hostgroups]);
    merged.set(name, { ...event, hostgroups: [...all].sort((left, right) => left - right) });
  }
  return [...merged.values()];
}
