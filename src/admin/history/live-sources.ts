import type { VariableValues } from '../../config/variables.js';
import type { AdminExecutor } from '../executor.js';
import type { Statistics } from '../statistics.js';
import { digestRow } from '../tables/stats-query-digest.js';
import type { HistorySources } from './history.js';
import { ProcessTimes } from './process-times.js';

export interface LiveParts {
  readonly executor: Pick<AdminExecutor, 'tableRows'>;
  readonly statistics: Pick<Statistics, 'digests'>;
  /** Process ids of the workers. */
  readonly pids: () => readonly number[];
  readonly variables: () => VariableValues;
}

/** What the history records of a running weir. */
export function liveSources({ executor, statistics, pids, variables }: LiveParts): HistorySources {
  const cpu = new ProcessTimes(pids);
  return {
    tableRows: (name) => executor.tableRows(name),
    takeDigests: async () => (await statistics.digests(true)).map(digestRow),
    cpu: () => cpu.sum(),
    variables,
  };
}
