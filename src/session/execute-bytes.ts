import type { PreparedOnServer } from '../backend/server-statements.js';
import { Command as Com, CursorFlag, MAX_PACKET, PACKET_HEADER_BYTES } from '../protocol/constants.js';
import {
  replaceStatementId,
  tryReadComStmtExecute,
  withBoundTypes,
  withBulkTypes,
  writeComStmtPrepare,
} from '../protocol/packets/com-stmt-execute.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import type { Command } from './command.js';
import type { ClientStatement } from './prepared-statements.js';

/** Bytes of a command, headers included. `fromSlab`: they lie in the client transport's slab. */
export interface CommandBytes {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly fromSlab: boolean;
}

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
  const types = isExecute && lacksTypes(statement, prepared, command) ? withTypes(known, statement, capabilities) : null;
  if (isExecute && (types !== null || command.bindsTypes)) prepared.boundTypes = statement.types;
  if (types === null && statement.longData === null) {
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
export function goesAsItIs(statement: ClientStatement, prepared: PreparedOnServer, command: Command): boolean {
  if (command.replyKind !== ReplyKind.execute) return true;
  return statement.longData === null && !lacksTypes(statement, prepared, command);
}

/** The client bound types earlier, and the server does not remember them. */
function lacksTypes({ types }: ClientStatement, { boundTypes }: PreparedOnServer, { bindsTypes }: Command): boolean {
  return types !== null && !bindsTypes && boundTypes !== types;
}

/** The execution with the types that the client bound earlier; null: the server refuses it whatever is in front. */
function withTypes(known: CommandBytes, statement: ClientStatement, capabilities: number): Buffer | null {
  const { buffer, start, end } = wholePayload(known);
  const types = statement.types as Buffer;
  if (buffer[start] === Com.stmtBulkExecute) return withBulkTypes(buffer, start, end, types);
  const execute = tryReadComStmtExecute(buffer, start, end, statement.parameters, capabilities);
  // Attributes without types of their own are the server's to refuse.
  const isOwn = execute !== null && execute.parameters === statement.parameters;
  return isOwn ? withBoundTypes(buffer, start, end, execute, types) : null;
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

function longDataFor({ longData }: ClientStatement, id: number): Buffer[] {
  if (longData === null) return [];
  return longData.packets.map((packet) => {
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
