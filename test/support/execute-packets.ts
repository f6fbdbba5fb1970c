import { Command, CursorFlag, FieldType } from '../../src/protocol/constants.js';
import { PacketWriter } from '../../src/protocol/wire/writer.js';

/**
 * A parameter: numbers go as LONGLONG, texts as VAR_STRING. `{ "double": 1.5 }` and the like name the type; `{ "long": null }` has
 * no value in the packet, because it was sent by COM_STMT_SEND_LONG_DATA; `{ "null": "longLong" }` is NULL by its bit, with a type.
 */
export type Parameter = number | string | null | Readonly<Record<string, number | string | null>>;

export interface ExecuteOptions {
  /** Send the types (new-params-bound); default true. */
  readonly types?: boolean;
  /** CursorFlag. */
  readonly flags?: number;
  /** CLIENT_QUERY_ATTRIBUTES is negotiated: how many there are is in the packet, and these are behind the parameters, by name. */
  readonly attributes?: Readonly<Record<string, Parameter>>;
}

interface Encoded {
  readonly type: number;
  /** Null: the bit of the bitmap. */
  readonly bytes: Buffer | null;
}

const UNSIGNED = 0x8000;

function payload(write: (writer: PacketWriter) => void): Buffer {
  const writer = new PacketWriter();
  writer.startPacket();
  write(writer);
  return writer.endPacket().take().subarray(4);
}

const lengthPrefixed = (bytes: Buffer): Buffer => {
  const head =
    bytes.length < 0xfb
      ? Buffer.from([bytes.length])
      : bytes.length < 0x1_0000
        ? Buffer.from([0xfc, bytes.length & 0xff, bytes.length >> 8])
        : Buffer.from([0xfd, bytes.length & 0xff, (bytes.length >> 8) & 0xff, bytes.length >> 16]);
  return Buffer.concat([head, bytes]);
};

function number(bits: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes.subarray(0, bits / 8);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function encoded(value: Parameter): Encoded {
  if (value === null) return { type: FieldType.null, bytes: null };
  if (typeof value === 'number') return { type: FieldType.longLong, bytes: number(64, value) };
  if (typeof value === 'string') return { type: FieldType.varString, bytes: lengthPrefixed(Buffer.from(value)) };
  const [[name, inner] = ['', null]] = Object.entries(value);
  switch (name) {
    case 'null':
      return { type: FieldType[inner as keyof typeof FieldType], bytes: null };
    case 'long':
      return { type: FieldType.longBlob, bytes: Buffer.alloc(0) };
    case 'tiny':
      return { type: FieldType.tiny, bytes: number(8, Number(inner)) };
    case 'short':
      return { type: FieldType.short, bytes: number(16, Number(inner)) };
    case 'int':
      return { type: FieldType.long, bytes: number(32, Number(inner)) };
    case 'unsigned':
      return { type: FieldType.longLong | UNSIGNED, bytes: number(64, Number(inner)) };
    case 'double':
      return { type: FieldType.double, bytes: double(Number(inner)) };
    case 'decimal':
      return { type: FieldType.newDecimal, bytes: lengthPrefixed(Buffer.from(String(inner))) };
    case 'blob':
      return { type: FieldType.blob, bytes: lengthPrefixed(Buffer.from(String(inner))) };
    case 'date': {
      const [year = 0, month = 0, day = 0] = String(inner).split('-').map(Number);
      return { type: FieldType.date, bytes: Buffer.from([4, year & 0xff, year >> 8, month, day]) };
    }
    default:
      throw new Error(`there is no parameter type ${name}`);
  }
}

/** COM_STMT_EXECUTE. */
export function executePacket(id: number, values: readonly Parameter[], options: ExecuteOptions = {}): Buffer {
  const { attributes, flags = 0, types = true } = options;
  const names = [...values.map(() => ''), ...Object.keys(attributes ?? {})];
  const parameters = [...values, ...Object.values(attributes ?? {})].map(encoded);
  return payload((writer) => {
    const counted = attributes !== undefined && parameters.length > 0;
    writer.u8(Command.stmtExecute).u32(id);
    writer.u8(counted ? flags | CursorFlag.parameterCountAvailable : flags).u32(1);
    if (parameters.length === 0) return;
    if (counted) writer.lengthEncoded(parameters.length);
    const nulls = Buffer.alloc((parameters.length + 7) >> 3);
    for (const [index, { bytes }] of parameters.entries()) if (bytes === null) nulls[index >> 3]! |= 1 << (index & 7);
    writer.bytes(nulls).u8(types ? 1 : 0);
    if (types) {
      for (const [index, { type }] of parameters.entries()) {
        writer.u16(type);
        if (counted) writer.bytes(lengthPrefixed(Buffer.from(names[index]!)));
      }
    }
    for (const { bytes } of parameters) if (bytes !== null) writer.bytes(bytes);
  });
}

/** MariaDB's flags of COM_STMT_BULK_EXECUTE. */
export const BulkFlag = { unitResults: 64, sendsTypes: 128 } as const;
/** MariaDB's indicator in front of each value of a bulk. */
const INDICATORS: Readonly<Record<string, number>> = { null: 1, default: 2, ignore: 3, ignoreRow: 4 };

/** COM_STMT_BULK_EXECUTE; a value `{ "indicator": "default" }` has no bytes. The types are those of the first row without indicators. */
export function bulkPacket(id: number, rows: readonly (readonly Parameter[])[], flags: number): Buffer {
  const isValue = (value: Parameter): boolean => value !== null && !(typeof value === 'object' && 'indicator' in value);
  return payload((writer) => {
    writer.u8(Command.stmtBulkExecute).u32(id).u16(flags);
    if ((flags & BulkFlag.sendsTypes) !== 0) {
      for (const index of rows[0]!.keys()) writer.u16(encoded(rows.find((row) => isValue(row[index]!))?.[index] ?? null).type);
    }
    for (const value of rows.flat()) {
      if (isValue(value)) writer.u8(0).bytes(encoded(value).bytes!);
      else writer.u8(INDICATORS[value === null ? 'null' : String((value as { indicator: string }).indicator)]!);
    }
  });
}

/** COM_STMT_SEND_LONG_DATA, which is not answered. */
export function longDataPacket(id: number, parameter: number, data: Uint8Array): Buffer {
  const head = payload((writer) => writer.u8(Command.stmtSendLongData).u32(id).u16(parameter));
  return Buffer.concat([head, data]);
}

/** COM_STMT_FETCH. */
export function fetchPacket(id: number, rows: number): Buffer {
  return payload((writer) => writer.u8(Command.stmtFetch).u32(id).u32(rows));
}

/** A command that only names a statement: COM_STMT_RESET, COM_STMT_CLOSE. */
export function statementPacket(command: number, id: number): Buffer {
  return payload((writer) => writer.u8(command).u32(id));
}
