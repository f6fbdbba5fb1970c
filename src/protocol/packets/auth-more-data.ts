import { ReplyHeader } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

/** Protocol::AuthMoreData: 1 0x01, rest: data for the plugin. The result is a view of `buffer`. */
export function readAuthMoreData(buffer: Uint8Array, start: number, end: number): Buffer {
  const reader = new PacketReader(buffer, start, end, 'AuthMoreData');
  const header = reader.u8('header');
  if (header !== ReplyHeader.authMoreData) throw reader.violation('header', `is 0x${header.toString(16)}, expected 0x01`);
  return reader.rest();
}

export function writeAuthMoreData(writer: PacketWriter, data: Uint8Array): void {
  writer.startPacket().u8(ReplyHeader.authMoreData).bytes(data).endPacket();
}
