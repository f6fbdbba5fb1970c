import { describe, expect, it } from 'vitest';
import { PacketAssembler } from '../../../../src/protocol/wire/framing.js';
import { ProtocolViolation } from '../../../../src/protocol/wire/protocol-violation.js';
import { encodePacket } from '../../../../src/protocol/wire/writer.js';

const LIMIT = 64 << 20;

interface Message {
  readonly payload: string;
  readonly raw: string;
  readonly sequence: number;
}

/** Feeds `bytes` in chunks of `size`, each in a buffer that is overwritten before the next. */
function messages(assembler: PacketAssembler, bytes: Buffer, size: number): Message[] {
  const found: Message[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    assembler.feed(chunk, 0, chunk.length);
    while (assembler.next()) {
      found.push({
        payload: Buffer.from(assembler.payloadBuffer).toString('latin1', assembler.payloadStart, assembler.payloadEnd),
        raw: Buffer.from(assembler.rawBuffer).toString('latin1', assembler.rawStart, assembler.rawEnd),
        sequence: assembler.sequence,
      });
    }
    chunk.fill(0xee);
  }
  return found;
}

describe('PacketAssembler', () => {
  const commands = ['', 'a', '\x03SELECT 1', 'x'.repeat(300), '\x0e', 'y'.repeat(5000)].map((text) => Buffer.from(text));
  const stream = Buffer.concat(commands.map((command) => encodePacket(0, command)));
  const expected = commands.map((command) => ({
    payload: command.toString('latin1'),
    raw: encodePacket(0, command).toString('latin1'),
    sequence: 0,
  }));

  it.each([1, 2, 3, 4, 5, 7, 64, 1000, 4096, 1 << 20])('finds the same commands in chunks of %i bytes', (size) => {
    const assembler = new PacketAssembler(LIMIT);
    expect(messages(assembler, stream, size)).toEqual(expected);
    expect(assembler.heldBytes).toBe(0);
  });

  it('does not copy what is whole', () => {
    const assembler = new PacketAssembler(LIMIT);
    const slab = Buffer.concat([Buffer.alloc(9), encodePacket(0, Buffer.from('one')), encodePacket(0, Buffer.from('two'))]);
    assembler.feed(slab, 9, slab.length);
    expect(assembler.next()).toBe(true);
    expect(assembler.payloadBuffer).toBe(slab);
    expect([assembler.rawStart, assembler.payloadStart, assembler.payloadEnd]).toEqual([9, 13, 16]);
    expect(assembler.next()).toBe(true);
    expect(assembler.rawBuffer).toBe(slab);
    expect(assembler.next()).toBe(false);
  });

  it.each([0xffffff, 0xffffff + 10, 2 * 0xffffff])('joins the packets of a payload of %i bytes and keeps them for forwarding', (size) => {
    const payload = Buffer.alloc(size, 0x61);
    payload.write('begin');
    payload.write('end', size - 3);
    const bytes = Buffer.concat([encodePacket(0, payload), encodePacket(0, Buffer.from('next'))]);
    const assembler = new PacketAssembler(LIMIT);
    const seen: [boolean, boolean, number][] = [];
    for (let at = 0; at < bytes.length; at += 65_536) {
      assembler.feed(bytes, at, Math.min(at + 65_536, bytes.length));
      while (assembler.next()) {
        const { payloadBuffer, payloadStart, payloadEnd, rawBuffer, rawStart, rawEnd } = assembler;
        const samePayload = payload.equals(payloadBuffer.subarray(payloadStart, payloadEnd));
        const sameRaw = bytes.subarray(0, rawEnd - rawStart).equals(rawBuffer.subarray(rawStart, rawEnd));
        seen.push([samePayload, sameRaw, assembler.sequence]);
      }
    }
    expect(seen).toEqual([
      [true, true, Math.floor(size / 0xffffff)],
      [false, false, 0],
    ]);
    expect(assembler.heldBytes).toBe(0);
  });

  it('refuses a wrong sequence number with 1156', () => {
    const assembler = new PacketAssembler(LIMIT);
    for (const size of [1, 100]) {
      expect(() => messages(new PacketAssembler(LIMIT), encodePacket(1, Buffer.from('x')), size)).toThrow('sequence 1, expected 0');
    }
    assembler.expectedSequence = 3;
    expect(messages(assembler, encodePacket(3, Buffer.from('x')), 2)[0]!.sequence).toBe(3);
    expect(assembler.expectedSequence).toBe(0);
  });

  it('goes on counting where messages continue', () => {
    const assembler = new PacketAssembler(LIMIT);
    assembler.continueSequence = true;
    assembler.expectedSequence = 255;
    const bytes = Buffer.concat([255, 0, 1].map((sequence) => encodePacket(sequence, Buffer.from('data'))));
    expect(messages(assembler, bytes, 3).map((message) => message.sequence)).toEqual([255, 0, 1]);
  });

  it('refuses what is longer than the limit with 1153, as soon as the header says so', () => {
    for (const size of [4, 1]) {
      const header = Buffer.from([101, 0, 0, 0]);
      const error = catchViolation(() => messages(new PacketAssembler(100), header, size));
      expect(error.errno).toBe(1153);
    }
    expect(messages(new PacketAssembler(100), encodePacket(0, Buffer.alloc(100)), 3).length).toBe(1);
  });

  it('allocates by what has arrived, not by what is announced', () => {
    const assembler = new PacketAssembler(LIMIT);
    const chunk = Buffer.concat([Buffer.from([0xfe, 0xff, 0xff, 0]), Buffer.alloc(10)]);
    assembler.feed(chunk, 0, chunk.length);
    expect(assembler.next()).toBe(false);
    expect(assembler.heldBytes).toBe(14);
    expect((assembler as unknown as { held: Buffer }).held.length).toBeLessThanOrEqual(1024);
  });

  it('gives unread bytes back for a TLS upgrade', () => {
    const assembler = new PacketAssembler(LIMIT);
    const bytes = Buffer.concat([encodePacket(0, Buffer.alloc(32)), Buffer.from('\x16\x03\x01 client hello')]);
    assembler.feed(bytes, 0, bytes.length);
    expect(assembler.next()).toBe(true);
    expect(assembler.takeUnread().toString()).toBe('\x16\x03\x01 client hello');
    expect(assembler.next()).toBe(false);
  });
});

function catchViolation(action: () => unknown): ProtocolViolation {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolViolation) return error;
  }
  throw new Error('no ProtocolViolation was thrown');
}
