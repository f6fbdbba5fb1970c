import { Capability, FieldType, has } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { StmtExecute } from './com-stmt-execute.js';

export interface ParameterType {
  /** FieldType. */
  readonly type: number;
  readonly unsigned: boolean;
}

/** Integers are bigints, dates and times the text that a server shows, everything that has a length its bytes (a copy). */
export type ParameterValue = bigint | number | string | Buffer | null;

const UNSIGNED = 0x8000;

/** The types that an execution binds, for its statement's parameters; null when it binds none and earlier ones hold. */
export function readParameterTypes(buffer: Uint8Array, execute: StmtExecute, capabilities: number): readonly ParameterType[] | null {
  if (!execute.typesBound) return null;
  const reader = new PacketReader(buffer, execute.typesStart, execute.typesEnd, 'COM_STMT_EXECUTE');
  return Array.from({ length: execute.parameters }, () => {
    const bound = reader.u16('type');
    if (has(capabilities, Capability.queryAttributes)) reader.lengthEncodedBytes('name');
    return { type: bound & 0xff, unsigned: (bound & UNSIGNED) !== 0 };
  });
}

/**
 * The values of an execution. `longData`: parameters whose bytes came by COM_STMT_SEND_LONG_DATA; the packet has none for them.
 *
 * @param types one for each parameter of the execution
 */
export function readParameterValues(
  buffer: Uint8Array,
  end: number,
  execute: StmtExecute,
  types: readonly ParameterType[],
  longData: ReadonlyMap<number, Buffer>,
): ParameterValue[] {
  const reader = new PacketReader(buffer, execute.valuesStart, end, 'COM_STMT_EXECUTE');
  return types.map((type, index) => {
    const long = longData.get(index);
    if (long !== undefined) return long;
    const isNull = (buffer[execute.nullBitmapStart + (index >>> 3)]! & (1 << (index & 7))) !== 0;
    return isNull ? null : readParameterValue(reader, type);
  });
}

/** One value of the binary protocol (manual: "Binary Protocol Value"). */
export function readParameterValue(reader: PacketReader, { type, unsigned }: ParameterType): ParameterValue {
  switch (type) {
    case FieldType.null:
      return null;
    case FieldType.tiny:
      return integer(BigInt(reader.u8('value')), 8, unsigned);
    case FieldType.short:
    case FieldType.year:
      return integer(BigInt(reader.u16('value')), 16, unsigned);
    case FieldType.long:
    case FieldType.int24:
      return integer(BigInt(reader.u32('value')), 32, unsigned);
    case FieldType.longLong:
      return integer(reader.u64('value'), 64, unsigned);
    case FieldType.float:
      return shortestOf(reader.bytes(4, 'value').readFloatLE());
    case FieldType.double:
      return reader.bytes(8, 'value').readDoubleLE();
    case FieldType.date:
    case FieldType.dateTime:
    case FieldType.timestamp:
      return readDate(reader, type);
    case FieldType.time:
      return readTime(reader);
    case FieldType.decimal:
    case FieldType.newDecimal:
      return reader.lengthEncodedString('value');
    default:
      return Buffer.from(reader.lengthEncodedBytes('value'));
  }
}

const integer = (bits: bigint, width: number, unsigned: boolean): bigint => (unsigned ? bits : BigInt.asIntN(width, bits));

/** The number with the fewest digits that is this one in single precision: 0.1, not 0.10000000149011612. */
function shortestOf(single: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return shorter;
  }
  return single;
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
const fraction = (microseconds: number): string => (microseconds === 0 ? '' : `.${pad(microseconds, 6)}`);

/** 1 length (0, 4, 7 or 11), 2 year, 1 month, 1 day, [1 hour, 1 minute, 1 second, [4 microseconds]]. */
function readDate(reader: PacketReader, type: number): string {
  const length = reader.u8('length of the value');
  if (![0, 4, 7, 11].includes(length)) throw reader.violation('value', `is a date of ${length} bytes`);
  const date = length === 0 ? '0000-00-00' : `${pad(reader.u16('year'), 4)}-${pad(reader.u8('month'))}-${pad(reader.u8('day'))}`;
  if (length < 7) return type === FieldType.date ? date : `${date} 00:00:00`;
  const time = `${pad(reader.u8('hour'))}:${pad(reader.u8('minute'))}:${pad(reader.u8('second'))}`;
  return `${date} ${time}${length === 11 ? fraction(reader.u32('microseconds')) : ''}`;
}

/** 1 length (0, 8 or 12), 1 negative, 4 days, 1 hours, 1 minutes, 1 seconds, [4 microseconds]. */
function readTime(reader: PacketReader): string {
  const length = reader.u8('length of the value');
  if (![0, 8, 12].includes(length)) throw reader.violation('value', `is a time of ${length} bytes`);
  if (length === 0) return '00:00:00';
  const sign = reader.u8('sign') === 0 ? '' : '-';
  const hours = reader.u32('days') * 24 + reader.u8('hours');
  const time = `${sign}${pad(hours)}:${pad(reader.u8('minutes'))}:${pad(reader.u8('seconds'))}`;
  return time + (length === 12 ? fraction(reader.u32('microseconds')) : '');
}
