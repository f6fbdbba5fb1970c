import { SessionTrackType } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import { PacketWriter } from '../wire/writer.js';

/** One entry of an OK packet's session-state information. */
export type SessionStateEntry =
  /** Values are text in the connection's character set at that time; ASCII for all that weir acts on. */
  | { readonly type: 'systemVariable'; readonly name: string; readonly value: string }
  | { readonly type: 'schema'; readonly schema: string }
  /** Something of the session changed that the other entries do not name, or (false) no longer differs. */
  | { readonly type: 'stateChange'; readonly changed: boolean }
  | { readonly type: 'gtids'; readonly gtids: string }
  /** Statements that start a transaction with the current characteristics; empty for none. */
  | { readonly type: 'transactionCharacteristics'; readonly statements: string }
  /** Eight characters: T/I/_ transaction, r R w W s S L _, as in "Server-side tracking of transaction state". */
  | { readonly type: 'transactionState'; readonly state: string }
  | { readonly type: 'unknown'; readonly code: number; readonly data: Uint8Array };

/**
 * MySQL "OK_Packet", session state information: for each entry 1 type, lenenc data. Data by type: system variables: lenenc name
 * and lenenc value, repeated; schema, characteristics and state: a lenenc string; state change: '1' or '0'; GTIDs: 1 encoding
 * (always 0), lenenc string.
 */
export function readSessionState(buffer: Uint8Array, start: number, end: number): SessionStateEntry[] {
  const reader = new PacketReader(buffer, start, end, 'session state');
  const entries: SessionStateEntry[] = [];
  while (reader.remaining > 0) {
    const code = reader.u8('type');
    readEntry(code, reader.lengthEncodedBytes('entry'), entries);
  }
  return entries;
}

function readEntry(code: number, data: Buffer, into: SessionStateEntry[]): void {
  const reader = new PacketReader(data, 0, data.length, 'session state entry');
  switch (code) {
    case SessionTrackType.systemVariables:
      while (reader.remaining > 0) {
        const name = reader.lengthEncodedString('variable name');
        into.push({ type: 'systemVariable', name, value: reader.lengthEncodedString('variable value') });
      }
      return;
    case SessionTrackType.schema:
      into.push({ type: 'schema', schema: reader.lengthEncodedString('schema') });
      return;
    case SessionTrackType.stateChange:
      into.push({ type: 'stateChange', changed: reader.u8('state change') !== 0x30 });
      return;
    case SessionTrackType.gtids:
      reader.skip(1, 'GTID encoding');
      into.push({ type: 'gtids', gtids: reader.lengthEncodedString('GTIDs') });
      return;
    case SessionTrackType.transactionCharacteristics:
      into.push({ type: 'transactionCharacteristics', statements: reader.lengthEncodedString('characteristics') });
      return;
    case SessionTrackType.transactionState:
      into.push({ type: 'transactionState', state: reader.lengthEncodedString('transaction state') });
      return;
    default:
      into.push({ type: 'unknown', code, data: Uint8Array.from(data) });
  }
}

/** The bytes of the entries, without the length in front of all of them. */
export function encodeSessionState(entries: readonly SessionStateEntry[]): Buffer {
  const all = new PacketWriter().startPacket();
  for (const entry of entries) {
    const data = new PacketWriter().startPacket();
    const code = writeEntry(data, entry);
    all.u8(code).lengthEncodedBytes(data.endPacket().take().subarray(4));
  }
  return all.endPacket().take().subarray(4);
}

function writeEntry(data: PacketWriter, entry: SessionStateEntry): number {
  switch (entry.type) {
    case 'systemVariable':
      data.lengthEncodedString(entry.name).lengthEncodedString(entry.value);
      return SessionTrackType.systemVariables;
    case 'schema':
      data.lengthEncodedString(entry.schema);
      return SessionTrackType.schema;
    case 'stateChange':
      data.u8(entry.changed ? 0x31 : 0x30);
      return SessionTrackType.stateChange;
    case 'gtids':
      data.u8(0).lengthEncodedString(entry.gtids);
      return SessionTrackType.gtids;
    case 'transactionCharacteristics':
      data.lengthEncodedString(entry.statements);
      return SessionTrackType.transactionCharacteristics;
    case 'transactionState':
      data.lengthEncodedString(entry.state);
      return SessionTrackType.transactionState;
    case 'unknown':
      data.bytes(entry.data);
      return entry.code;
  }
}
