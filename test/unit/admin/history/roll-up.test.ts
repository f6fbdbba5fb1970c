import SqliteDatabase from 'better-sqlite3';
import { expect, it } from 'vitest';
import { connectionsSeries, cpuSeries, createHistorySql, memorySeries } from '../../../../src/admin/history/history-tables.js';
import { HistoryWriter } from '../../../../src/admin/history/history-writer.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** Midnight, UTC. */
const START = 20_000 * DAY;

function world() {
  const database = new SqliteDatabase(':memory:').exec("ATTACH ':memory:' AS stats_history");
  for (const sql of createHistorySql) database.exec(sql);
  const rows = (sql: string) => database.prepare(sql).raw().all() as (number | string)[][];
  return { database, writer: new HistoryWriter(database), rows };
}

const connections = (questions: number, connected: number) =>
  new Map([
    ['Questions', questions],
    ['Client_Connections_connected', connected],
  ]);

const hours = 'SELECT timestamp, Questions, Client_Connections_connected FROM stats_history.mysql_connections_hour';

it('an hour that is over has the highest counters and the mean of what is connected', () => {
  const { writer, rows } = world();
  writer.addToSeries(connectionsSeries, START + 10, connections(5, 2));
  writer.addToSeries(connectionsSeries, START + 1_800, connections(9, 4));
  writer.addToSeries(connectionsSeries, START + HOUR - 1, connections(12, 9));
  expect(rows(hours)).toEqual([]);
  writer.addToSeries(connectionsSeries, START + HOUR, connections(100, 1));
  expect(rows(hours)).toEqual([[START, 12, 5]]);
  expect(rows('SELECT timestamp, Questions, Slow_queries FROM stats_history.mysql_connections ORDER BY 1')).toEqual([
    [START + 10, 5, 0],
    [START + 1_800, 9, 0],
    [START + HOUR - 1, 12, 0],
    [START + HOUR, 100, 0],
  ]);
  writer.addToSeries(connectionsSeries, START + HOUR + 60, connections(110, 1));
  expect(rows(hours)).toHaveLength(1);
});

it('hours without rows leave a gap, and a day comes from its hours', () => {
  const { writer, rows } = world();
  for (const [at, questions] of [
    [0, 1],
    [5 * HOUR, 7],
    [23 * HOUR, 20],
    [DAY, 30],
    [DAY + 60, 31],
    [DAY + 120, 32],
  ] as const) {
    writer.addToSeries(connectionsSeries, START + at, connections(questions, questions));
  }
  expect(rows(`${hours} ORDER BY 1`).map((row) => row.slice(0, 2))).toEqual([
    [START, 1],
    [START + 5 * HOUR, 7],
    [START + 23 * HOUR, 20],
  ]);
  const days = 'SELECT timestamp, Questions, Client_Connections_connected FROM stats_history.mysql_connections_day';
  expect(rows(days)).toEqual([[START, 20, 28 / 3]]);
});

it('CPU time is added up and memory is the mean, as in ProxySQL', () => {
  const { writer, rows } = world();
  for (const [at, value] of [
    [0, 10],
    [60, 30],
    [HOUR, 0],
  ] as const) {
    writer.addToSeries(
      cpuSeries,
      START + at,
      new Map([
        ['tms_utime', value],
        ['tms_stime', value * 2],
      ]),
    );
    writer.addToSeries(memorySeries, START + at, new Map([['resident', value]]));
  }
  expect(rows('SELECT * FROM stats_history.system_cpu_hour')).toEqual([[START, 40, 80]]);
  expect(rows('SELECT timestamp, resident, metadata FROM stats_history.system_memory_hour')).toEqual([[START, 20, 0]]);
});

it('rows are kept for a week, hours for a year, days for ten', () => {
  const { database, writer, rows } = world();
  const times = (table: string) =>
    rows(`SELECT timestamp FROM stats_history.${table} ORDER BY 1`).map(([time]) => (Number(time) - START) / DAY);
  const put = (table: string, at: number) => database.prepare(`INSERT INTO stats_history.${table} VALUES (?, 1, 1)`).run(at);
  put('system_cpu', START - 7 * DAY - 1);
  put('system_cpu', START - 7 * DAY);
  for (const table of ['system_cpu_hour', 'system_cpu_day']) {
    put(table, START - 3_650 * DAY - 1);
    put(table, START - 365 * DAY - DAY);
    put(table, START - 365 * DAY);
  }
  writer.addToSeries(cpuSeries, START, new Map());
  expect(times('system_cpu')).toEqual([-7, 0]);
  expect(times('system_cpu_hour')[0]).toBe(-365);
  expect(times('system_cpu_day').slice(0, 2)).toEqual([-366, -365]);
});

it('deletes in steps, so that no write takes long', () => {
  const { database, writer, rows } = world();
  const insert = database.prepare('INSERT INTO stats_history.system_cpu VALUES (?, 1, 1)');
  database.transaction(() => {
    for (let count = 0; count < 5_000; count++) insert.run(START - 8 * DAY - count);
  })();
  const left = () => rows('SELECT COUNT(*) FROM stats_history.system_cpu')[0]![0];
  writer.addToSeries(cpuSeries, START, new Map());
  expect(left()).toBe(3_001);
  writer.addToSeries(cpuSeries, START + 60, new Map());
  expect(left()).toBe(1_002);
});

it('status variables have a number for each name', () => {
  const { database, writer, rows } = world();
  writer.addStatusVariables(
    START,
    new Map([
      ['Questions', 1],
      ['Slow_queries', 2],
    ]),
  );
  writer.addStatusVariables(
    START + 60,
    new Map([
      ['Slow_queries', 3],
      ['Uptime', 4],
    ]),
  );
  const joined = `SELECT timestamp, variable_name, variable_value FROM stats_history.history_mysql_status_variables
    JOIN stats_history.history_mysql_status_variables_lookup USING (variable_id) ORDER BY 1, 2`;
  expect(rows(joined)).toEqual([
    [START, 'Questions', '1'],
    [START, 'Slow_queries', '2'],
    [START + 60, 'Slow_queries', '3'],
    [START + 60, 'Uptime', '4'],
  ]);
  // Another start finds the numbers that were given.
  new HistoryWriter(database).addStatusVariables(START + 120, new Map([['Uptime', 5]]));
  expect(rows('SELECT COUNT(*) FROM stats_history.history_mysql_status_variables_lookup')).toEqual([[3]]);
});

it('digests come off the list as they are written', async () => {
  const { writer, rows } = world();
  const digest = (number: number) => [1, 'shop', 'app', '', `0x${number}`, 'SELECT ?', 3, 10, 20, 900, 200, 400, 0, 5];
  const waiting = Array.from({ length: 1_201 }, (_, index) => digest(index));
  await writer.addDigests(START, waiting);
  expect(waiting).toEqual([]);
  expect(
    rows('SELECT COUNT(*), COUNT(DISTINCT digest), MIN(dump_time), SUM(count_star) FROM stats_history.history_mysql_query_digest'),
  ).toEqual([[1_201, 1_201, START, 3_603]]);
});
