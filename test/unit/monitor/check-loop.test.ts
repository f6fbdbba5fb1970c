import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CheckLoop } from '../../../src/monitor/check-loop.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function loopOf(runMs: number, intervalMs: number, part = 1): { loop: CheckLoop; starts: number[] } {
  const starts: number[] = [];
  const begunAt = performance.now();
  const loop = new CheckLoop(
    async () => {
      starts.push(performance.now() - begunAt);
      await after(runMs);
      return intervalMs;
    },
    () => part,
  );
  return { loop, starts };
}

describe('CheckLoop', () => {
  it('keeps its interval however long a run takes', async () => {
    const { loop, starts } = loopOf(300, 1000);
    await vi.advanceTimersByTimeAsync(4500);
    expect(starts).toEqual([0, 1000, 2000, 3000, 4000]);
    loop.stop();
  });

  it('runs without a rest when runs take longer than the interval, and never two at once', async () => {
    const { loop, starts } = loopOf(700, 500);
    await vi.advanceTimersByTimeAsync(2200);
    expect(starts).toEqual([0, 701, 1402, 2103]);
    loop.stop();
  });

  it('waits a part of the interval once, so that loops that begin together part', async () => {
    const { loop, starts } = loopOf(10, 1000, 0.25);
    await vi.advanceTimersByTimeAsync(2300);
    expect(starts).toEqual([0, 250, 1250, 2250]);
    loop.stop();
  });

  it('hurries once for many wishes, 100 ms after the last run at the soonest', async () => {
    const { loop, starts } = loopOf(10, 10_000);
    loop.hurry();
    loop.hurry();
    await vi.advanceTimersByTimeAsync(50);
    loop.hurry();
    await vi.advanceTimersByTimeAsync(1000);
    expect(starts).toEqual([0, 110, 220]);
    loop.stop();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(starts).toHaveLength(3);
  });
});
