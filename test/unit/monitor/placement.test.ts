import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hostgroupId, type ServerKey, serverKey } from '../../../src/base/ids.js';
import type { ReplicationPair, ServerConfig, ServerStatus } from '../../../src/config/snapshot.js';
import type { Lag } from '../../../src/monitor/checks/lag-channels.js';
import { judgeLag, NO_VERDICTS } from '../../../src/monitor/lag-verdict.js';
import { judgeLatency, NOBODY_SLOW, withPingTime } from '../../../src/monitor/latency.js';
import { afterLag, NOTHING_OBSERVED, type ServerObservation } from '../../../src/monitor/observation.js';
import { decidePlacements, NO_MEMORY } from '../../../src/monitor/placement.js';
import type { WriterConflictAnswer } from '../../../src/monitor/writer-choice.js';

interface Case {
  readonly about: string;
  /** `HOSTGROUP NAME [STATUS] [lag=SECONDS] [latency=MS] [weight=WEIGHT]` */
  readonly servers: readonly string[];
  /** `WRITER/READER` */
  readonly pairs: readonly string[];
  readonly writerIsAlsoReader: boolean;
  /** mysql-writer_conflict, keep when absent. */
  readonly writerConflict?: WriterConflictAnswer;
  /** mysql-default_max_latency_ms, 1000 when absent. */
  readonly defaultMaxLatencyMs?: number;
  /** mysql-monitor_replication_lag_count, 1 when absent. */
  readonly lagCount?: number;
  readonly steps: readonly {
    /** The time, seconds. */
    readonly at?: number;
    /** What changes in the observations, by server name; `lag` is one look at it, `sources` the names of its sources, `pingMs` one ping. */
    readonly see: Readonly<
      Record<string, Partial<Omit<ServerObservation, 'lag'>> & { lag?: Lag; sources?: readonly string[]; pingMs?: number }>
    >;
    /** `HOSTGROUP NAME STATUS[ REASON]`, in any order; `ONLINE-` when it is ONLINE and does not serve. */
    readonly expect: readonly string[];
    readonly conflicts?: readonly string[];
  }[];
}

function serverOf(text: string): ServerConfig {
  const [hostgroup, name, ...rest] = text.split(' ');
  const limit = (name: string, otherwise: number): number =>
    Number(rest.find((word) => word.startsWith(`${name}=`))?.split('=')[1] ?? otherwise);
  const status = (rest.find((word) => !word.includes('=')) ?? 'ONLINE') as ServerStatus;
  const place = { hostgroup: hostgroupId(Number(hostgroup)), hostname: name!, port: 3306, key: serverKey(name!, 3306) };
  const limits = {
    weight: limit('weight', 1),
    maxConnections: 10,
    maxReplicationLagSec: limit('lag', 0),
    maxLatencyMs: limit('latency', 0),
  };
  return { ...place, ...limits, status, useSsl: false, comment: '' };
}

function pairOf(text: string): ReplicationPair {
  const [writer, reader] = text.split('/');
  return { writer: hostgroupId(Number(writer)), reader: hostgroupId(Number(reader)), checkType: 'read_only' };
}

const folder = new URL('../../cases/placement/', import.meta.url);

describe('placement', () => {
  for (const file of readdirSync(folder)) {
    const story = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case;
    it(`${file}: ${story.about}`, () => {
      const observations = new Map<ServerKey, ServerObservation>();
      let memory = NO_MEMORY;
      let lagVerdicts = NO_VERDICTS;
      let slow = NOBODY_SLOW;
      for (const step of story.steps) {
        for (const [name, { lag, sources = [], pingMs, ...seen }] of Object.entries(step.see)) {
          const key = serverKey(name, 3306);
          const before = { ...(observations.get(key) ?? NOTHING_OBSERVED), ...seen };
          const next = pingMs === undefined ? before : withPingTime(before, { kind: 'ok', value: pingMs });
          const reading = lag && { lag, sources: sources.map((source) => serverKey(source, 3306)) };
          observations.set(key, reading ? afterLag(next, { kind: 'ok', value: reading }, (step.at ?? 0) * 1000) : next);
        }
        const servers = story.servers.map(serverOf);
        const pairs = story.pairs.map(pairOf);
        const { writerIsAlsoReader, writerConflict = 'keep', defaultMaxLatencyMs = 1000 } = story;
        lagVerdicts = judgeLag({ servers, observations, lagWhenNullSec: 60, lagCount: story.lagCount ?? 1 }, lagVerdicts);
        slow = judgeLatency({ servers, observations, defaultMaxLatencyMs }, slow);
        const decision = decidePlacements({ servers, pairs, writerIsAlsoReader, writerConflict, lagVerdicts, slow, observations, memory });
        memory = JSON.parse(JSON.stringify(decision.memory)) as typeof memory;
        const lines = decision.placements.map((row) =>
          `${row.hostgroup} ${row.hostname} ${row.status}${row.serves === (row.status === 'ONLINE') ? '' : '-'} ${row.reason}`.trim(),
        );
        expect(lines.sort()).toEqual([...step.expect].sort());
        expect(decision.conflicts.map((each) => `${each.pair} ${each.writer} not ${each.others.join(' ')}`)).toEqual(step.conflicts ?? []);
      }
    });
  }
});
