import { PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { ReplyKind } from '../protocol/reply-tracker.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { PacketWriter } from '../protocol/wire/writer.js';
import type { ShownConditions } from '../sql/diagnostics-text.js';
import { type Captured, levelOf } from './captured-conditions.js';
import { inCharset } from './message-charset.js';

/** What a server is asked for the definitions and flags of an answer that weir has the rows of. */
export const EMPTY_LIST = 'SHOW WARNINGS LIMIT 0';

/** The answer to SHOW WARNINGS or SHOW ERRORS: that of a server to `EMPTY_LIST`, with the conditions of the session in it. */
export class ShownAnswer {
  private parts: Buffer[] = [];

  constructor(
    private readonly captured: Captured,
    private readonly shown: ShownConditions,
    private readonly kind: ReplyKind,
  ) {}

  /** Another server is asked: what the one before has said of its answer does not count. */
  beginAgain(): void {
    this.parts = [];
  }

  /** Bytes of the server's answer, in their order. */
  take(part: Buffer): void {
    this.parts.push(part);
  }

  /** `charset`: what the client wants results in. */
  bytes(charset: string): Buffer {
    const { captured, kind, shown } = this;
    const packets = payloadsOf(Buffer.concat(this.parts));
    const rows = captured.rows
      .filter((row) => !shown.errorsOnly || levelOf(row) === 'Error')
      .slice(shown.offset, shown.offset + shown.count);
    const writer = new PacketWriter(this.parts[0]![3]!);
    for (const payload of packets.slice(0, -1)) writer.startPacket().bytes(payload).endPacket();
    for (const row of rows) {
      const told = inCharset(row, captured.charset, charset);
      writer
        .startPacket()
        .bytes(kind === ReplyKind.execute ? binaryRow(told) : told)
        .endPacket();
    }
    return writer.startPacket().bytes(packets.at(-1)!).endPacket().take();
  }
}

/** Of whole packets, none of which is of 16 MiB. */
export function payloadsOf(bytes: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let position = 0; position + PACKET_HEADER_BYTES <= bytes.length; ) {
    const end = position + PACKET_HEADER_BYTES + bytes.readUIntLE(position, 3);
    payloads.push(bytes.subarray(position + PACKET_HEADER_BYTES, end));
    position = end;
  }
  return payloads;
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
