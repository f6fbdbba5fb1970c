import { Capability, ReplyHeader, ServerStatus } from '../../src/protocol/constants.js';
import { sessionStateOf } from '../../src/protocol/packets/ok.js';
import { statusOfOk, type WireClient, type WirePacket } from '../support/wire-client.js';

/** Packets as texts that can be compared: all bytes, and the order of state changes made the same. `hasHead`: the reply does not begin with rows. */
export function shownPackets(packets: readonly WirePacket[], client: WireClient, hasHead: boolean): string[] {
  const isTracked = (client.capabilities & Capability.sessionTrack) !== 0;
  const hasRoom = (client.capabilities & Capability.deprecateEof) !== 0;
  return packets.map(({ sequence, payload }, index) => {
    // A row of the binary protocol begins like an OK.
    const mayBeOk = (index === 0 && hasHead) || index === packets.length - 1;
    return `${sequence} ${isTracked && mayBeOk ? withSortedState(payload, hasRoom) : withoutState(payload)}`;
  });
}

/** An EOF has no room for changes, but MariaDB shows sometimes that there would be something to track. */
function withoutState(payload: Buffer): string {
  const isEof = payload[0] === ReplyHeader.eof && payload.length === 5;
  return withoutStatementIds((isEof ? withoutFlag(payload, 3) : payload).toString('latin1'));
}

/** Messages name them, and threads; in a row of SHOW WARNINGS with the length of the message in front. */
const withoutStatementIds = (shown: string): string =>
  shown
    .replace(/[\s\S]((?:The|Unknown prepared) statement(?: handler)? )\(\d+\)/g, ' $1(id)')
    .replace(/[\s\S](You are not owner of thread )\d+/g, ' $1id');

function withoutFlag(payload: Buffer, at: number): Buffer {
  const copy = Buffer.from(payload);
  copy.writeUInt16LE(payload.readUInt16LE(at) & ~ServerStatus.sessionStateChanged, at);
  return copy;
}

/** The reply to a PREPARE; statement ids are each server's own. */
export function shownPrepare(packets: readonly WirePacket[]): string[] {
  return packets.map(({ sequence, payload }, index) => {
    const shown = Buffer.from(payload);
    if (index === 0 && payload[0] === ReplyHeader.ok) shown.writeUInt32LE(0, 1);
    return `${sequence} ${shown.toString('latin1')}`;
  });
}

/** Of what is tracked: its type, and the length of all and of the text. */
const TRACKER_HEAD_BYTES = 3;

/**
 * MariaDB reports changed variables in the order of a hash table, which differs from connection to connection. `hasRoom`: rows do not end with an
 * EOF packet; where they do, servers tell of the schema of a statement prepared elsewhere with some later OK, if with any.
 */
function withSortedState(payload: Buffer, hasRoom: boolean): string {
  const isOk = (payload[0] === ReplyHeader.ok || payload[0] === ReplyHeader.eof) && payload.length >= 7;
  if (!isOk || payload[1]! > 0xfa || payload[2]! > 0xfa) return withoutState(payload);
  if ((statusOfOk(payload) & ServerStatus.sessionStateChanged) === 0) return withoutTracking(payload);
  // MySQL announces changes sometimes to tell none, and tells of transactions what nobody has asked for; weir does neither.
  const all = sessionStateOf(payload, 0, payload.length);
  const hidden = all.reduce(
    (bytes, entry) => (entry.type === 'transactionState' ? bytes + TRACKER_HEAD_BYTES + entry.state.length : bytes),
    0,
  );
  const entries = all
    .filter(({ type }) => type !== 'transactionState' && (hasRoom || type !== 'schema'))
    .map((entry) => JSON.stringify(entry));
  if (entries.length === 0) return withoutTracking(payload);
  return `${payload.subarray(0, 7).toString('latin1')} ${hasRoom ? payload.length - hidden : ''} ${entries.sort().join(' ')}`;
}

/** What an OK tells besides changes: its head, and the info, whose length comes first. */
function withoutTracking(payload: Buffer): string {
  const info = payload.length > 7 ? payload.subarray(8, 8 + payload[7]!) : payload.subarray(7);
  return `${withoutFlag(payload, 3).toString('latin1', 0, 7)}${info.toString('latin1')}`;
}
