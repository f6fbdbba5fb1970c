import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { History, type HistorySources } from '../../../../src/admin/history/history.js';
import { type HistoryFile, openHistory } from '../../../../src/admin/history/history-file.js';
import { type CpuTicks, ProcessTimes, readProcStat } from '../../../../src/admin/history/process-times.js';
import { createLog } from '../../../../src/base/log.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weir-history-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const DIGEST = [1, 'shop', 'app', '', '0xA', 'SELECT ?', 3, 10, 20, 900, 200, 400, 0, 5];

function world(file: HistoryFile = openHistory(newDirectory()), variables: Record<string, string> = {}) {
  const clock = { nowSec: 1_700_000_000 };
  const lines: { msg: string; problem?: string }[] = [];
  const log = createLog({ stream: { write: (line) => lines.push(JSON.parse(line)) } }).logger;
  const settings = new Map(Object.entries(variables));
  let digests = [DIGEST];
  const sources: HistorySources = {
    tableRows: async (name) => {
      if (name === 'stats_mysql_connection_pool') return [[1, 'db1', 3306, 'ONLINE', 1, 2, 3, 4, 5, 6, 0, 7, 8, 250]];
      if (name === 'stats_memory_metrics')
        return [
          ['jemalloc_active', '900'],
          ['jemalloc_allocated', '700'],
          ['jemalloc_resident', '2000'],
        ];
      return [
        ['Questions', '42'],
        ['ConnPool_get_conn_immediate', '3'],
        ['ConnPool_get_conn_success', '4'],
        ['ConnPool_get_conn_failure', '1'],
      ];
    },
    takeDigests: async () => digests.splice(0),
    cpu: () => ({ user: 5, system: 6 }),
    variables: () => settings,
  };
  const history = new History(file, sources, log, () => clock.nowSec);
  const rows = (sql: string) => file.database.prepare(sql).raw().all();
  const count = (table: string) => rows(`SELECT COUNT(*) FROM stats_history.${table}`)[0];
  return { clock, lines, settings, history, file, rows, count, putDigest: () => (digests = [DIGEST]) };
}

describe('recording', () => {
  it('begins at once and goes on at the intervals', async () => {
    const { clock, history, rows, count, settings } = world(undefined, { 'admin-stats_system_cpu': '10' });
    cleanups.push(() => history.close());
    await history.tick();
    const time = clock.nowSec;
    expect(rows('SELECT timestamp, Questions FROM stats_history.mysql_connections')).toEqual([[time, 42]]);
    expect(rows('SELECT * FROM stats_history.myhgm_connections')).toEqual([[time, 0, 8, 7, 0, 0]]);
    expect(rows('SELECT * FROM stats_history.system_cpu')).toEqual([[time, 5, 6]]);
    expect(rows('SELECT * FROM stats_history.system_memory')).toEqual([[time, 700, 2000, 900, 0, 0, 200]]);
    expect(rows('SELECT * FROM stats_history.history_stats_mysql_connection_pool')).toEqual([
      [time, 1, 'db1', 3306, 'ONLINE', 1, 2, 3, 4, 5, 6, 0, 7, 8, 250],
    ]);
    expect(count('history_mysql_status_variables')).toEqual([4]);
    expect([count('mysql_query_cache'), count('history_mysql_query_digest')]).toEqual([[0], [0]]);
    clock.nowSec += 10;
    await history.tick();
    expect([count('system_cpu'), count('mysql_connections')]).toEqual([[2], [1]]);
    clock.nowSec += 50;
    await history.tick();
    expect([count('system_cpu'), count('mysql_connections')]).toEqual([[3], [2]]);
    settings.set('admin-stats_mysql_connections', '0');
    clock.nowSec += 600;
    await history.tick();
    expect([count('system_cpu'), count('mysql_connections')]).toEqual([[4], [2]]);
  });

  it('goes on when the clock is set back', async () => {
    const { clock, history, count } = world();
    cleanups.push(() => history.close());
    await history.tick();
    clock.nowSec -= 10_000;
    await history.tick();
    expect(count('mysql_connections')).toEqual([2]);
  });

  it('moves digests when asked, and at an interval', async () => {
    const { clock, history, count, settings, putDigest } = world();
    cleanups.push(() => history.close());
    expect(await history.saveDigests()).toBe(1);
    expect(await history.saveDigests()).toBe(0);
    expect(count('history_mysql_query_digest')).toEqual([1]);
    settings.set('admin-stats_mysql_query_digest_to_disk', '5');
    putDigest();
    await history.tick();
    clock.nowSec += 5;
    putDigest();
    await history.tick();
    expect(count('history_mysql_query_digest')).toEqual([3]);
  });

  it('tells once that it can not write, and loses no digest', async () => {
    const { clock, history, file, lines, count } = world();
    cleanups.push(() => history.close());
    const other = new SqliteDatabase(file.path);
    other.exec('BEGIN IMMEDIATE');
    await history.tick();
    clock.nowSec += 60;
    await history.tick();
    expect(lines.filter(({ msg }) => msg === 'the statistics history can not be written')).toHaveLength(1);
    await expect(history.saveDigests()).rejects.toThrow('locked');
    other.exec('ROLLBACK');
    other.close();
    expect(await history.saveDigests()).toBe(1);
    expect(count('history_mysql_query_digest')).toEqual([1]);
  });
});

describe('the file', () => {
  it('is found again', async () => {
    const directory = newDirectory();
    const first = world(openHistory(directory));
    await first.history.tick();
    await first.history.close();
    expect(statSync(join(directory, 'weir_stats.db')).mode & 0o777).toBe(0o600);
    const second = world(openHistory(directory));
    cleanups.push(() => second.history.close());
    expect(second.file.problem).toBeNull();
    expect(second.count('mysql_connections')).toEqual([1]);
  });

  it.each([
    [
      'no database at all',
      (path: string) => writeFileSync(path, 'this is no database, it is a letter to somebody else\n'.repeat(50)),
      'not a database',
    ],
    ['of another program', (path: string) => new SqliteDatabase(path).exec('CREATE TABLE letters (id INT)').close(), 'another program'],
    [
      'of a newer weir',
      (path: string) => {
        openHistory(join(path, '..')).close();
        const database = new SqliteDatabase(path);
        database.pragma('user_version = 9');
        database.close();
      },
      'newer weir',
    ],
    [
      'without a table',
      (path: string) => {
        openHistory(join(path, '..')).close();
        new SqliteDatabase(path).exec('DROP TABLE system_cpu').close();
      },
      'lacks the table system_cpu',
    ],
  ])('%s is left alone, and history is kept elsewhere', async (_name, make, problem) => {
    const directory = newDirectory();
    const path = join(directory, 'weir_stats.db');
    make(path);
    const before = readFileSync(path);
    const { file, history, lines, count } = world(openHistory(directory));
    expect(file.problem).toContain(`${path}: `);
    expect(file.problem).toContain(problem);
    expect(lines[0]).toMatchObject({ msg: 'the statistics history can not be used', problem: file.problem });
    await history.tick();
    expect(count('mysql_connections')).toEqual([1]);
    await history.close();
    expect(existsSync(file.path)).toBe(false);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('CPU time', () => {
  it('never goes back, whichever workers come and go', () => {
    let processes: Record<number, CpuTicks> = { 7: { user: 100, system: 10 }, 8: { user: 50, system: 5 } };
    const times = new ProcessTimes(
      () => Object.keys(processes).map(Number),
      (pid) => processes[pid] ?? null,
      () => ({ user: 1, system: 1 }),
    );
    expect(times.sum()).toEqual({ user: 151, system: 16 });
    processes = { 8: { user: 60, system: 6 }, 9: { user: 2, system: 0 } };
    expect(times.sum()).toEqual({ user: 163, system: 17 });
    processes = { 8: { user: 3, system: 1 } };
    expect(times.sum()).toEqual({ user: 166, system: 18 });
  });

  it('is read from the system', () => {
    expect(readProcStat(process.pid)?.user).toBeGreaterThan(0);
    expect(readProcStat(2 ** 30)).toBeNull();
    expect(new ProcessTimes(() => []).sum().user).toBeGreaterThan(0);
  });
});
