import { expect, it } from 'vitest';
import type { DirectTransport } from '../../../src/net/direct-transport.js';
import { SlabGroup } from '../../../src/net/slab-group.js';
import { SLAB_BYTES } from '../../../src/net/transport.js';

class Member {
  slab: Buffer | null = null;
  useSlab(slab: Buffer): void {
    this.slab = slab;
  }
}

const asTransport = (member: Member): DirectTransport => member as unknown as DirectTransport;

it('has one slab for all its members, and none without any', () => {
  const group = new SlabGroup();
  expect(group.current.length).toBe(0);
  const [one, other] = [new Member(), new Member()];
  for (const member of [one, other]) group.join(asTransport(member));
  expect([one.slab?.length, one.slab === other.slab, one.slab === group.current]).toEqual([SLAB_BYTES, true, true]);
  const first = group.current;
  group.surrender(first);
  expect([one.slab === first, one.slab === other.slab, one.slab === group.current]).toEqual([false, true, true]);
  group.leave(asTransport(one));
  expect(group.current === other.slab).toBe(true);
  group.leave(asTransport(other));
  // What was read last may still be handed on, out of a slab that the group has left.
  group.surrender(first);
  expect(group.current.length).toBe(0);
  group.join(asTransport(one));
  expect([one.slab?.length, one.slab === group.current]).toEqual([SLAB_BYTES, true]);
});
