import { Capability, has } from '../constants.js';
import { ProtocolViolation } from '../wire/protocol-violation.js';
import { PacketReader } from '../wire/reader.js';
import { PacketWriter } from '../wire/writer.js';

/** What a client answers to the handshake. */
export interface HandshakeResponse41 {
  readonly capabilities: number;
  /** MariaDB's extended capabilities; only sent by a client that clears `longPassword`. */
  readonly mariadbCapabilities: number;
  readonly maxPacketBytes: number;
  /** Lowest 8 bits of the collation id that the client wants. */
  readonly collation: number;
  readonly username: string;
  readonly authResponse: Uint8Array;
  /** Empty for none. */
  readonly schema: string;
  /** Empty when the client knows no plugins. */
  readonly authPlugin: string;
  readonly connectAttributes: readonly (readonly [name: string, value: string])[];
  /** 1 to 22; 0 without `zstdCompression`. */
  readonly zstdLevel: number;
}

/**
 * Protocol::HandshakeResponse41; MariaDB "Handshake response packet".
 *
 *     4 capabilities, 4 max packet, 1 collation, 19 zeros, 4 zeros or MariaDB capabilities, NUL username,
 *     authentication response (lenenc | 1 length and bytes | NUL), [NUL schema], [NUL plugin], [lenenc attributes], [1 zstd level]
 *
 * The authentication response is a view of `buffer`.
 * @throws ProtocolViolation badHandshake (1043) for whatever a server would refuse
 */
export function readHandshakeResponse41(buffer: Uint8Array, start: number, end: number): HandshakeResponse41 {
  const reader = new PacketReader(buffer, start, end, 'HandshakeResponse41');
  const fixed = readFixedPart(reader);
  const { capabilities } = fixed;
  const username = reader.nullTerminatedString('username');
  const authResponse = readAuthResponse(reader, capabilities);
  const schema = has(capabilities, Capability.connectWithDb) && reader.remaining > 0 ? reader.nullTerminatedOrRest('schema') : '';
  const authPlugin = has(capabilities, Capability.pluginAuth) && reader.remaining > 0 ? reader.nullTerminatedOrRest('plugin name') : '';
  const connectAttributes = has(capabilities, Capability.connectAttrs) && reader.remaining > 0 ? readConnectAttributes(reader) : [];
  const zstdLevel = has(capabilities, Capability.zstdCompression) && reader.remaining > 0 ? reader.u8('zstd level') : 0;
  return { ...fixed, username, authResponse, schema, authPlugin, connectAttributes, zstdLevel };
}

export type FixedHandshakePart = Pick<HandshakeResponse41, 'capabilities' | 'mariadbCapabilities' | 'maxPacketBytes' | 'collation'>;

/** The first 32 bytes, which an SSLRequest consists of. */
export function readFixedPart(reader: PacketReader): FixedHandshakePart {
  if (reader.remaining < 32)
    throw new ProtocolViolation(`handshake response of ${reader.remaining} bytes, expected 32 or more`, 'badHandshake');
  const capabilities = reader.u32('capabilities');
  if (!has(capabilities, Capability.protocol41)) throw new ProtocolViolation('client without CLIENT_PROTOCOL_41', 'badHandshake');
  const maxPacketBytes = reader.u32('max packet');
  const collation = reader.u8('collation');
  reader.skip(19, 'filler');
  const extended = reader.u32('MariaDB capabilities');
  return { capabilities, mariadbCapabilities: has(capabilities, Capability.longPassword) ? 0 : extended, maxPacketBytes, collation };
}

export function writeFixedPart(writer: PacketWriter, part: FixedHandshakePart): void {
  writer.u32(part.capabilities).u32(part.maxPacketBytes).u8(part.collation).zeros(19);
  writer.u32(has(part.capabilities, Capability.longPassword) ? 0 : part.mariadbCapabilities);
}

/** Writes the packet; which of the optional fields it has is decided by `response.capabilities`. */
export function writeHandshakeResponse41(writer: PacketWriter, response: HandshakeResponse41): void {
  const { capabilities } = response;
  writer.startPacket();
  writeFixedPart(writer, response);
  writer.nullTerminated(response.username);
  if (has(capabilities, Capability.pluginAuthLenencClientData)) writer.lengthEncodedBytes(response.authResponse);
  else if (has(capabilities, Capability.secureConnection)) writer.u8(response.authResponse.length).bytes(response.authResponse);
  else writer.bytes(response.authResponse).u8(0);
  if (has(capabilities, Capability.connectWithDb)) writer.nullTerminated(response.schema);
  if (has(capabilities, Capability.pluginAuth)) writer.nullTerminated(response.authPlugin);
  if (has(capabilities, Capability.connectAttrs)) writeConnectAttributes(writer, response.connectAttributes);
  if (has(capabilities, Capability.zstdCompression)) writer.u8(response.zstdLevel);
  writer.endPacket();
}

function readAuthResponse(reader: PacketReader, capabilities: number): Uint8Array {
  if (has(capabilities, Capability.pluginAuthLenencClientData)) return reader.lengthEncodedBytes('authentication response');
  if (has(capabilities, Capability.secureConnection)) return reader.bytes(reader.u8('authentication response'), 'authentication response');
  return reader.nullTerminatedBytes('authentication response');
}

/** lenenc size of all, then lenenc name and lenenc value of each. */
export function readConnectAttributes(reader: PacketReader): (readonly [string, string])[] {
  const size = reader.lengthEncodedCount('connection attributes');
  const end = reader.position + size;
  if (size > reader.remaining) throw reader.violation('connection attributes', `need ${size} bytes, ${reader.remaining} are left`);
  const attributes: (readonly [string, string])[] = [];
  while (reader.position < end)
    attributes.push([reader.lengthEncodedString('attribute name'), reader.lengthEncodedString('attribute value')]);
  if (reader.position !== end) throw reader.violation('connection attributes', 'are longer than their size');
  return attributes;
}

function writeConnectAttributes(writer: PacketWriter, attributes: HandshakeResponse41['connectAttributes']): void {
  const block = new PacketWriter().startPacket();
  for (const [name, value] of attributes) block.lengthEncodedString(name).lengthEncodedString(value);
  writer.lengthEncodedBytes(block.endPacket().take().subarray(4));
}
