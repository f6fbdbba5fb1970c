import { Capability, has } from '../protocol/constants.js';
import { writeEof } from '../protocol/packets/eof.js';
import { plainOk, writeOk } from '../protocol/packets/ok.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import type { ShownConditions } from '../sql/diagnostics-text.js';
import { type Captured, levelOf } from './captured-conditions.js';

/** The reply to SHOW WARNINGS or SHOW ERRORS, from what the connection has said that had the conditions; begins at `sequence`. */
export function conditionsReply(
  captured: Captured,
  shown: ShownConditions,
  kind: ReplyKind,
  statusFlags: number,
  sequence: number,
  capabilities: number,
): Buffer {
  const writer = new PacketWriter(sequence);
  const isEofDeprecated = has(capabilities, Capability.deprecateEof);
  const endsDefinitions = { warnings: 0, status: statusFlags };
  for (const payload of captured.head) writer.startPacket().bytes(payload).endPacket();
  if (!isEofDeprecated) writeEof(writer, endsDefinitions);
  const rows = captured.rows.filter((row) => !shown.errorsOnly || levelOf(row) === 'Error').slice(shown.offset, shown.offset + shown.count);
  for (const row of rows) {
    writer
      .startPacket()
      .bytes(kind === ReplyKind.execute ? binaryRow(row) : row)
      .endPacket();
  }
  if (isEofDeprecated) writeOk(writer, { ...plainOk, endsRows: true, status: statusFlags }, capabilities);
  else writeEof(writer, endsDefinitions);
  return writer.take();
}

/** Level, code and message as an execution gives them: header, null bitmap of three columns, string, 32 bits, string. */
function binaryRow(row: Buffer): Buffer {
  const reader = new PacketReader(row, 0, row.length, 'row');
  const level = reader.lengthEncodedBytes('level');
  const code = Number(reader.lengthEncodedString('code'));
  const message = reader.lengthEncodedBytes('message');
  const writer = new PacketWriter().startPacket().u8(0).u8(0);
  writer.lengthEncodedBytes(level).u32(code).lengthEncodedBytes(message);
  return writer.endPacket().take().subarray(4);
}
