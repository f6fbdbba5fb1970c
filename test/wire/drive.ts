import { ReplyEvent, type ReplyKind, type ReplyTracker } from '../../src/protocol/reply-tracker.js';

/** What a session would see of a reply, however the bytes were cut. */
export interface Observed {
  /** `forward N` for N bytes in a row, else the event and its packet in hexadecimal. */
  readonly events: readonly string[];
  readonly state: Record<string, unknown>;
  readonly bytes: Buffer;
}

const eventNames = new Map<number, string>(Object.entries(ReplyEvent).map(([name, value]) => [value, name]));

/** Feeds the replies in chunks that end at the given offsets; each chunk lies in a buffer of its own that is then overwritten. */
export function drive(
  tracker: ReplyTracker,
  kind: ReplyKind,
  replies: readonly Buffer[],
  chunkBytes: (remaining: number) => number,
): Observed {
  const events: string[] = [];
  const out: Buffer[] = [];
  let forwarded = 0;
  const forward = (bytes: Uint8Array): void => {
    out.push(Buffer.from(bytes));
    forwarded += bytes.length;
  };
  const flush = (): void => {
    if (forwarded > 0) events.push(`forward ${forwarded}`);
    forwarded = 0;
  };
  tracker.begin(kind);
  for (const reply of replies) {
    for (let at = 0; at < reply.length; ) {
      const size = Math.min(chunkBytes(reply.length - at), reply.length - at);
      // The chunk lies in the middle of a slab, as it does for a transport.
      const slab = Buffer.alloc(size + 7, 0xa5);
      reply.copy(slab, 3, at, at + size);
      at += size;
      let position = 3;
      do {
        const consumed = tracker.feed(slab, position, 3 + size);
        if (tracker.forwardEnd > position) forward(slab.subarray(position, tracker.forwardEnd));
        if (tracker.event !== ReplyEvent.none) {
          const packet = Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd));
          if (tracker.event === ReplyEvent.held) forward(packet);
          else {
            flush();
            out.push(packet);
            events.push(`${eventNames.get(tracker.event)} ${packet.toString('hex')}`);
          }
        }
        if (consumed <= position) throw new Error('the tracker does not move');
        position = consumed;
      } while (position < 3 + size);
      slab.fill(0x5a);
    }
  }
  flush();
  return { events, state: stateOf(tracker), bytes: Buffer.concat(out) };
}

export function stateOf(tracker: ReplyTracker): Record<string, unknown> {
  const { done, isError, errno, statusFlags, warnings, affectedRows, lastInsertId, rows, resultSets, statementId, numColumns, numParams } =
    tracker;
  const { bytes, heldBytes } = tracker;
  return {
    ...{ done, isError, errno, statusFlags, warnings, affectedRows, lastInsertId, rows, resultSets, statementId, numColumns, numParams },
    ...{ bytes, heldBytes },
  };
}

export const whole = (): number => Number.MAX_SAFE_INTEGER;
export const bytewise = (): number => 1;
/** Two chunks, cut at `offset`. */
export function cutAt(offset: number): () => number {
  let first = true;
  return () => {
    if (!first) return Number.MAX_SAFE_INTEGER;
    first = false;
    return offset;
  };
}
