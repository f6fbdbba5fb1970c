import { ProtocolViolation } from './protocol-violation.js';

/**
 * The one reader of packet payloads; every read is checked against the end.
 *
 * Ownership: byte ranges it returns are views of the buffer it reads, valid as long as that buffer is; for what a
 * transport delivered, until `onBytes` returns. Strings and numbers are the caller's.
 *
 * @throws ProtocolViolation from every method that reads, naming the packet and the field
 */
export class PacketReader {
  private readonly view: Buffer;
  position: number;

  constructor(
    bytes: Uint8Array,
    start: number,
    readonly end: number,
    private readonly packetName: string,
  ) {
    this.view = asBuffer(bytes);
    this.position = start;
    if (start > end || end > bytes.length) throw new ProtocolViolation(`${packetName}: range ${start}-${end} of ${bytes.length} bytes`);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  u8(field: string): number {
    return this.view[this.take(1, field)]!;
  }
  u16(field: string): number {
    return this.view.readUInt16LE(this.take(2, field));
  }
  u24(field: string): number {
    return this.view.readUIntLE(this.take(3, field), 3);
  }
  u32(field: string): number {
    return this.view.readUInt32LE(this.take(4, field));
  }
  u64(field: string): bigint {
    return this.view.readBigUInt64LE(this.take(8, field));
  }

  /** A length-encoded integer: a number where it is safe as one, else a bigint. 0xFB (NULL) and 0xFF are violations. */
  lengthEncoded(field: string): number | bigint {
    const first = this.u8(field);
    if (first < 0xfb) return first;
    switch (first) {
      case 0xfc:
        return this.u16(field);
      case 0xfd:
        return this.u24(field);
      case 0xfe: {
        const value = this.u64(field);
        return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
      }
      default:
        throw this.violation(field, `0x${first.toString(16)} is not a length-encoded integer`);
    }
  }

  /** A length-encoded integer that counts something: violation beyond 2^53-1. */
  lengthEncodedCount(field: string): number {
    const value = this.lengthEncoded(field);
    if (typeof value === 'number') return value;
    throw this.violation(field, `count ${value} is impossible`);
  }

  bytes(length: number, field: string): Buffer {
    const start = this.take(length, field);
    return this.view.subarray(start, start + length);
  }
  skip(length: number, field: string): void {
    this.take(length, field);
  }
  lengthEncodedBytes(field: string): Buffer {
    return this.bytes(this.lengthEncodedCount(field), field);
  }
  lengthEncodedString(field: string): string {
    return this.lengthEncodedBytes(field).toString('utf8');
  }
  /** NULL (0xFB) or length-encoded bytes: a value of a text row. */
  nullableBytes(field: string): Buffer | null {
    if (this.remaining > 0 && this.view[this.position] === 0xfb) {
      this.position++;
      return null;
    }
    return this.lengthEncodedBytes(field);
  }

  nullTerminatedBytes(field: string): Buffer {
    const zero = this.view.subarray(this.position, this.end).indexOf(0);
    if (zero < 0) throw this.violation(field, 'has no terminating NUL');
    const bytes = this.view.subarray(this.position, this.position + zero);
    this.position += zero + 1;
    return bytes;
  }
  nullTerminatedString(field: string): string {
    return this.nullTerminatedBytes(field).toString('utf8');
  }
  /** A NUL-terminated string whose NUL some peers leave out at the end of the packet. */
  nullTerminatedOrRest(field: string): string {
    const zero = this.view.subarray(this.position, this.end).indexOf(0);
    return zero < 0 ? this.rest().toString('utf8') : this.nullTerminatedString(field);
  }

  rest(): Buffer {
    const bytes = this.view.subarray(this.position, this.end);
    this.position = this.end;
    return bytes;
  }
  /** @throws ProtocolViolation when bytes are left */
  expectEnd(): void {
    if (this.position !== this.end) throw new ProtocolViolation(`${this.packetName}: ${this.remaining} bytes behind the last field`);
  }

  violation(field: string, problem: string): ProtocolViolation {
    return new ProtocolViolation(`${this.packetName}: ${field} ${problem}`);
  }

  private take(length: number, field: string): number {
    const start = this.position;
    if (length > this.end - start) throw this.violation(field, `needs ${length} bytes, ${this.end - start} are left`);
    this.position = start + length;
    return start;
  }
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
