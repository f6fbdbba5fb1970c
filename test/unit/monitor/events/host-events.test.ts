import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hostgroupId, type ServerKey, serverKey } from '../../../../src/base/ids.js';
import type { HostTable, Placement, ReplicationPair, ServerStatus } from '../../../../src/config/snapshot.js';
import { hostEvents, type Situation } from '../../../../src/monitor/events/host-events.js';
import { NOTHING_OBSERVED, type ServerObservation } from '../../../../src/monitor/observation.js';

interface Case {
  readonly about: string;
  /** `WRITER/READER`, as configured at the end. */
  readonly pairs: readonly string[];
  /** `HOSTGROUP NAME STATE[ REASON]` */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Names of the writer and the others, one conflict of the first pair each, kept writing to the first. */
  readonly conflict?: readonly string[];
  /** By server name. */
  readonly see?: Readonly<Record<string, Partial<ServerObservation>>>;
  /** Kind, server, hostgroups, from, to, reason: what a hook program is called with. */
  readonly events: readonly (readonly string[])[];
}

function placementOf(text: string): Placement {
  const [hostgroup, name, status, ...reason] = text.split(' ');
  const place = { hostgroup: hostgroupId(Number(hostgroup)), hostname: name!, port: 3306, key: serverKey(name!, 3306) };
  const limits = { weight: 1, maxConnections: 10, useSsl: false, unreachable: false };
  const shown = { status: status!.replace('_UNUSED', '') as ServerStatus, serves: status === 'ONLINE', reason: reason.join(' ') };
  return { ...place, ...limits, ...shown };
}

const tableOf = (version: number, placements: readonly string[]): HostTable =>
  ({ version, placements: placements.map(placementOf), identity: {} }) as unknown as HostTable;

function pairOf(text: string): ReplicationPair {
  const [writer, reader] = text.split('/');
  return { writer: hostgroupId(Number(writer)), reader: hostgroupId(Number(reader)), checkType: 'read_only' };
}

const folder = new URL('../../../cases/events/', import.meta.url);

describe('events between two host tables', () => {
  for (const file of readdirSync(folder)) {
    const story = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case;
    it(`${file}: ${story.about}`, () => {
      const seen = Object.entries(story.see ?? {}).map(([name, fields]): [ServerKey, ServerObservation] => [
        serverKey(name, 3306),
        { ...NOTHING_OBSERVED, ...fields },
      ]);
      const known = { pairs: story.pairs.map(pairOf), observations: new Map(seen) };
      const [writer, ...others] = (story.conflict ?? []).map((name) => serverKey(name, 3306));
      const conflict = writer && { pair: story.pairs[0]!, writer, others, answer: 'keep' as const };
      const before: Situation = { ...known, table: tableOf(1, story.before), conflicts: [] };
      const after: Situation = { ...known, table: tableOf(2, story.after), conflicts: conflict ? [conflict] : [] };
      const events = hostEvents(before, after);
      expect(
        events.map(({ kind, server, hostgroups, from, to, reason }) => [kind, server, hostgroups.join(','), from, to, reason]),
      ).toEqual(story.events);
      expect(hostEvents(after, { ...after, table: tableOf(3, story.after) }), 'the same again').toEqual([]);
    });
  }
});
