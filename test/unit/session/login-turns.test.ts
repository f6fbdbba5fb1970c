import { describe, expect, it } from 'vitest';
import { LoginTurns } from '../../../src/session/login/login-turns.js';

/** A clock that the tasks advance, and the turns of the event loop in which each ran. */
function story() {
  let now = 0;
  let turn = 0;
  const done: string[] = [];
  const turns = new LoginTurns(() => now);
  const task = (name: string, costMs: number) => () => {
    now += costMs;
    done.push(`${name}@${turn}`);
  };
  const nextTurn = async (): Promise<void> => {
    turn++;
    await new Promise((later) => setImmediate(later));
  };
  return { turns, task, done, nextTurn };
}

describe('LoginTurns', () => {
  it('runs what comes at once while there is time', () => {
    const { turns, task, done } = story();
    turns.arrived(task('a', 0.5));
    expect(turns.next(task('b', 0.5))).toBe(true);
    expect(done).toEqual(['a@0', 'b@0']);
  });

  it('leaves what is beyond the time of a turn to the next ones, in order', async () => {
    const { turns, task, done, nextTurn } = story();
    for (const name of ['a', 'b', 'c', 'd', 'e']) turns.arrived(task(name, 1));
    expect(done).toEqual(['a@0', 'b@0']);
    expect(turns.waiting).toBe(3);
    await nextTurn();
    expect(done).toEqual(['a@0', 'b@0', 'c@1', 'd@1']);
    await nextTurn();
    expect(done).toEqual(['a@0', 'b@0', 'c@1', 'd@1', 'e@2']);
    expect(turns.waiting).toBe(0);
  });

  it('serves logins that have begun before those that arrive', async () => {
    const { turns, task, done, nextTurn } = story();
    turns.arrived(task('first', 3));
    turns.arrived(task('new', 1));
    expect(turns.next(task('begun', 1))).toBe(false);
    await nextTurn();
    expect(done).toEqual(['first@0', 'begun@1', 'new@1']);
  });

  it('counts work that is done outside a task', async () => {
    const { turns, task, done, nextTurn } = story();
    turns.arrived(() => turns.charge(5));
    turns.arrived(task('a', 0));
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(['a@1']);
  });

  it('has its time again in the turn after', async () => {
    const { turns, task, done, nextTurn } = story();
    turns.arrived(task('a', 9));
    await nextTurn();
    turns.arrived(task('b', 9));
    expect(done).toEqual(['a@0', 'b@1']);
  });
});
