import { describe, expect, it } from 'vitest';
import { PACKET_HEADER_BYTES } from '../../../src/protocol/constants.js';
import { PacketReader } from '../../../src/protocol/wire/reader.js';
import { PacketWriter } from '../../../src/protocol/wire/writer.js';
import { inCharset } from '../../../src/session/message-charset.js';

const rowOf = (message: Buffer): Buffer =>
  new PacketWriter()
    .startPacket()
    .lengthEncodedString('Warning')
    .lengthEncodedString('1292')
    .lengthEncodedBytes(message)
    .endPacket()
    .take()
    .subarray(PACKET_HEADER_BYTES);

function messageIn(message: Buffer, from: string, to: string): Buffer {
  const row = inCharset(rowOf(message), from, to);
  const reader = new PacketReader(row, 0, row.length, 'row');
  expect(reader.lengthEncodedString('level')).toBe('Warning');
  expect(reader.lengthEncodedString('code')).toBe('1292');
  return reader.lengthEncodedBytes('message');
}

describe('the message of a condition in another character set', () => {
  it('goes from UTF-8 to the latin1 of servers, which is cp1252, and back', () => {
    const text = Buffer.from('ä€“ÿ', 'utf8');
    const bytes = Buffer.from([0xe4, 0x80, 0x93, 0xff]);
    expect(messageIn(text, 'utf8mb4', 'latin1')).toEqual(bytes);
    expect(messageIn(bytes, 'latin1', 'utf8mb4')).toEqual(text);
    expect(messageIn(text, 'utf8mb3', 'binary')).toEqual(text);
  });

  it('has the code point of what there is no character for', () => {
    expect(messageIn(Buffer.from('ä€😀', 'utf8'), 'utf8mb4', 'ascii').toString('latin1')).toBe('\\00E4\\20AC\\+01F600');
    expect(messageIn(Buffer.from('ж', 'utf8'), 'utf8mb4', 'latin1').toString('latin1')).toBe('\\0436');
    expect(messageIn(Buffer.from('ä', 'utf8'), 'utf8mb4', 'gbk').toString('latin1')).toBe('\\00E4');
  });

  it('stays as it is where it is ASCII', () => {
    expect(messageIn(Buffer.from('abc'), 'gbk', 'sjis').toString('latin1')).toBe('abc');
  });
});
