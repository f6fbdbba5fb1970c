import { booleanValue, integerValue, type VariableValues } from '../../config/variables.js';

/** What is recorded, by the part of the variable's name that says so. */
export const recordings = [
  'mysql_connections',
  'mysql_connection_pool',
  'system_cpu',
  'system_memory',
  'mysql_query_digest_to_disk',
] as const;
export type Recording = (typeof recordings)[number];

/** Time between two entries, s; 0 is none. */
export function intervalSec(variables: VariableValues, recording: Recording): number {
  return integerValue(variables, `admin-stats_${recording}`);
}

/** Whether pages that are free are given back to the file system. */
export function vacuums(variables: VariableValues): boolean {
  return booleanValue(variables, 'admin-vacuum_stats');
}

/** When each recording is due. Times in whole seconds. */
export class RecordingTimes {
  readonly #next = new Map<Recording, number>();

  /** The recordings whose time has come by `nowSec`; their next time counts from now. The first time is at once. */
  due(nowSec: number, variables: VariableValues): Recording[] {
    return recordings.filter((recording) => {
      const interval = intervalSec(variables, recording);
      const next = this.#next.get(recording) ?? 0;
      // A clock that was set back, or an interval that was made shorter, must not stop it.
      const isDue = interval > 0 && (nowSec >= next || nowSec + interval < next);
      if (isDue) this.#next.set(recording, nowSec + interval);
      return isDue;
    });
  }
}
