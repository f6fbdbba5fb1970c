import { describe, expect, it } from 'vitest';
import { hostgroupId, type ServerKey, serverKey } from '../../../src/base/ids.js';
import type { ServerConfig } from '../../../src/config/snapshot.js';
import { type ChannelRow, type LagReading, lagSeconds, readingOf } from '../../../src/monitor/checks/lag.js';
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
