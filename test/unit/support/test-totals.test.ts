import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PauseWatch } from '../../support/pauses.mjs';
import { type FileResult, pausedFiles, totalsOf, withFilesOf } from '../../support/test-totals.mjs';

function file(name: string, ...statuses: string[]): FileResult {
  const status = statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed';
  return { name, status, startTime: 100_000, endTime: 101_000, assertionResults: statuses.map((of) => ({ status: of })) };
}

describe('PauseWatch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('knows when the machine stood still, and for how long', () => {
    let nowMs = 1000;
    const watch = new PauseWatch(() => nowMs);
    const look = (afterMs: number): void => {
      nowMs += afterMs;
      vi.advanceTimersByTime(100);
    };
    look(100);
    look(450);
    look(3600);
    look(100);
    look(700);
    watch.stop();
    expect(watch.longestMs(0, 1549)).toBe(0);
    expect(watch.longestMs(1000, 1600)).toBe(3600);
    expect(watch.longestMs(5200, 10_000)).toBe(700);
    expect(watch.longestMs(0, 10_000)).toBe(3600);
    expect(watch.longestMs(6000, 10_000)).toBe(0);
  });
});

describe('what a run came to', () => {
  it('counts tests, and one failure for a file that has none of its own', () => {
    expect(totalsOf([file('a', 'passed', 'failed', 'failed'), file('b', 'passed', 'skipped'), file('c')])).toEqual({
      passed: 2,
      failed: 3,
    });
  });

  it('takes the later result of a file', () => {
    const results = withFilesOf([file('a', 'failed'), file('b', 'passed')], [file('a', 'passed', 'passed')]);
    expect(totalsOf(results)).toEqual({ passed: 3, failed: 0 });
  });

  it('tries files again that failed while the machine paused, and none where one failed without', () => {
    const results = [file('a', 'failed'), file('b', 'passed'), { ...file('c'), startTime: 500_000, endTime: 500_000 }];
    expect(pausedFiles(results, () => 600).map(({ name }) => name)).toEqual(['a', 'c']);
    expect(pausedFiles(results, () => 0)).toEqual([]);
    expect(pausedFiles(results, (from) => (from > 300_000 ? 600 : 0))).toEqual([]);
    expect(
      pausedFiles(
        Array.from({ length: 6 }, (_, index) => file(`${index}`, 'failed')),
        () => 600,
      ),
    ).toEqual([]);
  });
});
