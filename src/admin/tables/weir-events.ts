import type { Database } from 'better-sqlite3';
import type { AdminContext } from '../context.js';
import { type VirtualTable, virtualTable } from './virtual-table.js';

const COLUMNS = [
  ...['id INTEGER NOT NULL PRIMARY KEY', 'time VARCHAR NOT NULL', 'kind VARCHAR NOT NULL', 'server VARCHAR NOT NULL'],
  ...['hostgroups VARCHAR NOT NULL', '`from` VARCHAR NOT NULL', '`to` VARCHAR NOT NULL', 'reason VARCHAR NOT NULL'],
];

/** weir's own: what happened to servers and workers within mysql-monitor_history. Ids count from 1 at each start. */
export const weirEvents: VirtualTable = { ...virtualTable('monitor', 'weir_events', COLUMNS, () => []), refresh };

/** Only what is new is written. */
function refresh(database: Database, { control }: AdminContext): void {
  const last = database.prepare('SELECT max(id) FROM monitor.weir_events').pluck().get() as number | null;
  const { first, from, entries } = control.eventsSince(last ?? 0);
  database.transaction(() => {
    database.prepare('DELETE FROM monitor.weir_events WHERE id < ?').run(first);
    const insert = database.prepare('INSERT INTO monitor.weir_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    entries.forEach(({ timeMs, kind, server, hostgroups, from: before, to, reason }, index) => {
      insert.run(from + index, new Date(timeMs).toISOString(), kind, server, hostgroups.join(','), before, to, reason);
    });
  })();
}
