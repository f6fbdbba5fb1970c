import SqliteDatabase from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { AdminContext } from '../../../src/admin/context.js';
import { monitorLogs } from '../../../src/admin/tables/monitor-logs.js';
import { type CheckLogEntry, CheckLogs } from '../../../src/monitor/check-log.js';

const entry = (startMs: number, fields: Partial<CheckLogEntry> = {}): CheckLogEntry => ({
  ...{ hostname: 'db1', port: 3306, startUs: startMs * 1000, successUs: 250, value: null, error: null },
  ...fields,
});

function logsAt(historyMs: number, maxEntries?: number) {
  const clock = { nowMs: 1_000_000 };
  return { clock, logs: new CheckLogs(historyMs, () => clock.nowMs, maxEntries) };
}

const startsOf = (logs: CheckLogs): number[] => logs.entries('ping').map(({ startUs }) => startUs / 1000);

it('keeps what lies within the history, also where nothing new comes', () => {
  const { clock, logs } = logsAt(5_000);
  for (const startMs of [1_000_000, 1_002_000, 1_004_000]) logs.add('ping', entry(startMs));
  clock.nowMs = 1_005_000;
  expect(startsOf(logs)).toEqual([1_000_000, 1_002_000, 1_004_000]);
  clock.nowMs = 1_005_001;
  expect(startsOf(logs)).toEqual([1_002_000, 1_004_000]);
  logs.historyMs = 1_500;
  expect(startsOf(logs)).toEqual([1_004_000]);
  clock.nowMs = 2_000_000;
  expect(startsOf(logs)).toEqual([]);
  expect(logs.totals('ping')).toEqual({ ok: 3, failed: 0 });
});

it('never keeps more than its bound, and numbers go on', () => {
  const { clock, logs } = logsAt(1_000_000_000, 1_000);
  for (let count = 0; count < 10_000; count++) logs.add('ping', entry(clock.nowMs + count));
  expect(logs.entries('ping')).toHaveLength(1_000);
  expect(logs.since('ping', 9_998)).toEqual({
    first: 9_001,
    from: 9_999,
    entries: [entry(clock.nowMs + 9_998), entry(clock.nowMs + 9_999)],
  });
  expect(logs.since('ping', 10_000).entries).toEqual([]);
  expect(logs.since('ping', 0)).toMatchObject({ first: 9_001, from: 9_001 });
});

it('skips none of two checks at the same time', () => {
  const { clock, logs } = logsAt(1_000_000);
  logs.add('ping', entry(clock.nowMs));
  logs.add('ping', entry(clock.nowMs, { hostname: 'db2' }));
  logs.add('ping', entry(clock.nowMs, { error: 'no' }));
  const starts = logs.entries('ping').map(({ hostname, startUs }) => [hostname, startUs - clock.nowMs * 1000]);
  expect(starts).toEqual([
    ['db1', 0],
    ['db2', 0],
    ['db1', 1],
  ]);
  expect(logs.totals('ping')).toEqual({ ok: 2, failed: 1 });
});

it('the tables follow, in the order of the entries', () => {
  const { clock, logs } = logsAt(5_000);
  const control = { monitorLogSince: logs.since.bind(logs) };
  const context = { control } as unknown as AdminContext;
  const database = new SqliteDatabase(':memory:').exec("ATTACH ':memory:' AS monitor");
  for (const table of monitorLogs) database.exec(table.createSql);
  const table = monitorLogs.find(({ name }) => name === 'mysql_server_replication_lag_log')!;
  const shown = () => {
    table.refresh!(database, context);
    return database.prepare('SELECT * FROM monitor.mysql_server_replication_lag_log').raw().all();
  };
  expect(shown()).toEqual([]);
  logs.add('replication_lag', entry(1_000_000, { hostname: 'z', value: 3 }));
  logs.add('replication_lag', entry(1_000_000, { hostname: 'a' }));
  const first = [
    ['z', 3306, 1_000_000_000, 250, 3, null],
    ['a', 3306, 1_000_000_000, 250, null, null],
  ];
  expect(shown()).toEqual(first);
  clock.nowMs += 1_000;
  logs.add('replication_lag', entry(1_001_000, { hostname: 'b', successUs: 0, error: 'timeout' }));
  expect(shown()).toEqual([...first, ['b', 3306, 1_001_000_000, 0, null, 'timeout']]);
  expect(shown()).toHaveLength(3);
  clock.nowMs = 1_005_500;
  expect(shown()).toEqual([['b', 3306, 1_001_000_000, 0, null, 'timeout']]);
  clock.nowMs += 1_000_000;
  expect(shown()).toEqual([]);
});

it('a new query costs what is new', () => {
  const { clock, logs } = logsAt(1_000_000_000);
  for (let count = 0; count < 50_000; count++) logs.add('ping', entry(clock.nowMs + count));
  const context = { control: { monitorLogSince: logs.since.bind(logs) } } as unknown as AdminContext;
  const database = new SqliteDatabase(':memory:').exec("ATTACH ':memory:' AS monitor");
  const table = monitorLogs.find(({ name }) => name === 'mysql_server_ping_log')!;
  database.exec(table.createSql);
  table.refresh!(database, context);
  logs.add('ping', entry(clock.nowMs + 60_000));
  const changes = () => database.prepare('SELECT total_changes()').pluck().get() as number;
  const before = changes();
  table.refresh!(database, context);
  expect(changes() - before).toBe(1);
});
