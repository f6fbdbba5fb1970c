import { ReplyHeader } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

export interface Eof {
  readonly warnings: number;
  readonly status: number;
}

/** EOF_Packet: 1 0xFE, 2 warnings, 2 status. Shorter than 9 bytes, which tells it from a row that begins with 0xFE. */
export function readEof(buffer: Uint8Array, start: number, end: number): Eof {
  const reader = new PacketReader(buffer, start, end, 'EOF packet');
  const header = reader.u8('header');
  if (header !== ReplyHeader.eof || reader.remaining > 7)
    throw reader.violation('header', `is 0x${header.toString(16)} of ${end - start} bytes`);
  return { warnings: reader.u16('warnings'), status: reader.u16('status') };
}

export function writeEof(writer: PacketWriter, eof: Eof): void {
  writer.startPacket().u8(ReplyHeader.eof).u16(eof.warnings).u16(eof.status).endPacket();
}
