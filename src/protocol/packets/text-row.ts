import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

/** A value of the text protocol; numbers and bigints are written in decimal. */
export type TextValue = string | Uint8Array | number | bigint | null;

/** ProtocolText::ResultsetRow: for each column 0xFB for NULL, else a lenenc string. */
export function writeTextRow(writer: PacketWriter, values: readonly TextValue[]): void {
  writer.startPacket();
  for (const value of values) {
    if (value === null) writer.u8(0xfb);
    else if (typeof value === 'object') writer.lengthEncodedBytes(value);
    else writer.lengthEncodedString(String(value));
  }
  writer.endPacket();
}

/** The values of a row; views of `buffer`. */
export function readTextRow(buffer: Uint8Array, start: number, end: number): (Buffer | null)[] {
  const reader = new PacketReader(buffer, start, end, 'text row');
  const values: (Buffer | null)[] = [];
  while (reader.remaining > 0) values.push(reader.nullableBytes('value'));
  return values;
}
