import type { SessionState } from '../backend/connection-state.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import { PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { PacketWriter } from '../protocol/wire/writer.js';

/** Servers keep messages in UTF-8, and send them so where results are not converted (`NULL`, `binary`). */
export const MESSAGE_CHARSET = 'utf8mb4';
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  ...{ utf8mb4: 'utf8', utf8mb3: 'utf8', utf8: 'utf8', binary: 'utf8', null: 'utf8', '': 'utf8' },
  ...{ latin1: 'windows-1252', ascii: 'ascii' },
};
type Encoding = 'utf8' | 'windows-1252' | 'ascii';

/** The latin1 of servers is cp1252 (MySQL manual, "West European Character Sets"): its bytes from 0x80 to 0x9F. */
const CP1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const CP1252_FIRST = 0x80;

/** What messages are sent in on a connection. */
export function resultsCharset({ names, variables }: SessionState, { baseNames }: Pick<PooledConnection, 'baseNames'>): string {
  return (variables.get('character_set_results') ?? (names ?? baseNames).charset).toLowerCase();
}

/**
 * The row of SHOW WARNINGS with its message in another character set. What that does not have is written by its code point, as servers do
 * (`\\20AC`). Where weir does not know one of the two, so is, contrary to them, everything but ASCII.
 */
export function inCharset(row: Buffer, from: string, to: string): Buffer {
  if (from === to || row.every((byte) => byte < 0x80)) return row;
  const reader = new PacketReader(row, 0, row.length, 'row');
  const level = reader.lengthEncodedBytes('level');
  const code = reader.lengthEncodedBytes('code');
  const message = encoded(decoded(reader.lengthEncodedBytes('message'), ENCODINGS[from] ?? 'ascii'), ENCODINGS[to] ?? 'ascii');
  const writer = new PacketWriter().startPacket().lengthEncodedBytes(level).lengthEncodedBytes(code).lengthEncodedBytes(message);
  return writer.endPacket().take().subarray(PACKET_HEADER_BYTES);
}

const decoded = (message: Buffer, encoding: Encoding): string =>
  encoding === 'utf8'
    ? message.toString('utf8')
    : [...message].map((byte) => CP1252[byte - CP1252_FIRST] ?? String.fromCharCode(byte)).join('');

function encoded(message: string, encoding: Encoding): Buffer {
  if (encoding === 'utf8') return Buffer.from(message, 'utf8');
  const highest = encoding === 'ascii' ? 0x7f : 0xff;
  const bytes = [...message].flatMap((character) => {
    const place = CP1252.indexOf(character);
    const byte = place < 0 ? (character.codePointAt(0) as number) : CP1252_FIRST + place;
    return byte <= highest ? [byte] : [...Buffer.from(byCodePoint(character), 'latin1')];
  });
  return Buffer.from(bytes);
}

function byCodePoint(character: string): string {
  const hex = (character.codePointAt(0) as number).toString(16).toUpperCase();
  return hex.length > 4 ? `\\+${hex.padStart(6, '0')}` : `\\${hex.padStart(4, '0')}`;
}
