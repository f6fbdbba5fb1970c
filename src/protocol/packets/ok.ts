import { Capability, has, PACKET_HEADER_BYTES, ReplyHeader, ServerStatus, SessionTrackType } from '../constants.js';
import { asBuffer, PacketReader } from '../wire/reader.js';
import { PacketWriter } from '../wire/writer.js';
import { encodeSessionState, readSessionState, type SessionStateEntry } from './session-state.js';

/** EOF: header, warnings, status. */
const EOF_BYTES = 5;
/** The field has 16 bits. */
const MAX_WARNINGS = 0xffff;

export interface Ok {
  /** 0xFE instead of 0x00: ends rows where `deprecateEof` is negotiated. */
  readonly endsRows: boolean;
  readonly affectedRows: number | bigint;
  readonly lastInsertId: number | bigint;
  readonly status: number;
  readonly warnings: number;
  /** "Rows matched: 1  Changed: 1  Warnings: 0" and the like. */
  readonly info: string;
  readonly sessionState: readonly SessionStateEntry[];
}

export const plainOk: Ok = {
  endsRows: false,
  affectedRows: 0,
  lastInsertId: 0,
  status: ServerStatus.autocommit,
  warnings: 0,
  info: '',
  sessionState: [],
};

/**
 * OK_Packet: 1 header (0x00 | 0xFE), lenenc affected rows, lenenc last insert id, 2 status, 2 warnings, [lenenc info],
 * with `sessionTrack` and SERVER_SESSION_STATE_CHANGED: lenenc session state. Both servers leave an empty info out when no
 * state follows, and write its length even to clients without `sessionTrack`, contrary to the manual.
 */
export function readOk(buffer: Uint8Array, start: number, end: number, capabilities: number): Ok {
  const reader = new PacketReader(buffer, start, end, 'OK packet');
  const header = reader.u8('header');
  if (header !== ReplyHeader.ok && header !== ReplyHeader.eof) throw reader.violation('header', `is 0x${header.toString(16)}`);
  const affectedRows = reader.lengthEncoded('affected rows');
  const lastInsertId = reader.lengthEncoded('last insert id');
  const status = reader.u16('status');
  const warnings = reader.u16('warnings');
  const info = reader.remaining > 0 ? reader.lengthEncodedString('info') : '';
  const sessionState = carriesSessionState(status, capabilities) && reader.remaining > 0 ? readStates(reader) : [];
  return { endsRows: header === ReplyHeader.eof, affectedRows, lastInsertId, status, warnings, info, sessionState };
}

/** Writes the packet. Session state is left out, and its status flag cleared, for a peer without `sessionTrack`. */
export function writeOk(writer: PacketWriter, ok: Ok, capabilities: number): void {
  const withState = ok.sessionState.length > 0 && has(capabilities, Capability.sessionTrack);
  const status = withState ? ok.status | ServerStatus.sessionStateChanged : ok.status & ~ServerStatus.sessionStateChanged;
  writer.startPacket().u8(ok.endsRows ? ReplyHeader.eof : ReplyHeader.ok);
  writer.lengthEncoded(ok.affectedRows).lengthEncoded(ok.lastInsertId).u16(status).u16(ok.warnings);
  if (withState || ok.info !== '') writer.lengthEncodedString(ok.info);
  if (withState) writer.lengthEncodedBytes(encodeSessionState(ok.sessionState));
  writer.endPacket();
}

/**
 * The session-state entries of a payload and nothing else; empty when it has none.
 * For the OK event of the ReplyTracker: `sessionStateOf(tracker.packetBuffer, tracker.payloadStart, tracker.packetEnd)`.
 */
export function sessionStateOf(buffer: Uint8Array, start: number, end: number): SessionStateEntry[] {
  const reader = new PacketReader(buffer, start, end, 'OK packet');
  const { status } = skipToInfo(reader);
  if (!has(status, ServerStatus.sessionStateChanged) || reader.remaining === 0) return [];
  reader.lengthEncodedBytes('info');
  return reader.remaining > 0 ? readStates(reader) : [];
}

/** Decides by the code of an entry (SessionTrackType) and, for system variables, the name, whether a client gets to see it. */
export type KeepEntry = (type: number, variable: string | null) => boolean;

export const keepNothing: KeepEntry = () => false;

/**
 * The whole packet `buffer[packetStart, packetEnd)`, header included, again as a new packet with the same sequence, where
 * only the session-state entries are left that `keep` wants. When none is left the flag is cleared and the field is gone, as a
 * server does for a client that did not ask. The result belongs to the caller.
 */
export function filterSessionTrack(buffer: Uint8Array, packetStart: number, packetEnd: number, keep: KeepEntry): Buffer {
  const bytes = asBuffer(buffer);
  const payloadStart = packetStart + PACKET_HEADER_BYTES;
  const reader = new PacketReader(buffer, payloadStart, packetEnd, 'OK packet');
  const { status, statusAt, warnings } = skipToInfo(reader);
  const info = reader.remaining > 0 ? reader.lengthEncodedBytes('info') : new Uint8Array(0);
  const states = reader.remaining > 0 ? stateBytes(reader) : Buffer.alloc(0);
  // MySQL (seen in 9.7) says so of some ends of transactions, to everybody that tracks.
  const saysNothing = states.length === 0 && reader.remaining === 0 && has(status, ServerStatus.sessionStateChanged);
  if (saysNothing && keep !== keepNothing) return Buffer.from(bytes.subarray(packetStart, packetEnd));
  const kept = has(status, ServerStatus.sessionStateChanged) ? keptEntries(states, keep) : Buffer.alloc(0);
  const flag = ServerStatus.sessionStateChanged;
  const writer = new PacketWriter(bytes[packetStart + 3]!).startPacket().bytes(bytes.subarray(payloadStart, statusAt));
  writer.u16(kept.length > 0 ? status | flag : status & ~flag).u16(warnings);
  if (kept.length > 0 || info.length > 0) writer.lengthEncodedBytes(info);
  if (kept.length > 0) writer.lengthEncodedBytes(kept);
  return writer.endPacket().take();
}

/** Without any session state: for a client that did not ask for tracking. */
export function rewriteOkWithoutSessionTrack(buffer: Uint8Array, packetStart: number, packetEnd: number): Buffer {
  return filterSessionTrack(buffer, packetStart, packetEnd, keepNothing);
}

/** A whole OK packet, header included, again as a new one that tells of this schema too, in the order in which servers have their entries. */
export function withSchemaEntry(packet: Buffer, schema: string): Buffer {
  const ok = readOk(packet, PACKET_HEADER_BYTES, packet.length, Capability.sessionTrack);
  const [variables, others] = [true, false].map((isVariable) =>
    ok.sessionState.filter(({ type }) => type !== 'schema' && (type === 'systemVariable') === isVariable),
  ) as [SessionStateEntry[], SessionStateEntry[]];
  const writer = new PacketWriter(packet[3]!);
  writeOk(writer, { ...ok, sessionState: [...variables, { type: 'schema', schema }, ...others] }, Capability.sessionTrack);
  return writer.take();
}

function keptEntries(states: Buffer, keep: KeepEntry): Buffer {
  const reader = new PacketReader(states, 0, states.length, 'session state');
  const kept: Buffer[] = [];
  while (reader.remaining > 0) {
    const from = reader.position;
    const code = reader.u8('type');
    const data = reader.lengthEncodedBytes('entry');
    if (code !== SessionTrackType.systemVariables) {
      if (keep(code, null)) kept.push(states.subarray(from, reader.position));
      continue;
    }
    const variables = keptVariables(data, keep);
    if (variables.length > 0)
      kept.push(new PacketWriter().startPacket().u8(code).lengthEncodedBytes(variables).endPacket().take().subarray(4));
  }
  return Buffer.concat(kept);
}

function keptVariables(data: Buffer, keep: KeepEntry): Buffer {
  const reader = new PacketReader(data, 0, data.length, 'session state entry');
  const kept: Buffer[] = [];
  while (reader.remaining > 0) {
    const from = reader.position;
    const name = reader.lengthEncodedString('variable name');
    reader.lengthEncodedBytes('variable value');
    if (keep(SessionTrackType.systemVariables, name)) kept.push(data.subarray(from, reader.position));
  }
  return Buffer.concat(kept);
}

/** Tells so many warnings in an OK or EOF packet, header included; any other stays as it is. */
export function setWarnings(packet: Uint8Array, warnings: number): void {
  const first = packet[PACKET_HEADER_BYTES];
  if (first !== ReplyHeader.ok && first !== ReplyHeader.eof) return;
  const isEof = packet.length === PACKET_HEADER_BYTES + EOF_BYTES;
  const at = isEof
    ? PACKET_HEADER_BYTES + 1
    : skipToInfo(new PacketReader(packet, PACKET_HEADER_BYTES, packet.length, 'OK packet')).statusAt + 2;
  asBuffer(packet).writeUInt16LE(Math.min(warnings, MAX_WARNINGS), at);
}

function skipToInfo(reader: PacketReader): { status: number; statusAt: number; warnings: number } {
  reader.skip(1, 'header');
  reader.lengthEncoded('affected rows');
  reader.lengthEncoded('last insert id');
  const statusAt = reader.position;
  return { status: reader.u16('status'), statusAt, warnings: reader.u16('warnings') };
}

function carriesSessionState(status: number, capabilities: number): boolean {
  return has(capabilities, Capability.sessionTrack) && has(status, ServerStatus.sessionStateChanged);
}

function readStates(reader: PacketReader): SessionStateEntry[] {
  const states = stateBytes(reader);
  return readSessionState(states, 0, states.length);
}

/**
 * MariaDB (seen in 10.11) makes room for the length as for a character of the schema's character set and then uses its last byte: in ucs2 and
 * utf16 a zero is in front of it, in utf32 there are three.
 */
function stateBytes(reader: PacketReader): Buffer {
  let length = reader.lengthEncodedCount('session state');
  while (length === 0 && reader.remaining > 0) length = reader.lengthEncodedCount('session state');
  return reader.bytes(length, 'session state');
}
