import { virtualTable } from './virtual-table.js';

/** weir's own: what became of the programs of runtime_scheduler since they were loaded. last_start in seconds since 1970. */
export const statsWeirScheduler = virtualTable(
  'stats',
  'stats_weir_scheduler',
  [
    'id INTEGER NOT NULL PRIMARY KEY, filename VARCHAR NOT NULL, running INT NOT NULL, runs INT NOT NULL, failures INT NOT NULL',
    'skipped INT NOT NULL, last_start INT NOT NULL, last_duration_ms INT NOT NULL, last_exit VARCHAR NOT NULL, last_error VARCHAR NOT NULL',
  ],
  ({ control }) =>
    control.scheduledPrograms().map((job) => {
      const { id, filename, running, runs, failures, skipped, lastStartSec, lastDurationMs, lastExit, lastError } = job;
      return [id, filename, Number(running), runs, failures, skipped, lastStartSec, lastDurationMs, lastExit, lastError];
    }),
);
