import type { PacketWriter } from '../wire/writer.js';
import type { TextValue } from './text-row.js';

/** Bits in front of the first column's in the null bitmap of a row. */
const RESERVED_BITS = 2;

/** Binary Protocol Resultset Row for columns that are all strings: 1 0x00, null bitmap, lenenc strings of what is not NULL. */
export function writeBinaryRow(writer: PacketWriter, values: readonly TextValue[]): void {
  const nulls = new Uint8Array((values.length + 7 + RESERVED_BITS) >>> 3);
  for (const [index, value] of values.entries()) {
    const bit = index + RESERVED_BITS;
    if (value === null) nulls[bit >>> 3]! |= 1 << (bit & 7);
  }
  writer.startPacket().u8(0).bytes(nulls);
  for (const value of values) {
    if (value === null) continue;
    if (typeof value === 'object') writer.lengthEncodedBytes(value);
    else writer.lengthEncodedString(String(value));
  }
  writer.endPacket();
}
