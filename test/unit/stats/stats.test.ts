import { describe, expect, it } from 'vitest';
import { latencyBucket } from '../../../src/stats/latency.js';
import { EMPTY_STATS, mergeStats, retireStats } from '../../../src/stats/merge.js';
import { LATENCY_BUCKETS_US } from '../../../src/stats/snapshot.js';
import { WorkerStats } from '../../../src/stats/worker-stats.js';

function worker(index: number, servers: readonly [number, string, number][]): WorkerStats {
  const stats = new WorkerStats(index);
  for (const [hostgroup, host, queries] of servers) {
    const counters = stats.server(hostgroup, host, 3306);
    for (let i = 0; i < queries; i++) counters.queryEnded(100 * (i + 1), latencyBucket(100 * (i + 1)));
    counters.leased();
    stats.counters.questions += queries;
  }
  stats.clientConnected('app');
  stats.errorAnswered(1064);
  return stats;
}

describe('latency buckets', () => {
  it('have inclusive upper bounds and one bucket above', () => {
    for (const [index, bound] of LATENCY_BUCKETS_US.entries()) {
      expect(latencyBucket(bound)).toBe(index);
      expect(latencyBucket(bound + 1)).toBe(index + 1);
    }
    expect(latencyBucket(0)).toBe(0);
    expect(latencyBucket(1e12)).toBe(LATENCY_BUCKETS_US.length);
  });
});

describe('WorkerStats', () => {
  it('gives one counter object a server and hostgroup', () => {
    const stats = new WorkerStats(0);
    expect(stats.server(1, 'a', 3306)).toBe(stats.server(1, 'a', 3306));
    expect(stats.server(2, 'a', 3306)).not.toBe(stats.server(1, 'a', 3306));
  });

  it('keeps the high-water mark of leased connections', () => {
    const counters = new WorkerStats(0).server(1, 'a', 3306);
    counters.leased();
    counters.leased();
    counters.connUsed--;
    counters.leased();
    expect(counters.snapshot()).toMatchObject({ connUsed: 2, maxConnUsed: 2 });
  });

  it('forgets users without clients', () => {
    const stats = new WorkerStats(0);
    stats.clientConnected('app');
    stats.clientConnected('app');
    stats.clientGone('app');
    expect(stats.snapshot().users).toEqual({ app: 1 });
    stats.clientGone('app');
    expect(stats.snapshot().users).toEqual({});
  });

  it('survives structured clone as it is', () => {
    const snapshot = worker(3, [[1, 'a', 2]]).snapshot();
    expect(structuredClone(snapshot)).toEqual(snapshot);
    expect(snapshot.counters['Questions']).toBe(2);
  });
});

describe('merge', () => {
  const a = worker(0, [
    [2, 'b', 3],
    [1, 'a', 5],
  ]).snapshot();
  const b = worker(1, [[1, 'a', 7]]).snapshot();
  const c = worker(2, [[1, 'c', 1]]).snapshot();

  it('adds counters, buckets, users and errors', () => {
    const merged = mergeStats([a, b]);
    expect(merged.counters['Questions']).toBe(15);
    expect(merged.users).toEqual({ app: 2 });
    expect(merged.errors).toEqual({ 1064: 2 });
    const first = merged.servers[0]!;
    expect(first).toMatchObject({ hostgroup: 1, hostname: 'a', queries: 12, connUsed: 2 });
    expect(first.latencyBuckets.reduce((sum, count) => sum + count, 0)).toBe(12);
    expect(first.latencySumUs).toBe(100 * (1 + 2 + 3 + 4 + 5) + 100 * (1 + 2 + 3 + 4 + 5 + 6 + 7));
  });

  it('is associative and commutative and has an identity', () => {
    const all = mergeStats([a, b, c]);
    expect(mergeStats([mergeStats([a, b]), c])).toEqual(all);
    expect(mergeStats([a, mergeStats([b, c])])).toEqual(all);
    expect(mergeStats([c, a, b])).toEqual(all);
    expect(mergeStats([all, EMPTY_STATS])).toEqual(all);
  });

  it('keeps the counters of a worker that is gone, not its gauges', () => {
    const retired = retireStats(a);
    expect(retired.counters).toEqual(a.counters);
    expect(retired.users).toEqual({});
    expect(retired.gauges).toEqual({});
    expect(retired.servers.every((server) => server.connUsed === 0 && server.connFree === 0)).toBe(true);
    expect(retired.servers[0]!.queries).toBe(3);
  });
});
