import { describe, expect, it } from 'vitest';
import { answerInParts, ROWS_OF_PART, takeFrom } from '../../../src/link/details-answer.js';
import { DetailsPull } from '../../../src/link/details-pull.js';
import type { ToMain } from '../../../src/link/messages.js';
import { SharedPull } from '../../../src/link/shared-pull.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a shared pull', () => {
  it('is never one that began before it was asked for', async () => {
    const open: ((value: number) => void)[] = [];
    const pull = new SharedPull(() => new Promise<number>((resolve) => open.push(resolve)));
    const first = pull.get();
    const [second, third] = [pull.get(), pull.get()];
    expect(open).toHaveLength(1);
    open[0]!(1);
    expect(await first).toBe(1);
    await turn();
    expect(open).toHaveLength(2);
    const fourth = pull.get();
    open[1]!(2);
    expect(await Promise.all([second, third])).toEqual([2, 2]);
    await turn();
    open[2]!(3);
    expect(await fourth).toBe(3);
  });

  it('goes on after one that failed', async () => {
    let calls = 0;
    const pull = new SharedPull(async () => {
      calls++;
      await turn();
      if (calls === 1) throw new Error('first');
      return calls;
    });
    const [first, second] = [pull.get(), pull.get()];
    await expect(first).rejects.toThrow('first');
    expect(await second).toBe(2);
    expect(await pull.get()).toBe(3);
  });
});

describe('details', () => {
  it('come in parts, a turn of the event loop each', async () => {
    const sent: ToMain[] = [];
    const rows = Array.from({ length: ROWS_OF_PART * 2 }, (_, index) => index);
    const odd = (row: number): number | null => (row % 2 === 1 ? row : null);
    answerInParts((message) => sent.push(message), 7, 'sessions', takeFrom(rows, odd));
    expect(sent).toHaveLength(1);
    await turn();
    expect(sent).toHaveLength(2);
    expect(sent.map((message) => (message.type === 'details-reply' ? [message.rows.length, message.last] : []))).toEqual([
      [ROWS_OF_PART, false],
      [0, true],
    ]);
  });

  it('are complete when each worker has sent its last part or is gone', async () => {
    const pull = new DetailsPull();
    const asked: number[] = [];
    const answer = pull.collect<'memory'>([0, 1, 2], (worker) => asked.push(worker), 5_000);
    expect(asked).toEqual([0, 1, 2]);
    pull.replied(0, 1, [{ worker: 0 }], false);
    pull.replied(1, 1, [{ worker: 1 }], true);
    pull.workerGone(2);
    pull.replied(0, 1, [{ worker: 0 }], true);
    expect((await answer).map(({ worker }) => worker)).toEqual([0, 1, 0]);
    expect(await pull.collect([], () => undefined, 5_000)).toEqual([]);
  });
});
