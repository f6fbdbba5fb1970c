import { virtualTable } from './virtual-table.js';

/**
 * weir's worker processes. loop_delay_max_us is the longest time in the last minute for which a worker was busy with one thing, so that
 * statements had to wait for it.
 */
export const statsWorkers = virtualTable(
  'stats',
  'stats_weir_workers',
  [
    'worker INT NOT NULL PRIMARY KEY, pid INT NOT NULL, sessions INT NOT NULL, cpu_user_us INT NOT NULL, cpu_system_us INT NOT NULL',
    'resident_bytes INT NOT NULL, digest_entries INT NOT NULL, loop_delay_max_us INT NOT NULL',
  ],
  async ({ control }) =>
    (await control.statistics.memory()).map((row) => [
      ...[row.worker, row.pid, row.sessions, row.cpuUserUs, row.cpuSystemUs, row.rss, row.digestEntries, row.loopDelayMaxUs],
    ]),
);
