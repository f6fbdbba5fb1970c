import { expect, it } from 'vitest';
import { ConnectBackoff } from '../../../src/pool/connect-backoff.js';

function failedTimes(count: number): { backoff: ConnectBackoff; nowMs: number } {
  const backoff = new ConnectBackoff(() => 1);
  let nowMs = 0;
  for (let failure = 0; failure < count; failure++) {
    nowMs += backoff.pauseMs(nowMs);
    backoff.failed(nowMs, 0);
  }
  return { backoff, nowMs };
}

it('pauses longer after each failure, up to a second', () => {
  const pauses = [1, 2, 3, 6, 7, 20].map((count) => {
    const { backoff, nowMs } = failedTimes(count);
    return backoff.pauseMs(nowMs);
  });
  expect(pauses).toEqual([20, 40, 80, 640, 1000, 1000]);
});

it('begins anew for a server that is said to be alive, so that five failures fall into a second again', () => {
  const { backoff, nowMs } = failedTimes(20);
  backoff.forgive();
  expect(backoff.mayOpen(0, nowMs)).toBe(true);
  let laterMs = nowMs;
  for (let failure = 0; failure < 5; failure++) {
    laterMs += backoff.pauseMs(laterMs);
    backoff.failed(laterMs, 0);
  }
  expect(laterMs - nowMs).toBeLessThan(1_000);
});
