import { isDeepStrictEqual } from 'node:util';
import type { ConfigRow } from '../../config/table-types.js';

/** A row of scheduler as it runs. */
export interface Job {
  readonly id: number;
  readonly intervalMs: number;
  readonly filename: string;
  /** Up to the first that is NULL, as in ProxySQL. */
  readonly args: readonly string[];
}

/** The rows that are active. */
export function jobsOf(rows: readonly ConfigRow[]): Job[] {
  return rows.filter((row) => row['active'] === 1).map(jobOf);
}

export const sameJob = (left: Job, right: Job): boolean => isDeepStrictEqual(left, right);

function jobOf(row: ConfigRow): Job {
  const values = [1, 2, 3, 4, 5].map((number) => row[`arg${number}`] ?? null);
  const end = values.indexOf(null);
  return {
    id: Number(row['id']),
    intervalMs: Number(row['interval_ms']),
    filename: String(row['filename']),
    args: values.slice(0, end === -1 ? values.length : end).map(String),
  };
}
