import { Capability, has } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';
import { type FixedHandshakePart, readFixedPart, writeFixedPart } from './handshake-response-41.js';

/** Payload bytes of an SSLRequest: the part of a HandshakeResponse41 before the username. */
export const SSL_REQUEST_BYTES = 32;

/** Protocol::SSLRequest. Whether the client's first payload asks for TLS; the TLS handshake follows, then the whole response again. */
export function isSslRequest(buffer: Uint8Array, start: number, end: number): boolean {
  return end - start === SSL_REQUEST_BYTES && has(buffer[start]! | (buffer[start + 1]! << 8), Capability.ssl);
}

export function readSslRequest(buffer: Uint8Array, start: number, end: number): FixedHandshakePart {
  return readFixedPart(new PacketReader(buffer, start, end, 'SSLRequest'));
}

/** Writes the packet; `capabilities` must be those of the response that follows, with `ssl`. */
export function writeSslRequest(writer: PacketWriter, part: FixedHandshakePart): void {
  writer.startPacket();
  writeFixedPart(writer, part);
  writer.endPacket();
}
