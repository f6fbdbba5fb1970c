import { Capability, has } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';
import { skipBinaryValue } from './binary-value.js';

/** A query attribute; its value stays where it is: `buffer[valueStart, valueEnd)` in the binary protocol's form. */
export interface QueryAttribute {
  readonly name: string;
  readonly type: number;
  readonly isNull: boolean;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * COM_QUERY: 1 0x03, with `queryAttributes`: lenenc parameter count, lenenc parameter set count (1), and when there are
 * parameters: null bitmap, 1 new-params-bound (1), for each 2 type and lenenc name, values; rest: the text.
 *
 * @returns where in `buffer` the text begins; it ends at `end`
 */
export function queryTextStart(buffer: Uint8Array, start: number, end: number, capabilities: number): number {
  if (!has(capabilities, Capability.queryAttributes)) return start + 1;
  // Nearly every client sends 0 parameters in 1 set.
  if (end - start >= 3 && buffer[start + 1] === 0 && buffer[start + 2] === 1) return start + 3;
  return walkAttributes(buffer, start, end, null);
}

/** The attributes of a COM_QUERY; none for a client without `queryAttributes`. */
export function readQueryAttributes(buffer: Uint8Array, start: number, end: number, capabilities: number): QueryAttribute[] {
  const attributes: QueryAttribute[] = [];
  if (has(capabilities, Capability.queryAttributes)) walkAttributes(buffer, start, end, attributes);
  return attributes;
}

/** Writes a COM_QUERY without attributes; begins at sequence 0. */
export function writeComQuery(writer: PacketWriter, text: string | Uint8Array, capabilities: number): void {
  writer.startPacket().u8(0x03);
  if (has(capabilities, Capability.queryAttributes)) writer.u8(0).u8(1);
  if (typeof text === 'string') writer.string(text);
  else writer.bytes(text);
  writer.endPacket();
}

function walkAttributes(buffer: Uint8Array, start: number, end: number, into: QueryAttribute[] | null): number {
  const reader = new PacketReader(buffer, start, end, 'COM_QUERY');
  reader.skip(1, 'command');
  const count = reader.lengthEncodedCount('parameter count');
  const sets = reader.lengthEncodedCount('parameter set count');
  if (sets !== 1) throw reader.violation('parameter set count', `is ${sets}, expected 1`);
  if (count === 0) return reader.position;
  const nullBitmap = reader.bytes((count + 7) >>> 3, 'null bitmap');
  if (reader.u8('new-params-bound') !== 1) throw reader.violation('new-params-bound', 'is not 1');
  const types: number[] = [];
  const names: string[] = [];
  for (let index = 0; index < count; index++) {
    types.push(reader.u16('type') & 0xff);
    names.push(reader.lengthEncodedString('name'));
  }
  for (let index = 0; index < count; index++) {
    const isNull = (nullBitmap[index >>> 3]! & (1 << (index & 7))) !== 0;
    const valueStart = reader.position;
    if (!isNull) skipBinaryValue(reader, types[index]!);
    into?.push({ name: names[index]!, type: types[index]!, isNull, valueStart, valueEnd: reader.position });
  }
  return reader.position;
}
