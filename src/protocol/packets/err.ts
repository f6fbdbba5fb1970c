import { ReplyHeader } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

export interface ServerError {
  readonly errno: number;
  /** Five characters; `HY000` where the packet has none (before the handshake is done). */
  readonly sqlState: string;
  readonly message: string;
}

/** ERR_Packet: 1 0xFF, 2 errno, ['#', 5 SQL state], rest: message. */
export function readErr(buffer: Uint8Array, start: number, end: number): ServerError {
  const reader = new PacketReader(buffer, start, end, 'ERR packet');
  const header = reader.u8('header');
  if (header !== ReplyHeader.error) throw reader.violation('header', `is 0x${header.toString(16)}, expected 0xff`);
  const errno = reader.u16('errno');
  if (reader.remaining < 6 || buffer[reader.position] !== 0x23)
    return { errno, sqlState: 'HY000', message: reader.rest().toString('utf8') };
  reader.skip(1, 'state marker');
  const sqlState = reader.bytes(5, 'SQL state').toString('latin1');
  return { errno, sqlState, message: reader.rest().toString('utf8') };
}

export function writeErr(writer: PacketWriter, error: ServerError): void {
  writer.startPacket().u8(ReplyHeader.error).u16(error.errno).u8(0x23);
  writer
    .bytes(Buffer.from(error.sqlState.padEnd(5, '0').slice(0, 5), 'latin1'))
    .string(error.message)
    .endPacket();
}

/**
 * Instead of a greeting: without SQL state, since the two sides have agreed on nothing yet. A client library shows the marker of one as part
 * of the text; MySQL and MariaDB send `Too many connections` like this.
 */
export function writeErrBeforeGreeting(writer: PacketWriter, error: ServerError): void {
  writer.startPacket().u8(ReplyHeader.error).u16(error.errno).string(error.message).endPacket();
}
