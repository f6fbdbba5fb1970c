import { Capability, has, PROTOCOL_VERSION, SCRAMBLE_BYTES } from '../constants.js';
import { ProtocolViolation } from '../wire/protocol-violation.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

/** What a server says first. */
export interface HandshakeV10 {
  readonly serverVersion: string;
  readonly threadId: number;
  /** 20 bytes without NUL. */
  readonly scramble: Uint8Array;
  readonly capabilities: number;
  /** MariaDB's extended capabilities; 0 when `capabilities` has `longPassword`, which a MariaDB server clears. */
  readonly mariadbCapabilities: number;
  /** Lowest 8 bits of the server's default collation id. */
  readonly collation: number;
  readonly status: number;
  /** Empty when the server knows no plugins. */
  readonly authPlugin: string;
}

/**
 * Protocol::HandshakeV10; MariaDB "Initial handshake packet".
 *
 *     1 protocol version, NUL server version, 4 thread id, 8 scramble, 1 zero, 2 capabilities (low), 1 collation, 2 status,
 *     2 capabilities (high), 1 length of all scramble data, 6 zeros, 4 zeros or MariaDB capabilities,
 *     max(13, length - 8) rest of scramble and its NUL, NUL plugin name
 */
export function readHandshakeV10(buffer: Uint8Array, start: number, end: number): HandshakeV10 {
  const reader = new PacketReader(buffer, start, end, 'HandshakeV10');
  const version = reader.u8('protocol version');
  if (version !== PROTOCOL_VERSION) throw new ProtocolViolation(`HandshakeV10: protocol version ${version}, expected 10`, 'badHandshake');
  const serverVersion = reader.nullTerminatedString('server version');
  const threadId = reader.u32('thread id');
  const head = Buffer.from(reader.bytes(8, 'scramble'));
  reader.skip(1, 'filler');
  const low = reader.u16('capabilities');
  const collation = reader.u8('collation');
  const status = reader.u16('status');
  const capabilities = (low | (reader.u16('capabilities') << 16)) >>> 0;
  const scrambleLength = reader.u8('scramble length');
  reader.skip(6, 'filler');
  const extended = reader.u32('MariaDB capabilities');
  const tail = reader.bytes(Math.min(Math.max(13, scrambleLength - 8), reader.remaining), 'scramble');
  const authPlugin = has(capabilities, Capability.pluginAuth) ? reader.nullTerminatedOrRest('plugin name') : '';
  return {
    serverVersion,
    threadId,
    scramble: Buffer.concat([head, tail.subarray(0, SCRAMBLE_BYTES - 8)]),
    capabilities,
    mariadbCapabilities: has(capabilities, Capability.longPassword) ? 0 : extended,
    collation,
    status,
    authPlugin,
  };
}

/** Writes the packet; `scramble` must have 20 bytes and no NUL. */
export function writeHandshakeV10(writer: PacketWriter, handshake: HandshakeV10): void {
  writer.startPacket().u8(PROTOCOL_VERSION).nullTerminated(handshake.serverVersion).u32(handshake.threadId);
  writer.bytes(handshake.scramble.subarray(0, 8)).u8(0);
  writer
    .u16(handshake.capabilities)
    .u8(handshake.collation)
    .u16(handshake.status)
    .u16(handshake.capabilities >>> 16);
  writer.u8(SCRAMBLE_BYTES + 1).zeros(6);
  writer.u32(has(handshake.capabilities, Capability.longPassword) ? 0 : handshake.mariadbCapabilities);
  writer.bytes(handshake.scramble.subarray(8, SCRAMBLE_BYTES)).u8(0);
  if (has(handshake.capabilities, Capability.pluginAuth)) writer.nullTerminated(handshake.authPlugin);
  writer.endPacket();
}
