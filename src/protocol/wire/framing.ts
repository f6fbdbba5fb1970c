import { MAX_PACKET, PACKET_HEADER_BYTES } from '../constants.js';
import { ProtocolViolation } from './protocol-violation.js';

const NOTHING = Buffer.alloc(0);
/** A buffer for cut commands that grew beyond this is not kept once its command is done. */
const KEPT_BYTES = 16_384;

/**
 * Cuts a byte stream into messages: one packet, or several where the payload is 16 MiB - 1 or longer. For what a client
 * sends, and for a server's handshake; replies are followed by the ReplyTracker, which never needs a whole packet.
 *
 *     assembler.feed(buffer, start, end);
 *     while (assembler.next()) handle(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd);
 *
 * A message that lies whole in the chunk is not copied and nothing is allocated. One that is cut is collected in a buffer of
 * the assembler that grows with what has arrived, never with what a header announces.
 *
 * Ownership: all ranges are valid until the next call of `next` or `feed`, and no longer than the chunk fed.
 * `feed` may only be called again when `next` has returned false (or `takeUnread` was called).
 */
export class PacketAssembler {
  /** The payload of the message, without headers, in one piece. */
  payloadBuffer: Uint8Array = NOTHING;
  payloadStart = 0;
  payloadEnd = 0;
  /** The message as it came, all headers included. */
  rawBuffer: Uint8Array = NOTHING;
  rawStart = 0;
  rawEnd = 0;
  /** Sequence number of the message's last packet: the reply begins with the next. */
  sequence = 0;
  /** Sequence number that the next message must begin with. */
  expectedSequence = 0;
  /**
   * false: each message begins at 0, as commands do. true: each goes on where the last message ended, as LOCAL INFILE data
   * does; set `expectedSequence` where the peer's packets are interleaved with one's own, as in the handshake.
   */
  continueSequence = false;

  private chunk: Uint8Array = NOTHING;
  private position = 0;
  private end = 0;

  private held: Buffer = NOTHING;
  private heldLength = 0;
  /** Where in `held` the header of the packet begins that is being collected. */
  private heldPacket = 0;
  /** The message in `held` was returned by `next` and is dropped at the next call. */
  private heldReturned = false;

  /** @param maxPayloadBytes longest payload of a message; `max_allowed_packet` */
  constructor(public maxPayloadBytes: number) {}

  /** Bytes of an incomplete message that are kept. */
  get heldBytes(): number {
    return this.heldReturned ? 0 : this.heldLength;
  }

  /** Bytes that `takeUnread` would give. */
  get unreadBytes(): number {
    return this.heldBytes + this.end - this.position;
  }

  feed(buffer: Uint8Array, start: number, end: number): void {
    this.chunk = buffer;
    this.position = start;
    this.end = end;
  }

  /**
   * Goes to the next whole message; false when the chunk is used up (what is left of it has been copied).
   * @throws ProtocolViolation packetsOutOfOrder (1156), packetTooLarge (1153)
   */
  next(): boolean {
    if (this.heldReturned) this.dropHeld();
    if (this.heldLength > 0) return this.nextFromHeld();
    const { chunk, position, end } = this;
    if (end - position >= PACKET_HEADER_BYTES) {
      const length = chunk[position]! | (chunk[position + 1]! << 8) | (chunk[position + 2]! << 16);
      const payloadStart = position + PACKET_HEADER_BYTES;
      if (length < MAX_PACKET && payloadStart + length <= end) {
        const sequence = chunk[position + 3]!;
        if (sequence !== this.expectedSequence) throw this.outOfOrder(sequence, this.expectedSequence);
        if (length > this.maxPayloadBytes) throw this.tooLarge(length);
        this.payloadBuffer = this.rawBuffer = chunk;
        this.rawStart = position;
        this.payloadStart = payloadStart;
        this.position = this.payloadEnd = this.rawEnd = payloadStart + length;
        this.finished(sequence);
        return true;
      }
    }
    return position < end && this.nextFromHeld();
  }

  /** Takes the bytes that no message was cut from yet, e.g. what follows an SSLRequest. A copy. */
  takeUnread(): Buffer {
    if (this.heldReturned) this.dropHeld();
    const unread = Buffer.concat([this.held.subarray(0, this.heldLength), this.chunk.subarray(this.position, this.end)]);
    this.dropHeld();
    this.position = this.end;
    return unread;
  }

  /** Collects the message in `held`, packet by packet. */
  private nextFromHeld(): boolean {
    for (;;) {
      if (!this.collect(this.heldPacket + PACKET_HEADER_BYTES)) return false;
      const { held, heldPacket } = this;
      const length = held.readUIntLE(heldPacket, 3);
      this.checkHeldHeader(length);
      const packetEnd = heldPacket + PACKET_HEADER_BYTES + length;
      if (!this.collect(packetEnd)) return false;
      if (length < MAX_PACKET) {
        this.returnHeld(packetEnd);
        return true;
      }
      this.heldPacket = packetEnd;
    }
  }

  private checkHeldHeader(length: number): void {
    const packets = this.heldPacket / (MAX_PACKET + PACKET_HEADER_BYTES);
    const sequence = this.held[this.heldPacket + 3]!;
    const expected = (this.expectedSequence + packets) & 0xff;
    if (sequence !== expected) throw this.outOfOrder(sequence, expected);
    const payload = packets * MAX_PACKET + length;
    if (payload > this.maxPayloadBytes) throw this.tooLarge(payload);
  }

  private returnHeld(rawEnd: number): void {
    this.rawBuffer = this.held;
    this.rawStart = 0;
    this.rawEnd = rawEnd;
    const sequence = this.held[this.heldPacket + 3]!;
    if (this.heldPacket === 0) {
      this.payloadBuffer = this.held;
      this.payloadStart = PACKET_HEADER_BYTES;
      this.payloadEnd = rawEnd;
    } else {
      this.payloadBuffer = joinPayloads(this.held, rawEnd);
      this.payloadStart = 0;
      this.payloadEnd = this.payloadBuffer.length;
    }
    this.heldReturned = true;
    this.finished(sequence);
  }

  private finished(sequence: number): void {
    this.sequence = sequence;
    this.expectedSequence = this.continueSequence ? (sequence + 1) & 0xff : 0;
  }

  /** Moves bytes from the chunk until `held` has `wanted`; false when the chunk has no more. */
  private collect(wanted: number): boolean {
    const missing = wanted - this.heldLength;
    if (missing <= 0) return true;
    const moved = Math.min(missing, this.end - this.position);
    this.reserveHeld(this.heldLength + moved, wanted);
    this.held.set(this.chunk.subarray(this.position, this.position + moved), this.heldLength);
    this.heldLength += moved;
    this.position += moved;
    return moved === missing;
  }

  private reserveHeld(needed: number, wanted: number): void {
    if (needed <= this.held.length) return;
    const size = Math.max(needed, Math.min(wanted, this.held.length * 2), 512);
    const larger = Buffer.allocUnsafeSlow(size);
    this.held.copy(larger, 0, 0, this.heldLength);
    this.held = larger;
  }

  private dropHeld(): void {
    this.heldReturned = false;
    this.heldLength = 0;
    this.heldPacket = 0;
    if (this.held.length > KEPT_BYTES) {
      this.held = NOTHING;
      this.rawBuffer = this.payloadBuffer = NOTHING;
    }
  }

  private outOfOrder(sequence: number, expected: number): ProtocolViolation {
    return new ProtocolViolation(`packet with sequence ${sequence}, expected ${expected}`, 'packetsOutOfOrder');
  }
  private tooLarge(payload: number): ProtocolViolation {
    return new ProtocolViolation(`at least ${payload} bytes announced, at most ${this.maxPayloadBytes} accepted`, 'packetTooLarge');
  }
}

/** The payloads of the packets in `raw[0, end)`, without the headers between them. */
function joinPayloads(raw: Buffer, end: number): Buffer {
  const step = MAX_PACKET + PACKET_HEADER_BYTES;
  const packets = Math.ceil(end / step);
  const joined = Buffer.allocUnsafeSlow(end - packets * PACKET_HEADER_BYTES);
  for (let packet = 0; packet < packets; packet++) {
    raw.copy(joined, packet * MAX_PACKET, packet * step + PACKET_HEADER_BYTES, Math.min((packet + 1) * step, end));
  }
  return joined;
}
