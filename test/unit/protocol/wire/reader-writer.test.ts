import { describe, expect, it } from 'vitest';
import { ProtocolViolation } from '../../../../src/protocol/wire/protocol-violation.js';
import { PacketReader } from '../../../../src/protocol/wire/reader.js';
import { encodePacket, PacketWriter } from '../../../../src/protocol/wire/writer.js';

const readerOf = (...bytes: number[]): PacketReader => new PacketReader(Uint8Array.from(bytes), 0, bytes.length, 'test packet');

describe('PacketReader', () => {
  it('reads little-endian integers of every size', () => {
    const reader = readerOf(1, 2, 1, 3, 2, 1, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 0xff);
    expect([reader.u8('a'), reader.u16('b'), reader.u24('c'), reader.u32('d')]).toEqual([1, 0x102, 0x10203, 0x1020304]);
    expect(reader.u64('e')).toBe(0xff02030405060708n);
    expect(reader.remaining).toBe(0);
  });

  it.each<[number[], number | bigint]>([
    [[0], 0],
    [[0xfa], 0xfa],
    [[0xfc, 0xfb, 0], 0xfb],
    [[0xfd, 1, 2, 3], 0x30201],
    [[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0], Number.MAX_SAFE_INTEGER],
    [[0xfe, 0, 0, 0, 0, 0, 0, 0x20, 0], 2n ** 53n],
    [[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 2n ** 64n - 1n],
  ])('reads the length-encoded integer %j', (bytes, value) => {
    expect(readerOf(...bytes).lengthEncoded('n')).toBe(value);
  });

  it.each([[[0xfb]], [[0xff]], [[0xfc, 1]], [[0xfe, 1, 2, 3]], [[]]])('refuses the length-encoded integer %j', (bytes) => {
    expect(() => readerOf(...bytes).lengthEncoded('n')).toThrow(ProtocolViolation);
  });

  it('never reads behind its end, though the buffer goes on', () => {
    const bytes = Buffer.from('abc\0def');
    const reader = new PacketReader(bytes, 0, 3, 'HandshakeV10');
    expect(() => reader.nullTerminatedString('server version')).toThrow('HandshakeV10: server version has no terminating NUL');
    expect(() => reader.u32('thread id')).toThrow('HandshakeV10: thread id needs 4 bytes, 3 are left');
    expect(() => reader.bytes(4, 'x')).toThrow(ProtocolViolation);
    expect(reader.rest().toString()).toBe('abc');
  });

  it('refuses counts that are no safe integers', () => {
    expect(() => readerOf(0xfe, 0, 0, 0, 0, 0, 0, 0x20, 0).lengthEncodedBytes('name')).toThrow('name count 9007199254740992 is impossible');
  });

  it('carries errno and state of a malformed packet', () => {
    const violation = new ProtocolViolation('detail');
    expect([violation.errno, violation.sqlState, violation.clientText]).toEqual([1835, 'HY000', 'Malformed communication packet.']);
    expect(new ProtocolViolation('x', 'packetTooLarge').errno).toBe(1153);
    expect(new ProtocolViolation('x', 'packetsOutOfOrder').errno).toBe(1156);
  });
});

describe('PacketWriter', () => {
  it('writes what the reader reads', () => {
    const writer = new PacketWriter(7, 1);
    writer
      .startPacket()
      .u8(1)
      .u16(0x102)
      .u24(0x10203)
      .u32(0xfffffffe)
      .u64(2n ** 63n);
    for (const value of [0, 250, 251, 0xffff, 0x10000, 0xffffff, 0x1000000, Number.MAX_SAFE_INTEGER]) writer.lengthEncoded(value);
    writer.nullTerminated('grün').lengthEncodedString('日本').zeros(3).endPacket();
    const bytes = writer.take();
    expect(bytes.readUIntLE(0, 3)).toBe(bytes.length - 4);
    expect(bytes[3]).toBe(7);
    const reader = new PacketReader(bytes, 4, bytes.length, 'test');
    expect([reader.u8(''), reader.u16(''), reader.u24(''), reader.u32(''), reader.u64('')]).toEqual([
      1,
      0x102,
      0x10203,
      0xfffffffe,
      2n ** 63n,
    ]);
    const numbers = Array.from({ length: 8 }, () => reader.lengthEncoded(''));
    expect(numbers).toEqual([0, 250, 251, 0xffff, 0x10000, 0xffffff, 0x1000000, Number.MAX_SAFE_INTEGER]);
    expect([reader.nullTerminatedString(''), reader.lengthEncodedString('')]).toEqual(['grün', '日本']);
    reader.skip(3, '');
    reader.expectEnd();
  });

  it('counts the sequence over 255', () => {
    const writer = new PacketWriter(255);
    writer.startPacket().u8(1).endPacket().startPacket().u8(2).endPacket();
    expect([...writer.take()]).toEqual([1, 0, 0, 255, 1, 1, 0, 0, 0, 2]);
    expect(writer.sequence).toBe(1);
  });

  it.each([0xfffffe, 0xffffff, 0x1000000, 2 * 0xffffff, 2 * 0xffffff + 5])('splits a payload of %i bytes', (size) => {
    const payload = Buffer.alloc(size);
    for (let at = 0; at < size; at += 4096) payload.writeUInt32LE(at, Math.min(at, size - 4));
    const bytes = encodePacket(3, payload);
    const pieces: Buffer[] = [];
    let at = 0;
    for (let sequence = 3; at < bytes.length; sequence++) {
      const length = bytes.readUIntLE(at, 3);
      expect(bytes[at + 3]).toBe(sequence);
      pieces.push(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    expect(pieces.length).toBe(Math.floor(size / 0xffffff) + 1);
    expect(pieces.at(-1)!.length).toBeLessThan(0xffffff);
    expect(Buffer.concat(pieces).equals(payload)).toBe(true);
  });

  it('does not take a packet that is not ended', () => {
    const writer = new PacketWriter().startPacket();
    expect(() => writer.take()).toThrow('inside a packet');
    expect(() => writer.startPacket()).toThrow('inside a packet');
  });
});
