import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwakeClock } from '../../../src/base/awake-clock.js';
import { patientTimeout } from '../../../src/base/patient-timeout.js';

describe('AwakeClock', () => {
  it('counts two intervals at most, however late the look', () => {
    const clock = new AwakeClock(1000);
    expect(clock.look(1100, 100)).toBe(101);
    expect(clock.look(1290, 100)).toBe(291);
    expect(clock.look(61_290, 100)).toBe(491);
    expect(clock.look(61_390, 100)).toBe(591);
  });

  it('is never 0, which means that nobody looked', () => {
    expect(new AwakeClock(1000).look(1000, 0)).toBe(1);
  });
});

describe('patientTimeout', () => {
  const callback = vi.fn();
  let nowMs = 0;

  beforeEach(() => {
    callback.mockClear();
    nowMs = 0;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** What a process in time does. */
  function pass(ms: number): void {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  }

  /** The timers that have become due meanwhile are run, once: those that they set are not due yet. */
  function pause(ms: number): void {
    nowMs += ms;
    vi.advanceTimersToNextTimer();
  }

  it('ends after its time', () => {
    patientTimeout(callback, 1000);
    for (let part = 0; part < 3; part++) pass(250);
    pass(249);
    expect(callback).not.toHaveBeenCalled();
    pass(1);
    expect(callback).toHaveBeenCalledOnce();
    pass(10_000);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('is taken back at any time', () => {
    const cancel = patientTimeout(callback, 1000);
    for (let part = 0; part < 3; part++) pass(250);
    cancel();
    pass(10_000);
    expect(callback).not.toHaveBeenCalled();
  });

  it('leaves the rest of its time to an answer behind a pause', () => {
    patientTimeout(callback, 1000);
    pass(250);
    pause(60_000);
    pass(250);
    expect(callback).not.toHaveBeenCalled();
    pass(250);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('leaves a part of it where the pause was at its end, once', () => {
    patientTimeout(callback, 1000);
    for (let part = 0; part < 3; part++) pass(250);
    pause(60_000);
    expect(callback).not.toHaveBeenCalled();
    pause(60_000);
    expect(callback).toHaveBeenCalledOnce();
  });
});
