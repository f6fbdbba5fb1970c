import { Capability, Command, CursorFlag, has, PACKET_HEADER_BYTES } from '../constants.js';
import { ProtocolViolation } from '../wire/protocol-violation.js';
import { asBuffer, PacketReader } from '../wire/reader.js';
import { PacketWriter } from '../wire/writer.js';

/** Offset of the statement id in the payload of COM_STMT_EXECUTE, FETCH, CLOSE, RESET, SEND_LONG_DATA and BULK_EXECUTE. */
const STATEMENT_ID_IN_COMMAND = 1;
/** MariaDB: this id names the statement prepared last, whose reply may still be under way. */
export const LAST_PREPARED_STATEMENT = 0xffff_ffff;

/** Offset of the null bitmap in a COM_STMT_EXECUTE without query attributes: command, id, flags, iterations. */
export const NULL_BITMAP_OFFSET = 10;
/** Offset of the types in a COM_STMT_BULK_EXECUTE: command, id, flags. */
export const BULK_TYPES_OFFSET = 7;
/** MariaDB, STMT_BULK_FLAG_CLIENT_SEND_TYPES: the types are in the packet. */
const BULK_SENDS_TYPES = 128;

/** Where the parts of a COM_STMT_EXECUTE are, as offsets into the buffer read. */
export interface StmtExecute {
  readonly statementId: number;
  /** CursorFlag. */
  readonly flags: number;
  /** Parameters in this packet: the statement's and, behind them, query attributes. */
  readonly parameters: number;
  /** All further offsets are -1 when there are no parameters. */
  readonly nullBitmapStart: number;
  /** Offset of the new-params-bound flag, directly behind the null bitmap. */
  readonly boundFlagStart: number;
  readonly typesBound: boolean;
  /** Types (2 bytes each; with `queryAttributes` each followed by its lenenc name); empty when `typesBound` is false. */
  readonly typesStart: number;
  readonly typesEnd: number;
  /** The values run from here to the end. */
  readonly valuesStart: number;
}

/**
 * COM_STMT_EXECUTE: 1 0x17, 4 statement id, 1 flags, 4 iterations (1); when the statement has parameters, or with `queryAttributes`
 * the flag PARAMETER_COUNT_AVAILABLE is set: with `queryAttributes` lenenc parameter count, null bitmap, 1 new-params-bound,
 * [types], values.
 *
 * @param statementParameters parameters of the prepared statement
 */
export function readComStmtExecute(
  buffer: Uint8Array,
  start: number,
  end: number,
  statementParameters: number,
  capabilities: number,
): StmtExecute {
  const reader = new PacketReader(buffer, start, end, 'COM_STMT_EXECUTE');
  reader.skip(1, 'command');
  const statementId = reader.u32('statement id');
  const flags = reader.u8('flags');
  reader.skip(4, 'iterations');
  const attributes = has(capabilities, Capability.queryAttributes);
  const counted = attributes && (statementParameters > 0 || has(flags, CursorFlag.parameterCountAvailable));
  const parameters = counted ? reader.lengthEncodedCount('parameter count') : statementParameters;
  if (parameters < statementParameters)
    throw reader.violation('parameter count', `is ${parameters}, the statement has ${statementParameters}`);
  if (parameters === 0) return { statementId, flags, parameters, ...noParameters };
  const nullBitmapStart = reader.position;
  reader.skip((parameters + 7) >>> 3, 'null bitmap');
  const boundFlagStart = reader.position;
  const typesBound = reader.u8('new-params-bound') === 1;
  const typesStart = reader.position;
  if (typesBound) skipTypes(reader, parameters, attributes);
  const typesEnd = reader.position;
  return { statementId, flags, parameters, nullBitmapStart, boundFlagStart, typesBound, typesStart, typesEnd, valuesStart: typesEnd };
}

/** The same; null when the packet ends too soon. */
export function tryReadComStmtExecute(...packet: Parameters<typeof readComStmtExecute>): StmtExecute | null {
  try {
    return readComStmtExecute(...packet);
  } catch (error) {
    if (error instanceof ProtocolViolation) return null;
    throw error;
  }
}

const noParameters = {
  nullBitmapStart: -1,
  boundFlagStart: -1,
  typesBound: false,
  typesStart: -1,
  typesEnd: -1,
  valuesStart: -1,
} as const;

function skipTypes(reader: PacketReader, parameters: number, named: boolean): void {
  for (let index = 0; index < parameters; index++) {
    reader.skip(2, 'type');
    if (named) reader.lengthEncodedBytes('name');
  }
}

/**
 * The same command with `types` bound: for a server connection that has not seen the types which the client bound on an
 * earlier execution. `types` are bytes `[typesStart, typesEnd)` of that execution, read with the same capabilities.
 *
 * @param execute of `buffer[start, end)`, with parameters and without bound types
 * @returns whole packets from sequence 0; the caller's own
 */
export function withBoundTypes(buffer: Uint8Array, start: number, end: number, execute: StmtExecute, types: Uint8Array): Buffer {
  const bytes = asBuffer(buffer);
  const writer = new PacketWriter(0, PACKET_HEADER_BYTES + end - start + types.length).startPacket();
  writer.bytes(bytes.subarray(start, execute.boundFlagStart)).u8(1).bytes(types).bytes(bytes.subarray(execute.typesEnd, end));
  return writer.endPacket().take();
}

/** Whether the COM_STMT_BULK_EXECUTE (1 0xfa, 4 statement id, 2 flags, [types], rows) in `buffer[start, end)` has types. */
export function bulkHasTypes(buffer: Uint8Array, start: number, end: number): boolean {
  return start + BULK_TYPES_OFFSET <= end && (buffer[start + BULK_TYPES_OFFSET - 2]! & BULK_SENDS_TYPES) !== 0;
}

/** The same command with `types`, 2 bytes each, which it does not have; see `withBoundTypes`. */
export function withBulkTypes(buffer: Uint8Array, start: number, end: number, types: Uint8Array): Buffer {
  const bytes = asBuffer(buffer);
  const behind = start + BULK_TYPES_OFFSET;
  const writer = new PacketWriter(0, PACKET_HEADER_BYTES + end - start + types.length).startPacket();
  writer.bytes(bytes.subarray(start, behind - 2)).u16(bytes.readUInt16LE(behind - 2) | BULK_SENDS_TYPES);
  writer.bytes(types).bytes(bytes.subarray(behind, end));
  return writer.endPacket().take();
}

/** The statement id of a COM_STMT_* command's payload. */
export function statementIdOf(buffer: Uint8Array, start: number, end: number): number {
  const reader = new PacketReader(buffer, start, end, 'COM_STMT command');
  reader.skip(STATEMENT_ID_IN_COMMAND, 'command');
  return reader.u32('statement id');
}

/** Overwrites the statement id of a COM_STMT_* command's payload in place. */
export function replaceStatementId(buffer: Uint8Array, payloadStart: number, statementId: number): void {
  asBuffer(buffer).writeUInt32LE(statementId >>> 0, payloadStart + STATEMENT_ID_IN_COMMAND);
}

/** Writes COM_STMT_CLOSE, which has no reply. */
export function writeComStmtClose(writer: PacketWriter, statementId: number): void {
  writer.startPacket().u8(Command.stmtClose).u32(statementId).endPacket();
}
/** Writes COM_STMT_PREPARE. */
export function writeComStmtPrepare(writer: PacketWriter, text: string | Uint8Array): void {
  writer.startPacket().u8(Command.stmtPrepare);
  if (typeof text === 'string') writer.string(text);
  else writer.bytes(text);
  writer.endPacket();
}
