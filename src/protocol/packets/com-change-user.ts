import { Capability, has } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';
import { readConnectAttributes } from './handshake-response-41.js';

export interface ComChangeUser {
  readonly username: string;
  /** View of the buffer that was read. */
  readonly authResponse: Uint8Array;
  /** Empty for none: the session has no schema then. */
  readonly schema: string;
  /** Collation id, 16 bits; 0 when the packet ends before it. */
  readonly collation: number;
  readonly authPlugin: string;
  readonly connectAttributes: readonly (readonly [name: string, value: string])[];
}

/**
 * COM_CHANGE_USER: 1 0x11, NUL username, authentication response (1 length and bytes; NUL-terminated without `secureConnection`),
 * NUL schema, and if more follows: 2 collation, with `pluginAuth`: NUL plugin, with `connectAttrs`: attributes
 */
export function readComChangeUser(buffer: Uint8Array, start: number, end: number, capabilities: number): ComChangeUser {
  const reader = new PacketReader(buffer, start, end, 'COM_CHANGE_USER');
  reader.skip(1, 'command');
  const username = reader.nullTerminatedString('username');
  const authResponse = has(capabilities, Capability.secureConnection)
    ? reader.bytes(reader.u8('authentication response'), 'authentication response')
    : reader.nullTerminatedBytes('authentication response');
  const schema = reader.nullTerminatedOrRest('schema');
  const collation = reader.remaining >= 2 ? reader.u16('collation') : 0;
  const authPlugin = has(capabilities, Capability.pluginAuth) && reader.remaining > 0 ? reader.nullTerminatedOrRest('plugin name') : '';
  const connectAttributes = has(capabilities, Capability.connectAttrs) && reader.remaining > 0 ? readConnectAttributes(reader) : [];
  return { username, authResponse, schema, collation, authPlugin, connectAttributes };
}

/** Writes the packet with collation and plugin name, without attributes' values: an empty list where the peer expects one. */
export function writeComChangeUser(writer: PacketWriter, change: Omit<ComChangeUser, 'connectAttributes'>, capabilities: number): void {
  writer.startPacket().u8(0x11).nullTerminated(change.username).u8(change.authResponse.length).bytes(change.authResponse);
  writer.nullTerminated(change.schema).u16(change.collation);
  if (has(capabilities, Capability.pluginAuth)) writer.nullTerminated(change.authPlugin);
  if (has(capabilities, Capability.connectAttrs)) writer.u8(0);
  writer.endPacket();
}
