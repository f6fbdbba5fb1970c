import { assert } from '../../base/assert.js';
import { MAX_PACKET, PACKET_HEADER_BYTES } from '../constants.js';

/**
 * Builds packets one behind the other in a growing buffer. `startPacket` leaves room for the header, `endPacket` fills it in
 * and counts the sequence on; a payload of 16 MiB - 1 or more becomes several packets as the protocol demands.
 *
 *     const writer = new PacketWriter(1);
 *     writeOk(writer, { … }, capabilities);
 *     transport.write(writer.take(), …);
 */
export class PacketWriter {
  private buffer: Buffer;
  private length = 0;
  private packetStart = -1;

  /** @param sequence number of the first packet: that of the packet answered, plus 1 */
  constructor(
    public sequence = 0,
    initialBytes = 256,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Bytes written so far, headers included. */
  get size(): number {
    return this.length;
  }

  startPacket(): this {
    assert(this.packetStart < 0, 'startPacket inside a packet');
    this.packetStart = this.length;
    this.reserve(PACKET_HEADER_BYTES);
    this.length += PACKET_HEADER_BYTES;
    return this;
  }

  endPacket(): this {
    assert(this.packetStart >= 0, 'endPacket without startPacket');
    const start = this.packetStart;
    this.packetStart = -1;
    const payload = this.length - start - PACKET_HEADER_BYTES;
    if (payload >= MAX_PACKET) this.split(start, payload);
    else this.header(start, payload);
    return this;
  }

  u8(value: number): this {
    this.reserve(1);
    this.buffer[this.length++] = value;
    return this;
  }
  u16(value: number): this {
    this.reserve(2);
    this.length = this.buffer.writeUInt16LE(value & 0xffff, this.length);
    return this;
  }
  u24(value: number): this {
    this.reserve(3);
    this.length = this.buffer.writeUIntLE(value, this.length, 3);
    return this;
  }
  u32(value: number): this {
    this.reserve(4);
    this.length = this.buffer.writeUInt32LE(value >>> 0, this.length);
    return this;
  }
  u64(value: number | bigint): this {
    this.reserve(8);
    this.length = this.buffer.writeBigUInt64LE(BigInt(value), this.length);
    return this;
  }
  lengthEncoded(value: number | bigint): this {
    if (value < 0xfb) return this.u8(Number(value));
    if (value <= 0xffff) return this.u8(0xfc).u16(Number(value));
    if (value <= 0xff_ff_ff) return this.u8(0xfd).u24(Number(value));
    return this.u8(0xfe).u64(value);
  }
  bytes(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }
  zeros(count: number): this {
    this.reserve(count);
    this.buffer.fill(0, this.length, this.length + count);
    this.length += count;
    return this;
  }
  /** The string's UTF-8 bytes and nothing around them. */
  string(text: string): this {
    const size = Buffer.byteLength(text);
    this.reserve(size);
    this.length += this.buffer.write(text, this.length, size, 'utf8');
    return this;
  }
  nullTerminated(text: string): this {
    return this.string(text).u8(0);
  }
  lengthEncodedString(text: string): this {
    return this.lengthEncoded(Buffer.byteLength(text)).string(text);
  }
  lengthEncodedBytes(bytes: Uint8Array): this {
    return this.lengthEncoded(bytes.length).bytes(bytes);
  }

  /** Gives the bytes away; the writer starts again, empty, at the sequence it has reached. */
  take(): Buffer {
    assert(this.packetStart < 0, 'take inside a packet');
    const bytes = this.buffer.subarray(0, this.length);
    this.buffer = Buffer.allocUnsafeSlow(256);
    this.length = 0;
    return bytes;
  }

  private header(at: number, payload: number): void {
    this.buffer.writeUIntLE(payload, at, 3);
    this.buffer[at + 3] = this.sequence;
    this.sequence = (this.sequence + 1) & 0xff;
  }

  /** Moves the tail of the payload back, piece by piece from behind, to make room for the headers in between. */
  private split(start: number, payload: number): void {
    const pieces = Math.floor(payload / MAX_PACKET) + 1;
    this.reserve((pieces - 1) * PACKET_HEADER_BYTES);
    const payloadStart = start + PACKET_HEADER_BYTES;
    for (let piece = pieces - 1; piece > 0; piece--) {
      const from = payloadStart + piece * MAX_PACKET;
      const size = Math.min(MAX_PACKET, payload - piece * MAX_PACKET);
      this.buffer.copyWithin(from + piece * PACKET_HEADER_BYTES, from, from + size);
    }
    for (let piece = 0; piece < pieces; piece++) {
      this.header(start + piece * (MAX_PACKET + PACKET_HEADER_BYTES), Math.min(MAX_PACKET, payload - piece * MAX_PACKET));
    }
    this.length += (pieces - 1) * PACKET_HEADER_BYTES;
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Several commands in one buffer: each begins at sequence 0, however many packets the one before it had. */
export function encodeCommands(commands: readonly ((writer: PacketWriter) => void)[]): Buffer {
  return Buffer.concat(
    commands.map((write) => {
      const writer = new PacketWriter();
      write(writer);
      return writer.take();
    }),
  );
}

/** The packet(s) of one payload. */
export function encodePacket(sequence: number, payload: Uint8Array): Buffer {
  return new PacketWriter(sequence, payload.length + PACKET_HEADER_BYTES).startPacket().bytes(payload).endPacket().take();
}
