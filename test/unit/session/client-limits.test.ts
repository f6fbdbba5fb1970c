import { describe, expect, it } from 'vitest';
import { allClientsKey, type ServerKey } from '../../../src/base/ids.js';
import { ClientLimits } from '../../../src/session/client-limits.js';

/** A share of `granted`, and what was asked for beyond it. */
function story(granted: number) {
  const share = { granted, open: 0 };
  const wishes: number[] = [];
  const limits = new ClientLimits({
    tryOpen: () => {
      if (share.open >= share.granted) return false;
      share.open++;
      return true;
    },
    closed: () => {
      share.open--;
    },
    want: (_key: ServerKey, count: number) => void wishes.push(count),
  });
  const outcomes: string[] = [];
  const admit = (name: string): (() => void) =>
    limits.admit(
      allClientsKey,
      () => outcomes.push(`${name} in`),
      () => outcomes.push(`${name} refused`),
    );
  return { share, wishes, limits, outcomes, admit };
}

const turn = (): Promise<void> => new Promise((later) => setImmediate(later));

describe('ClientLimits', () => {
  it('admits within the share and asks for more once a turn, however many come', async () => {
    const { admit, outcomes, wishes } = story(1);
    for (const name of ['a', 'b', 'c', 'd']) admit(name);
    expect(outcomes).toEqual(['a in']);
    expect(wishes).toEqual([]);
    await turn();
    expect(wishes).toEqual([3]);
  });

  it('admits who waits in order when there is room', async () => {
    const { admit, outcomes, share, limits, wishes } = story(1);
    for (const name of ['a', 'b', 'c']) admit(name);
    limits.gone(allClientsKey);
    expect(outcomes).toEqual(['a in', 'b in']);
    share.granted = 2;
    limits.onGrant(allClientsKey);
    expect(outcomes).toEqual(['a in', 'b in', 'c in']);
    await turn();
    expect(wishes).toEqual([0]);
  });

  it('refuses who has waited too long, and only them', async () => {
    const { admit, outcomes, share } = story(0);
    admit('a');
    await expect.poll(() => outcomes).toEqual(['a refused']);
    expect(share.open).toBe(0);
  });

  it('forgets who gave up: the place goes to the next', async () => {
    const { admit, outcomes, limits, share, wishes } = story(0);
    const leave = admit('a');
    admit('b');
    leave();
    leave();
    await turn();
    expect(wishes).toEqual([1]);
    share.granted = 1;
    limits.onGrant(allClientsKey);
    expect(outcomes).toEqual(['b in']);
    expect(share.open).toBe(1);
  });

  it('refuses at once when thousands wait already', () => {
    const { admit, outcomes } = story(0);
    const leaves = Array.from({ length: 8_192 }, (_, number) => admit(String(number)));
    expect(outcomes).toEqual([]);
    admit('one more');
    expect(outcomes).toEqual(['one more refused']);
    for (const leave of leaves) leave();
  });
});
