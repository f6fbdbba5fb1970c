import type { ServerError } from '../../base/errors.js';
import { PACKET_HEADER_BYTES } from '../../protocol/constants.js';
import { readErr } from '../../protocol/packets/err.js';
import { readTextRow } from '../../protocol/packets/text-row.js';
import { type ReplyKind, ReplyTracker } from '../../protocol/reply-tracker.js';
import { ProtocolViolation } from '../../protocol/wire/protocol-violation.js';

/** Far more than the variables of any server. */
const MAX_REPLY_BYTES = 4 * 1_048_576;

/** The reply to one of weir's own queries, whole. */
export interface WholeReply {
  readonly error: ServerError | null;
  /** Of the only result set. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Status of the reply's last packet. */
  readonly status: number;
}

/** Collects small replies of a server, one after the other; for statements of weir itself, not for those of clients. */
export class ReplyRows {
  private readonly tracker: ReplyTracker;
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(capabilities: number, mariadbCapabilities: number) {
    this.tracker = new ReplyTracker(capabilities, mariadbCapabilities);
  }

  begin(kind: ReplyKind): void {
    this.chunks = [];
    this.size = 0;
    this.tracker.begin(kind);
  }

  get done(): boolean {
    return this.tracker.done;
  }

  /**
   * Takes bytes of the reply; returns up to where they belong to it. Copies what it takes.
   * @throws ProtocolViolation
   */
  feed(buffer: Buffer, start: number, end: number): number {
    let position = start;
    while (position < end && !this.tracker.done) position = this.tracker.feed(buffer, position, end);
    this.size += position - start;
    if (this.size > MAX_REPLY_BYTES) throw new ProtocolViolation(`a reply of more than ${MAX_REPLY_BYTES} bytes during the login`);
    this.chunks.push(Buffer.from(buffer.subarray(start, position)));
    return position;
  }

  /** To be called when `done`. */
  take(): WholeReply {
    const { tracker } = this;
    const packets = packetsOf(Buffer.concat(this.chunks));
    this.chunks = [];
    const last = packets.at(-1);
    if (last === undefined) throw new ProtocolViolation('a reply without packets');
    if (tracker.isError) return { error: readErr(last, 0, last.length), rows: [], status: tracker.statusFlags };
    const rows = packets.slice(packets.length - 1 - tracker.rows, packets.length - 1);
    return { error: null, rows: rows.map(readRow), status: tracker.statusFlags };
  }
}

function readRow(payload: Buffer): (string | null)[] {
  return readTextRow(payload, 0, payload.length).map((value) => value?.toString('utf8') ?? null);
}

function packetsOf(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let position = 0; position < bytes.length; ) {
    const start = position + PACKET_HEADER_BYTES;
    position = start + bytes.readUIntLE(position, 3);
    packets.push(bytes.subarray(start, position));
  }
  return packets;
}
