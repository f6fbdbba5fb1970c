import type { Transport } from '../net/transport.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { MAX_PACKET, PACKET_HEADER_BYTES } from '../protocol/constants.js';

/**
 * Carries the file of a LOAD DATA LOCAL INFILE to the server as it comes, up to and with the empty packet that ends it (MySQL
 * manual, LOCAL INFILE Request). Only headers are looked at. A slow server pauses the client.
 */
export class InfileRelay {
  ended = false;
  /** The server is gone: what comes of the file is dropped. */
  discards = false;
  private readonly header = Buffer.alloc(PACKET_HEADER_BYTES);
  private headerBytes = 0;
  private remaining = 0;
  /** The packet before was as long as one may be: the next belongs to it, and an empty one ends only that. */
  private continues = false;

  constructor(
    private readonly connection: PooledConnection,
    private readonly client: Transport,
    private readonly limitBytes: number,
  ) {
    connection.drained = () => client.resume();
  }

  /** @returns up to where the bytes belonged to the file; all of them unless `ended` */
  feed(buffer: Uint8Array, start: number, end: number): number {
    let position = start;
    while (position < end && !this.ended) position = this.step(buffer, position, end);
    if (this.discards) return position;
    this.connection.send(Buffer.from(buffer.subarray(start, position)), 0, position - start, null);
    if (this.ended) this.connection.drained = null;
    else if (this.connection.transport.pendingBytes > this.limitBytes) this.client.pause();
    if (this.ended) this.client.resume();
    return position;
  }

  /** Sequence number of the packet that ended the file. */
  get lastSequence(): number {
    return this.header[3] as number;
  }

  /** The server is gone. The client goes on sending: the protocol has no way to stop it. */
  discard(): void {
    this.discards = true;
    this.connection.drained = null;
    this.client.resume();
  }

  private step(buffer: Uint8Array, position: number, end: number): number {
    if (this.remaining > 0) {
      const taken = Math.min(this.remaining, end - position);
      this.remaining -= taken;
      return position + taken;
    }
    this.header[this.headerBytes] = buffer[position] as number;
    this.headerBytes += 1;
    if (this.headerBytes === PACKET_HEADER_BYTES) {
      this.headerBytes = 0;
      this.remaining = this.header.readUIntLE(0, 3);
      this.ended = this.remaining === 0 && !this.continues;
      this.continues = this.remaining === MAX_PACKET;
    }
    return position + 1;
  }
}
