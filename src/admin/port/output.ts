import type { Transport } from '../../net/transport.js';
import type { PacketWriter } from '../../protocol/wire/writer.js';

/** Bytes that a client may leave unread before nothing more is made for it. */
const MOST_PENDING_BYTES = 1024 * 1024;

/** Sends what is written, at the pace of the client: one that does not read costs no more than what is pending. */
export class AdminOutput {
  /** Another one once TLS began. */
  transport: Transport;
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(writer: PacketWriter): void {
    if (writer.size === 0) return;
    const bytes = writer.take();
    this.transport.write(bytes, 0, bytes.length, null);
  }

  /** Sends, then waits for the client if it is behind; others get their turn in any case. */
  async sendPaced(writer: PacketWriter): Promise<void> {
    this.send(writer);
    if (this.#closed) return;
    if (this.transport.pendingBytes <= MOST_PENDING_BYTES) return new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  drained(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** Nothing is sent any more; whoever waits goes on and finds it closed. */
  close(): void {
    this.#closed = true;
    this.drained();
  }
}
