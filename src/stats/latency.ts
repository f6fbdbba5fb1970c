import { LATENCY_BUCKETS_US } from './snapshot.js';

/** Number of counters in a latency histogram: one a bound of `LATENCY_BUCKETS_US` and one for everything above. */
export const LATENCY_BUCKET_COUNT = LATENCY_BUCKETS_US.length + 1;

/** Index of the first bucket whose bound (inclusive) holds `us`; the last index when it is above all bounds. Most queries end in the first comparisons. */
export function latencyBucket(us: number): number {
  let index = 0;
  while (index < LATENCY_BUCKETS_US.length && us > LATENCY_BUCKETS_US[index]) index++;
  return index;
}
