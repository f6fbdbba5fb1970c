import type { DirectTransport } from './direct-transport.js';
import { SLAB_BYTES } from './transport.js';

const NO_SLAB = Buffer.alloc(0);

/**
 * The read buffer that a set of transports shares. Reading is synchronous, so one slab serves any number of sockets:
 * an idle client costs no buffer. When the kernel still owns bytes of the slab (a write did not complete at once),
 * every member moves to a fresh slab; that is O(members), so sockets that carry bulk data get a group of their own.
 */
export class SlabGroup {
  /** Without a member there is none: whoever still knows a closed connection keeps no slab with it. */
  current: Buffer = NO_SLAB;
  private readonly members = new Set<DirectTransport>();

  join(transport: DirectTransport): void {
    this.members.add(transport);
    if (this.current === NO_SLAB) this.current = freeSlab();
    transport.useSlab(this.current);
  }

  leave(transport: DirectTransport): void {
    this.members.delete(transport);
    if (this.members.size === 0) this.current = NO_SLAB;
  }

  /** The kernel owns bytes of `slab` now. Nothing to do when the group has moved on from it already. */
  surrender(slab: Uint8Array): void {
    if (slab !== this.current) return;
    this.current = freeSlab();
    for (const member of this.members) member.useSlab(this.current);
  }
}

/** Slabs that the kernel has given back, for the next group that needs one. */
const freeSlabs: Buffer[] = [];
const MAX_FREE_SLABS = 64;

const freeSlab = (): Buffer => freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);

/** Writes under way from each slab that was surrendered. */
const writesUnderWay = new Map<Uint8Array, number>();

export function slabWriteStarted(slab: Uint8Array): void {
  writesUnderWay.set(slab, (writesUnderWay.get(slab) ?? 0) + 1);
}

/** The last write from a surrendered slab frees it. */
export function slabWriteEnded(slab: Uint8Array): void {
  const left = (writesUnderWay.get(slab) ?? 1) - 1;
  if (left > 0) {
    writesUnderWay.set(slab, left);
    return;
  }
  writesUnderWay.delete(slab);
  if (slab.length === SLAB_BYTES && freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab as Buffer);
}
