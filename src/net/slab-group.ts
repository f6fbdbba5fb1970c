import type { DirectTransport } from './direct-transport.js';
import { SLAB_BYTES } from './transport.js';

/**
 * The read buffer that a set of transports shares. Reading is synchronous, so one slab serves any number of sockets:
 * an idle client costs no buffer. When the kernel still owns bytes of the slab (a write did not complete at once),
 * every member moves to a fresh slab; that is O(members), so sockets that carry bulk data get a group of their own.
 */
export class SlabGroup {
  current: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private readonly members = new Set<DirectTransport>();

  join(transport: DirectTransport): void {
    this.members.add(transport);
    transport.useSlab(this.current);
  }

  leave(transport: DirectTransport): void {
    this.members.delete(transport);
  }

  replace(): void {
    this.current = Buffer.allocUnsafeSlow(SLAB_BYTES);
    for (const member of this.members) member.useSlab(this.current);
  }
}
