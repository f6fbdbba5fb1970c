import { describe, expect, it } from 'vitest';
import { hostgroupId, type ServerKey, serverKey } from '../../../src/base/ids.js';
import type { ServerConfig } from '../../../src/config/snapshot.js';
import { lagSeconds } from '../../../src/monitor/checks/lag.js';
import { type ApplierRow, exactLags } from '../../../src/monitor/checks/lag-applier.js';
import { type ChannelRow, type LagReading, readingOf } from '../../../src/monitor/checks/lag-channels.js';
import { heartbeatSql } from '../../../src/monitor/checks/lag-heartbeat.js';
import { judgeLag, NO_VERDICTS } from '../../../src/monitor/lag-verdict.js';
import { afterLag, afterPing, NOTHING_OBSERVED, type ServerObservation } from '../../../src/monitor/observation.js';

const good = { Replica_IO_Running: 'Yes', Replica_SQL_Running: 'Yes', Seconds_Behind_Source: 3, Source_Host: 'a', Source_Port: 3306 };
const goodOld = { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: 7, Master_Host: 'b', Master_Port: 3307 };

interface RowsCase {
  readonly about: string;
  readonly rows: readonly ChannelRow[];
  readonly lag: LagReading['lag'];
  readonly sources?: readonly string[];
}

const rowsCases: readonly RowsCase[] = [
  { about: 'no replica', rows: [], lag: { kind: 'none' } },
  { about: 'new names', rows: [good], lag: { kind: 'behind', ms: 3000 }, sources: ['a:3306'] },
  { about: 'old names', rows: [goodOld], lag: { kind: 'behind', ms: 7000 }, sources: ['b:3307'] },
  { about: 'the worst channel', rows: [goodOld, good], lag: { kind: 'behind', ms: 7000 }, sources: ['b:3307', 'a:3306'] },
  {
    about: 'a stopped SQL thread',
    rows: [{ ...goodOld, Slave_SQL_Running: 'No', Seconds_Behind_Master: null, Last_SQL_Error: '' }],
    lag: { kind: 'stopped', reason: 'replication SQL thread is stopped' },
    sources: ['b:3307'],
  },
  {
    about: 'a broken SQL thread, whatever the other thread does',
    rows: [{ ...good, Replica_SQL_Running: 'No', Replica_IO_Running: 'Connecting', Last_SQL_Error: "Duplicate\n  entry '1'" }],
    lag: { kind: 'stopped', reason: "replication SQL thread is stopped: Duplicate entry '1'" },
    sources: ['a:3306'],
  },
  {
    about: 'a stopped IO thread, though the server says lag 0',
    rows: [{ ...good, Replica_IO_Running: 'No', Seconds_Behind_Source: 0, Last_IO_Error: 'Got fatal error 1236' }],
    lag: { kind: 'stopped', reason: 'replication IO thread is stopped: Got fatal error 1236' },
    sources: ['a:3306'],
  },
  {
    about: 'a connection that is made anew',
    rows: [{ ...good, Replica_IO_Running: 'Connecting', Seconds_Behind_Source: null, Last_IO_Error: 'error connecting' }],
    lag: { kind: 'connecting', reason: 'replication is connecting to its source: error connecting' },
    sources: ['a:3306'],
  },
  {
    about: "MariaDB's Preparing",
    rows: [{ ...goodOld, Slave_IO_Running: 'Preparing', Seconds_Behind_Master: null }],
    lag: { kind: 'connecting', reason: 'replication is connecting to its source' },
    sources: ['b:3307'],
  },
  {
    about: 'one of two channels stopped, by its name',
    rows: [goodOld, { ...good, Channel_Name: 'east', Replica_SQL_Running: 'No' }],
    lag: { kind: 'stopped', reason: 'replication SQL thread is stopped (channel east)' },
    sources: ['b:3307', 'a:3306'],
  },
  {
    about: "Group Replication's own channels are not asked",
    rows: [{ ...good, Channel_Name: 'group_replication_recovery', Replica_IO_Running: 'No', Replica_SQL_Running: 'No' }],
    lag: { kind: 'none' },
  },
];

describe('what a server says of its replication', () => {
  for (const { about, rows, lag, sources = [] } of rowsCases)
    it(about, () => expect(readingOf(rows)).toEqual({ lag, sources: [...sources] }));

  it('is cut where an error is as long as a statement', () => {
    const { lag } = readingOf([{ ...good, Replica_SQL_Running: 'No', Last_SQL_Error: 'x'.repeat(5000) }]);
    expect(lag.kind === 'stopped' && lag.reason.length).toBeLessThan(300);
  });

  it('is shown in whole seconds, and not at all where there is no number', () => {
    expect(lagSeconds({ lag: { kind: 'behind', ms: 2999 }, sources: [] })).toBe(2);
    expect(lagSeconds({ lag: { kind: 'stopped', reason: '' }, sources: [] })).toBeNull();
  });
});

const NOW = 1_800_000_000;
const worker = (change: Partial<ApplierRow> = {}): ApplierRow => ({
  ...{ channel: '', now: `${NOW}.500000`, queuedCommit: NOW - 1, queuedAt: NOW, isQueuedApplied: 0, appliedCommit: 0, applyingCommit: 0 },
  ...change,
});

interface ApplierCase {
  readonly about: string;
  readonly rows: readonly ApplierRow[];
  readonly seconds?: number;
  readonly ms: number | null;
}

const applierCases: readonly ApplierCase[] = [
  { about: 'idle', rows: [worker({ isQueuedApplied: 1, queuedAt: NOW - 3600 }), worker({ isQueuedApplied: 1 })], ms: 0 },
  { about: 'idle without GTIDs', rows: [worker({ isQueuedApplied: null, appliedCommit: `${NOW - 1}.000000` })], ms: 0 },
  { about: 'idle since the start, nothing received', rows: [worker({ isQueuedApplied: null, queuedAt: 0, queuedCommit: 0 })], ms: null },
  { about: 'applying what came last', rows: [worker({ applyingCommit: NOW - 1 })], ms: 500 },
  {
    about: 'the oldest of several workers',
    rows: [worker({ applyingCommit: NOW - 1.25 }), worker({ applyingCommit: NOW - 8.75 }), worker()],
    ms: 8250,
  },
  { about: 'working though the last one is applied', rows: [worker({ isQueuedApplied: 1, applyingCommit: NOW - 3 })], ms: 2500 },
  { about: 'clocks that differ by an hour', rows: [worker({ queuedCommit: NOW + 3600, applyingCommit: NOW + 3598 })], ms: 2500 },
  { about: 'a delayed replica that waits', rows: [worker({ queuedAt: NOW - 4 })], seconds: 7, ms: 7000 },
  { about: 'received and not begun', rows: [worker({ queuedAt: NOW - 4 })], seconds: 0, ms: 4500 },
  { about: 'another channel', rows: [worker({ channel: 'east' })], ms: null },
  { about: 'no rights, no rows', rows: [], ms: null },
];

describe("the appliers' times", () => {
  for (const { about, rows, seconds = 0, ms } of applierCases) it(about, () => expect(exactLags(rows)('', seconds)).toBe(ms));

  it('stand for the seconds of a channel that is well, and of no other', () => {
    const exact = exactLags([worker({ applyingCommit: NOW - 1 })]);
    expect(readingOf([good], exact).lag).toEqual({ kind: 'behind', ms: 500, ofSource: true });
    expect(readingOf([{ ...good, Replica_SQL_Running: 'No' }], exact).lag.kind).toBe('stopped');
    expect(readingOf([{ ...good, Channel_Name: 'west' }], exact).lag).toEqual({ kind: 'behind', ms: 3000 });
  });
});

describe('a heartbeat', () => {
  it('is read from the table that is named, however it is quoted', () => {
    for (const name of ['percona.heartbeat', ' `percona`.`heartbeat` ', '`percona`.heartbeat'])
      expect(heartbeatSql(name)).toMatch(/ FROM `percona`\.`heartbeat`$/);
  });
});

describe('a replica that was away', () => {
  const key = serverKey('b', 3306);
  const row = { hostgroup: hostgroupId(20), key, maxReplicationLagSec: 10 } as ServerConfig;
  const look = (before: ServerObservation, ms: number, atMs: number): ServerObservation =>
    afterLag(before, { kind: 'ok', value: { lag: { kind: 'behind', ms }, sources: [] } }, atMs);
  const failed = { kind: 'failed', message: 'refused' } as const;

  it('is judged by its first look, whatever monitor_replication_lag_count says; what it told before does not count', () => {
    let verdicts = NO_VERDICTS;
    const judge = (seen: ServerObservation): boolean | undefined => {
      const observations = new Map<ServerKey, ServerObservation>([[key, seen]]);
      verdicts = judgeLag({ servers: [row], observations, lagWhenNullSec: 60, lagCount: 3 }, verdicts);
      return verdicts.get('20 b:3306')?.isBeyond;
    };
    let seen: ServerObservation = { ...NOTHING_OBSERVED, health: 'up' };
    expect(judge(seen)).toBeUndefined();
    seen = look(seen, 0, 0);
    expect(judge(seen)).toBe(false);
    seen = look(seen, 99_000, 1);
    expect([judge(seen), judge(seen), judge(seen)]).toEqual([false, false, false]);
    seen = afterPing(seen, failed, 1);
    expect([seen.health, judge(seen)]).toEqual(['down', false]);
    seen = look(seen, 99_000, 1);
    expect(judge(seen)).toBe(true);
    for (let good = 1; good <= 3; good++) {
      seen = look(seen, 0, 2);
      expect(judge(seen)).toBe(good < 3);
    }
  });

  it('is judged anew when its max_replication_lag changes', () => {
    const observations = new Map<ServerKey, ServerObservation>([[key, look(NOTHING_OBSERVED, 50_000, 0)]]);
    const input = { observations, lagWhenNullSec: 60, lagCount: 3 };
    const before = judgeLag({ ...input, servers: [row] }, NO_VERDICTS);
    expect(before.get('20 b:3306')?.isBeyond).toBe(true);
    const wider = judgeLag({ ...input, servers: [{ ...row, maxReplicationLagSec: 51 }] }, before);
    expect(wider.get('20 b:3306')?.isBeyond).toBe(false);
  });
});
