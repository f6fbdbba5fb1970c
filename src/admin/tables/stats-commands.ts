import { COMMAND_NAMES } from '../../stats/command-counters.js';
import { LATENCY_BUCKET_COUNT } from '../../stats/latency.js';
import { virtualTable } from './virtual-table.js';

const BUCKETS = ['100us', '500us', '1ms', '5ms', '10ms', '50ms', '100ms', '500ms', '1s', '5s', '10s'];
const NO_BUCKETS: readonly number[] = new Array<number>(LATENCY_BUCKET_COUNT).fill(0);

/** Statements by kind, with how many took at most so long (not cumulative); cnt_INFs is above the last bound. */
export const statsCommands = virtualTable(
  'stats',
  'stats_mysql_commands_counters',
  [
    'Command VARCHAR NOT NULL PRIMARY KEY, Total_Time_us INT NOT NULL, Total_cnt INT NOT NULL',
    ...BUCKETS.map((bucket) => `cnt_${bucket} INT NOT NULL`),
    'cnt_INFs',
  ],
  async ({ control }) => {
    const { commands } = await control.statistics.snapshot();
    return COMMAND_NAMES.map((name) => {
      const { totalUs, count, buckets } = commands[name] ?? { totalUs: 0, count: 0, buckets: NO_BUCKETS };
      return [name, Math.round(totalUs), count, ...buckets];
    });
  },
);
