import { ReplyHeader } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

export interface AuthSwitchRequest {
  readonly authPlugin: string;
  /** The new scramble without its terminating NUL. */
  readonly data: Uint8Array;
}

/**
 * Protocol::AuthSwitchRequest: 1 0xFE, NUL plugin name, rest: data. A payload of 0xFE alone (Protocol::OldAuthSwitchRequest)
 * asks for `mysql_old_password`. `data` is a copy.
 */
export function readAuthSwitchRequest(buffer: Uint8Array, start: number, end: number): AuthSwitchRequest {
  const reader = new PacketReader(buffer, start, end, 'AuthSwitchRequest');
  const header = reader.u8('header');
  if (header !== ReplyHeader.eof) throw reader.violation('header', `is 0x${header.toString(16)}, expected 0xfe`);
  if (reader.remaining === 0) return { authPlugin: 'mysql_old_password', data: new Uint8Array(0) };
  const authPlugin = reader.nullTerminatedString('plugin name');
  const data = reader.rest();
  return { authPlugin, data: Uint8Array.from(data.at(-1) === 0 ? data.subarray(0, -1) : data) };
}

/** Writes the packet, with the NUL behind the data that servers send. */
export function writeAuthSwitchRequest(writer: PacketWriter, request: AuthSwitchRequest): void {
  writer.startPacket().u8(ReplyHeader.eof).nullTerminated(request.authPlugin).bytes(request.data).u8(0).endPacket();
}
