import type { PreparedOnServer } from '../backend/backend-connection.js';
import { Capability, CursorFlag, has, MAX_PACKET, PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { readComStmtExecute, replaceStatementId, withBoundTypes, writeComStmtPrepare } from '../protocol/packets/com-stmt-execute.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import type { Command } from './command.js';
import { type ClientStatement, internTypes } from './prepared-statements.js';

/** Bytes of a command, headers included. `fromSlab`: they lie in the client transport's slab. */
export interface CommandBytes {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly fromSlab: boolean;
}

/** Offset of the null bitmap in a COM_STMT_EXECUTE without query attributes: command, id, flags, iterations. */
const NULL_BITMAP_OFFSET = 10;

/**
 * The command as this server connection must get it: its own statement id, the parameter types when it does not remember
 * this client's, and long data in front. The id is replaced in place.
 */
export function executeBytes(
  known: CommandBytes,
  statement: ClientStatement,
  prepared: PreparedOnServer,
  command: Command,
  capabilities: number,
): CommandBytes & { readonly commandSequence: number } {
  replaceStatementId(known.buffer, known.start + PACKET_HEADER_BYTES, prepared.id);
  const isExecute = command.replyKind === ReplyKind.execute;
  const types = isExecute && statement.parameters > 0 ? missingTypes(known, statement, prepared, capabilities) : null;
  if (types === null && statement.longData.length === 0) {
    // What lies in the client's assembler is used again for the next command; what was kept is the command's own.
    const shared = !known.fromSlab && command.bytes === null;
    if (!shared) return { ...known, commandSequence: command.sequence };
    const copy = Buffer.from(known.buffer.subarray(known.start, known.end));
    return { buffer: copy, start: 0, end: copy.length, fromSlab: false, commandSequence: command.sequence };
  }
  const execute = types === null ? Buffer.from(known.buffer.subarray(known.start, known.end)) : types;
  const commandSequence = types === null ? command.sequence : lastSequence(types);
  const buffer = isExecute ? Buffer.concat([...longDataFor(statement, prepared.id), execute]) : execute;
  return { buffer, start: 0, end: buffer.length, fromSlab: false, commandSequence };
}

/** The usual execution: one packet in which only the statement id changes. Allocates nothing. */
export function goesAsItIs(
  buffer: Uint8Array,
  start: number,
  statement: ClientStatement,
  prepared: PreparedOnServer,
  command: Command,
  capabilities: number,
): boolean {
  if (statement.longData.length > 0) return false;
  if (command.replyKind !== ReplyKind.execute || statement.parameters === 0) return true;
  if (has(capabilities, Capability.queryAttributes) || prepared.boundTypes !== statement.types) return false;
  return buffer[start + PACKET_HEADER_BYTES + NULL_BITMAP_OFFSET + ((statement.parameters + 7) >>> 3)] === 0;
}

/** The execution with the types that the client bound earlier, or null when the server knows them (or they are in it). */
function missingTypes(known: CommandBytes, statement: ClientStatement, prepared: PreparedOnServer, capabilities: number): Buffer | null {
  const payloadStart = known.start + PACKET_HEADER_BYTES;
  const attributes = has(capabilities, Capability.queryAttributes);
  if (!attributes) {
    const boundFlag = payloadStart + NULL_BITMAP_OFFSET + ((statement.parameters + 7) >>> 3);
    if (known.buffer[boundFlag] === 0 && prepared.boundTypes === statement.types) return null;
  }
  const { buffer, start, end } = wholePayload(known);
  const execute = readComStmtExecute(buffer, start, end, statement.parameters, capabilities);
  if (execute.typesBound) {
    statement.types = sameOrInterned(statement.types, buffer, execute.typesStart, execute.typesEnd);
    prepared.boundTypes = statement.types;
    return null;
  }
  if (statement.types === null || prepared.boundTypes === statement.types || execute.parameters === 0) return null;
  prepared.boundTypes = statement.types;
  return withBoundTypes(buffer, start, end, execute, statement.types);
}

function sameOrInterned(known: Buffer | null, buffer: Uint8Array, start: number, end: number): Buffer {
  if (known !== null && known.length === end - start && known.compare(buffer, start, end) === 0) return known;
  return internTypes(buffer.subarray(start, end));
}

/** The payload in one piece, without the headers of continuation packets. */
function wholePayload(known: CommandBytes): { buffer: Uint8Array; start: number; end: number } {
  const { buffer, start, end } = known;
  if (end - start < MAX_PACKET) return { buffer, start: start + PACKET_HEADER_BYTES, end };
  const parts: Uint8Array[] = [];
  for (let at = start; at < end; at += PACKET_HEADER_BYTES + MAX_PACKET) {
    parts.push(buffer.subarray(at + PACKET_HEADER_BYTES, Math.min(end, at + PACKET_HEADER_BYTES + MAX_PACKET)));
  }
  const joined = Buffer.concat(parts);
  return { buffer: joined, start: 0, end: joined.length };
}

function longDataFor(statement: ClientStatement, id: number): Buffer[] {
  return statement.longData.map((packet) => {
    replaceStatementId(packet, PACKET_HEADER_BYTES, id);
    return packet;
  });
}

function lastSequence(packets: Buffer): number {
  return Math.floor((packets.length - PACKET_HEADER_BYTES) / (MAX_PACKET + PACKET_HEADER_BYTES)) & 0xff;
}

/** COM_STMT_PREPARE of a text that the session knows. */
export function prepareBytes(text: Buffer): { readonly buffer: Buffer; readonly commandSequence: number } {
  const writer = new PacketWriter();
  writeComStmtPrepare(writer, text);
  const buffer = writer.take();
  return { buffer, commandSequence: lastSequence(buffer) };
}

/** Whether an execution asks for a cursor. */
export function asksForCursor(buffer: Uint8Array, payloadStart: number): boolean {
  const flags = buffer[payloadStart + 5] ?? 0;
  return (flags & (CursorFlag.readOnly | CursorFlag.forUpdate | CursorFlag.scrollable)) !== 0;
}
