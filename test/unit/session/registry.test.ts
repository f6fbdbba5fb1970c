import { describe, expect, it } from 'vitest';
import { connectionId, workerOfConnection } from '../../../src/base/ids.js';
import type { ClientSession } from '../../../src/session/client-session.js';
import { SessionRegistry } from '../../../src/session/registry.js';

const session = (id: number): ClientSession => ({ id }) as unknown as ClientSession;

describe('SessionRegistry', () => {
  it('gives ids of its worker, never 0, counted up from 1', () => {
    const registry = new SessionRegistry(7);
    const ids = [registry.nextId(), registry.nextId()];
    expect(ids).toEqual([connectionId(1, 7), connectionId(2, 7)]);
    expect(ids.map(workerOfConnection)).toEqual([7, 7]);
  });

  it('starts again after 2^24 and leaves out 0 and what is in use', () => {
    const registry = new SessionRegistry(0);
    registry.add(session(connectionId(1, 0)));
    registry.add(session(connectionId(2, 0)));
    (registry as unknown as { counter: number }).counter = 0xff_fffe;
    expect(registry.nextId()).toBe(connectionId(0xff_ffff, 0));
    expect(registry.nextId()).toBe(connectionId(3, 0));
  });

  it('finds, counts and forgets sessions', () => {
    const registry = new SessionRegistry(1);
    const one = session(registry.nextId());
    const two = session(registry.nextId());
    registry.add(one);
    registry.add(two);
    expect(registry.size).toBe(2);
    expect(registry.get(two.id)).toBe(two);
    expect(registry.all()).toEqual([one, two]);
    registry.remove(one);
    expect(registry.get(one.id)).toBeUndefined();
    expect(registry.size).toBe(1);
  });
});
