import { Command, CursorFlag, FieldType } from '../constants.js';
import type { PacketWriter } from '../wire/writer.js';

/** Numbers. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [FieldType.tiny, 1],
  [FieldType.short, 2],
  [FieldType.year, 2],
  [FieldType.int24, 4],
  [FieldType.long, 4],
  [FieldType.float, 4],
  [FieldType.longLong, 8],
  [FieldType.double, 8],
]);
/** 2000-01-01, and the first second of a day: MySQL 9.7 takes a date of zeros for another type. */
const DATE = [0xd0, 0x07, 1, 1];
/** What begins with its length, and is not ''. */
const WITH_LENGTH: ReadonlyMap<number, readonly number[]> = new Map([
  [FieldType.decimal, [0x30]],
  [FieldType.newDecimal, [0x30]],
  [FieldType.date, DATE],
  [FieldType.dateTime, [...DATE, 0, 0, 1]],
  [FieldType.timestamp, [...DATE, 0, 0, 1]],
  [FieldType.time, [0, 0, 0, 0, 0, 0, 0, 1]],
]);

/**
 * COM_STMT_EXECUTE with a value of each of these types: 0, '' or an early day; NULL for the type NULL.
 *
 * @param named CLIENT_QUERY_ATTRIBUTES is negotiated: there is a count, and each type has a name, which is empty
 */
export function writeExecuteOf(writer: PacketWriter, id: number, flags: number, types: Uint16Array, named: boolean): void {
  writer.startPacket().u8(Command.stmtExecute).u32(id);
  writer.u8(named ? flags | CursorFlag.parameterCountAvailable : flags).u32(1);
  if (named) writer.lengthEncoded(types.length);
  const nulls = Buffer.alloc((types.length + 7) >>> 3);
  for (const [index, type] of types.entries()) if (isNull(type)) nulls[index >>> 3]! |= 1 << (index & 7);
  writer.bytes(nulls).u8(1);
  for (const type of types) {
    writer.u16(type);
    if (named) writer.u8(0);
  }
  for (const type of types) if (!isNull(type)) writer.bytes(anyValue(type & 0xff));
  writer.endPacket();
}

/** The same with types and without any value: servers take over the types and refuse the rest. `types`: as in a packet without names. */
export function writeExecuteWithoutValues(writer: PacketWriter, id: number, parameters: number, types: Uint8Array): void {
  writer.startPacket().u8(Command.stmtExecute).u32(id).u8(CursorFlag.none).u32(1);
  writer
    .bytes(Buffer.alloc((parameters + 7) >>> 3))
    .u8(1)
    .bytes(types)
    .endPacket();
}

const isNull = (type: number): boolean => (type & 0xff) === FieldType.null;

function anyValue(type: number): Buffer {
  const size = FIXED_BYTES.get(type);
  if (size !== undefined) return Buffer.alloc(size);
  const bytes = WITH_LENGTH.get(type) ?? [];
  return Buffer.from([bytes.length, ...bytes]);
}
