import type { Database } from 'better-sqlite3';
import type { HistorySeries } from './history-tables.js';

const HOUR_SEC = 3_600;
const DAY_SEC = 24 * HOUR_SEC;
/** As in ProxySQL: rows of each time for a week, of hours for a year. Days, which ProxySQL does not fill, for ten years. */
export const KEPT_SEC = { each: 7 * DAY_SEC, hour: 365 * DAY_SEC, day: 3_650 * DAY_SEC } as const;
/** Deleted at once: far more than come in the meantime, few enough for a ms or two. */
const MOST_DELETED_ROWS = 2_000;

/** Makes the next hour and the next day that are over and not made yet, and deletes what is too old. Not in a transaction of its own. */
export function rollUp(database: Database, series: HistorySeries, nowSec: number): void {
  const { name } = series;
  rollUpNext(database, series, name, `${name}_hour`, HOUR_SEC, nowSec);
  rollUpNext(database, series, `${name}_hour`, `${name}_day`, DAY_SEC, nowSec);
  deleteBefore(database, name, nowSec - KEPT_SEC.each);
  deleteBefore(database, `${name}_hour`, nowSec - KEPT_SEC.hour);
  deleteBefore(database, `${name}_day`, nowSec - KEPT_SEC.day);
}

/** One a call, so that no call takes long, also after a pause; calls come more often than hours. */
function rollUpNext(database: Database, series: HistorySeries, from: string, to: string, lengthSec: number, nowSec: number): void {
  const last = database.prepare(`SELECT MAX(timestamp) FROM stats_history.${to}`).pluck().get() as number | null;
  const earliest = last === null ? 0 : last + lengthSec;
  const over = floorTo(nowSec, lengthSec);
  const first = database
    .prepare(`SELECT MIN(timestamp) FROM stats_history.${from} WHERE timestamp >= ? AND timestamp < ?`)
    .pluck()
    .get(earliest, over) as number | null;
  if (first === null) return;
  const start = floorTo(first, lengthSec);
  const names = Object.keys(series.columns);
  const values = Object.entries(series.columns).map(([name, rollUpBy]) => `${rollUpBy}(${name})`);
  database
    .prepare(
      `INSERT INTO stats_history.${to} (timestamp, ${names.join(', ')})
       SELECT ?, ${values.join(', ')} FROM stats_history.${from} WHERE timestamp >= ? AND timestamp < ?`,
    )
    .run(start, start, start + lengthSec);
}

export function deleteBefore(database: Database, table: string, timestampSec: number): void {
  database.prepare(`DELETE FROM stats_history.${table} WHERE timestamp < ? LIMIT ${MOST_DELETED_ROWS}`).run(timestampSec);
}

const floorTo = (timeSec: number, lengthSec: number): number => Math.floor(timeSec / lengthSec) * lengthSec;
