import { describe, expect, it } from 'vitest';
import { Capability, MAX_PACKET, ServerStatus } from '../../src/protocol/constants.js';
import { writeColumnDefinition } from '../../src/protocol/packets/column-definition.js';
import { writeEof } from '../../src/protocol/packets/eof.js';
import { writeErr } from '../../src/protocol/packets/err.js';
import { plainOk, writeOk } from '../../src/protocol/packets/ok.js';
import { stringColumn } from '../../src/protocol/packets/text-result-set.js';
import { MAX_HELD_BYTES, ReplyEvent, ReplyKind, ReplyTracker } from '../../src/protocol/reply-tracker.js';
import { ProtocolViolation } from '../../src/protocol/wire/protocol-violation.js';
import { encodePacket, PacketWriter } from '../../src/protocol/wire/writer.js';
import { bytewise, cutAt, drive, whole } from './drive.js';

const modes = [
  ['EOF', (Capability.protocol41 | Capability.sessionTrack) >>> 0],
  ['no EOF', (Capability.protocol41 | Capability.sessionTrack | Capability.deprecateEof) >>> 0],
] as const;

/** A result set of one column whose rows are given as payloads. */
function resultSet(capabilities: number, rows: readonly Uint8Array[], status = 2): Buffer {
  const writer = new PacketWriter(1);
  const eof = (capabilities & Capability.deprecateEof) === 0;
  writer.startPacket().u8(1).endPacket();
  writeColumnDefinition(writer, stringColumn('c'));
  if (eof) writeEof(writer, { warnings: 0, status });
  for (const row of rows) writer.startPacket().bytes(row).endPacket();
  if (eof) writeEof(writer, { warnings: 3, status });
  else writeOk(writer, { ...plainOk, endsRows: true, status, warnings: 3 }, capabilities);
  return writer.take();
}

function packets(write: (writer: PacketWriter) => void, sequence = 1): Buffer {
  const writer = new PacketWriter(sequence);
  write(writer);
  return writer.take();
}

describe.each(modes)('rows of 16 MiB and more, %s', (_, capabilities) => {
  it.each([MAX_PACKET - 1, MAX_PACKET, MAX_PACKET + 1, MAX_PACKET + 100, 2 * MAX_PACKET])(
    'a row of %i bytes',
    (size) => {
      // Bytes that look like the end of the rows wherever a continuation begins.
      const row = Buffer.alloc(size, 0xfe);
      row.fill(0xff, size - 1);
      // A value that long has an 8-byte length; only a packet of the full length may begin with it.
      if (size < MAX_PACKET) row[0] = 0xfd;
      const bytes = resultSet(capabilities, [Buffer.from('\x01a'), row, Buffer.from('\x01b')]);
      const tracker = new ReplyTracker(capabilities, 0);
      const reference = drive(tracker, ReplyKind.query, [bytes], whole);
      const looksLikeAnEnd = size < MAX_PACKET && (capabilities & Capability.deprecateEof) !== 0;
      if (looksLikeAnEnd) return;
      expect(reference.state).toMatchObject({ done: true, rows: 3, warnings: 3 });
      expect(reference.bytes.equals(bytes)).toBe(true);
      for (const chunk of [65_536, 1_000_003])
        expect(
          same(
            drive(tracker, ReplyKind.query, [bytes], () => chunk),
            reference,
          ),
        ).toBe(true);
      const boundary = bytes.indexOf(Buffer.of(0xff, 0xff, 0xff));
      for (const near of [boundary, boundary + 4 + MAX_PACKET].filter((offset) => offset > 8 && offset < bytes.length - 8)) {
        for (let offset = near - 1; offset < near + 7; offset++) {
          expect(same(drive(tracker, ReplyKind.query, [bytes], cutAt(offset)), reference), `cut at ${offset}`).toBe(true);
        }
      }
    },
    30_000,
  );
});

function same(a: ReturnType<typeof drive>, b: ReturnType<typeof drive>): boolean {
  return a.bytes.equals(b.bytes) && a.events.join() === b.events.join() && JSON.stringify(a.state) === JSON.stringify(b.state);
}

function expectAtEverySplit(capabilities: number, kind: ReplyKind, bytes: Buffer, state: Record<string, unknown>, events: RegExp[]): void {
  const tracker = new ReplyTracker(capabilities, 0);
  const reference = drive(tracker, kind, [bytes], whole);
  expect(reference.state).toMatchObject({ done: true, heldBytes: 0, ...state });
  expect(reference.events.length).toBe(events.length);
  for (const [index, pattern] of events.entries()) expect(reference.events[index]).toMatch(pattern);
  expect(drive(tracker, kind, [bytes], bytewise)).toEqual(reference);
  for (let offset = 1; offset < bytes.length; offset++) expect(drive(tracker, kind, [bytes], cutAt(offset))).toEqual(reference);
}

describe.each(modes)('shapes that servers rarely send, %s', (_, capabilities) => {
  it('MariaDB progress reports before a reply', () => {
    const progress = (writer: PacketWriter): void => {
      writer.startPacket().u8(0xff).u16(0xffff).u8(1).u8(1).u8(2).u24(50_000).lengthEncodedString('copy to tmp table').endPacket();
    };
    const bytes = packets((writer) => {
      progress(writer);
      progress(writer);
      writeOk(writer, { ...plainOk, affectedRows: 5 }, capabilities);
    });
    expectAtEverySplit(capabilities, ReplyKind.query, bytes, { affectedRows: 5, isError: false }, [/^forward/]);
  });

  it('an error among rows and one among definitions', () => {
    const error = { errno: 1317, sqlState: '70100', message: 'Query execution was interrupted' };
    const rows = resultSet(capabilities, [Buffer.from('\x01a'), Buffer.from('\xfb', 'latin1')]);
    const tail = (capabilities & Capability.deprecateEof) === 0 ? 9 : 11;
    const sequence = rows[rows.length - tail + 3]!;
    const cut = Buffer.concat([rows.subarray(0, rows.length - tail), packets((writer) => writeErr(writer, error), sequence)]);
    expectAtEverySplit(capabilities, ReplyKind.query, cut, { rows: 2, errno: 1317 }, [/^forward/, /^error/]);
    const early = Buffer.concat([Buffer.of(1, 0, 0, 1, 2), packets((writer) => writeErr(writer, error), 2)]);
    expectAtEverySplit(capabilities, ReplyKind.query, early, { rows: 0, resultSets: 1, errno: 1317 }, [/^forward 5/, /^error/]);
  });

  it('a plain OK to PREPARE: nothing is prepared', () => {
    const bytes = packets((writer) => writeOk(writer, plainOk, capabilities));
    expectAtEverySplit(capabilities, ReplyKind.prepare, bytes, { statementId: 0, isError: false }, [/^forward/]);
  });

  it('session state in an OK between results', () => {
    const more = ServerStatus.autocommit | ServerStatus.moreResultsExist;
    const bytes = packets((writer) => {
      writeOk(writer, { ...plainOk, status: more, sessionState: [{ type: 'schema', schema: 'shop' }] }, capabilities);
      writeOk(writer, { ...plainOk, status: more }, capabilities);
      writeOk(writer, { ...plainOk, lastInsertId: 2n ** 63n, affectedRows: 70_000 }, capabilities);
    });
    expectAtEverySplit(capabilities, ReplyKind.query, bytes, { lastInsertId: 2n ** 63n, affectedRows: 70_000 }, [/^ok 10/, /^forward/]);
  });

  /** Of the list of a SELECT, which may be longer than 16 bits can count. */
  it.each([300, 70_000])('a result set of %i columns', (columns) => {
    const bytes = packets((writer) => {
      writer.startPacket().lengthEncoded(columns).endPacket();
      for (let column = 0; column < columns; column++) writeColumnDefinition(writer, { ...stringColumn('c'), originalName: '' });
      if ((capabilities & Capability.deprecateEof) === 0) writeEof(writer, { warnings: 0, status: 2 });
      writeErr(writer, { errno: 1, sqlState: 'HY000', message: '' });
    });
    const tracker = new ReplyTracker(capabilities, 0);
    for (const chunk of columns > 300 ? [whole, () => 1_000] : [whole, bytewise, () => 100]) {
      expect(drive(tracker, ReplyKind.query, [bytes], chunk).state).toMatchObject({
        done: true,
        numColumns: columns,
        errno: 1,
        heldBytes: 0,
      });
    }
  });
});

describe('ReplyTracker', () => {
  const plain = modes[1][1];
  const ok = packets((writer) => writeOk(writer, plainOk, plain));

  it('needs one call for the usual reply', () => {
    const tracker = new ReplyTracker(plain, 0);
    const bytes = resultSet(plain, [Buffer.from('\x01a')]);
    tracker.begin(ReplyKind.query);
    expect(tracker.feed(bytes, 0, bytes.length)).toBe(bytes.length);
    expect([tracker.event, tracker.done, tracker.forwardEnd, tracker.rows, tracker.begun]).toEqual([0, true, bytes.length, 1, true]);
  });

  it('stops behind each of several pipelined replies', () => {
    const tracker = new ReplyTracker(plain, 0);
    const bytes = Buffer.concat([ok, resultSet(plain, []), ok]);
    const ends: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      tracker.begin(ReplyKind.query);
      at = tracker.feed(bytes, at, bytes.length);
      expect([tracker.done, tracker.forwardEnd]).toEqual([true, at]);
      ends.push(at);
    }
    expect(ends).toEqual([11, bytes.length - 11, bytes.length]);
  });

  it('expects nothing for commands without a reply', () => {
    const tracker = new ReplyTracker(plain, 0);
    tracker.begin(ReplyKind.none);
    expect(tracker.done).toBe(true);
    expect(() => tracker.feed(ok, 0, ok.length)).toThrow('without a command');
  });

  it('does not begin before the last reply is done', () => {
    const tracker = new ReplyTracker(plain, 0);
    tracker.begin(ReplyKind.simple);
    expect(() => tracker.begin(ReplyKind.simple)).toThrow('before the last one is done');
  });

  it('takes an error that the server sent on its own', () => {
    const tracker = new ReplyTracker(plain, 0);
    tracker.begin(ReplyKind.query);
    const bytes = packets((writer) => writeErr(writer, { errno: 4031, sqlState: 'HY000', message: 'disconnected by the server' }), 0);
    tracker.feed(bytes, 0, bytes.length);
    expect([tracker.event, tracker.errno, tracker.done]).toEqual([ReplyEvent.error, 4031, true]);
  });

  it('follows the sequence of a command of several packets', () => {
    const tracker = new ReplyTracker(plain, 0);
    tracker.begin(ReplyKind.query, 2);
    const bytes = packets((writer) => writeOk(writer, plainOk, plain), 3);
    tracker.feed(bytes, 0, bytes.length);
    expect(tracker.done).toBe(true);
  });

  const eofMode = modes[0][1];
  it.each<[string, ReplyKind, number, string, string]>([
    ['a wrong sequence', ReplyKind.query, plain, '07000003000000020000 00', 'packet 3, expected 1'],
    ['an empty packet', ReplyKind.query, plain, '00000001', 'empty packet'],
    ['an OK that is too short', ReplyKind.query, plain, '0300000100 0000', 'OK packet of 3 bytes'],
    ['a result set as the reply of PING', ReplyKind.simple, plain, '0100000101', 'begins with 0x01 where the head of a reply'],
    ['LOCAL INFILE for PREPARE', ReplyKind.prepare, plain, '02000001fb61', 'begins with 0xfb'],
    ['a PREPARE-OK that is cut', ReplyKind.prepare, plain, '050000010001000000', 'COM_STMT_PREPARE_OK'],
    ['a column count of 0', ReplyKind.query, plain, '03000001fc0000', 'result set of 0 columns'],
    ['a column count with a tail', ReplyKind.query, plain, '020000010100', 'column count of 2 bytes'],
    ['a missing EOF', ReplyKind.query, eofMode, '0100000101 01000002 03 01000003 01', 'where the EOF behind definitions was expected'],
    ['an EOF of another size', ReplyKind.simple, plain, '03000001fe0000', 'EOF packet of 3 bytes'],
    ['an ERR of one byte', ReplyKind.query, plain, '01000001ff', 'ERR packet of 1 bytes'],
    ['a head of 2 MiB', ReplyKind.query, plain, '0000200100', 'bytes announced where the head of a reply'],
    ['a definition of 16 MiB', ReplyKind.query, plain, '0100000101 ffffff0203', '16 MiB that is no row'],
  ])('refuses %s', (_, kind, capabilities, hex, message) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    for (const chunk of [whole, bytewise]) {
      const tracker = new ReplyTracker(capabilities, 0);
      const action = (): unknown => drive(tracker, kind, [bytes], chunk);
      expect(action).toThrow(ProtocolViolation);
      expect(() => drive(new ReplyTracker(capabilities, 0), kind, [bytes], chunk)).toThrow(message);
    }
  });

  it('holds back an OK with much session state, and drops the buffer', () => {
    const tracker = new ReplyTracker(plain, 0);
    const entry = { type: 'systemVariable', name: 'init_connect', value: 'x'.repeat(MAX_HELD_BYTES - 1000) } as const;
    const bytes = packets((writer) => writeOk(writer, { ...plainOk, sessionState: [entry] }, plain));
    const seen = drive(tracker, ReplyKind.query, [bytes], () => 1000);
    expect(seen.events.length).toBe(1);
    expect(seen.bytes.equals(bytes)).toBe(true);
    tracker.begin(ReplyKind.none);
    expect((tracker as unknown as { held: Buffer }).held.length).toBe(0);
  });

  it('replaces no byte of an interesting packet by forwarding half of it', () => {
    const bytes = packets((writer) => writeOk(writer, { ...plainOk, sessionState: [{ type: 'schema', schema: 'shop' }] }, plain));
    for (let cut = 1; cut < bytes.length; cut++) {
      const tracker = new ReplyTracker(plain, 0);
      tracker.begin(ReplyKind.query);
      expect([tracker.feed(bytes, 0, cut), tracker.forwardEnd, tracker.event]).toEqual([cut, 0, ReplyEvent.none]);
      expect([tracker.feed(bytes, cut, bytes.length), tracker.forwardEnd, tracker.event]).toEqual([bytes.length, cut, ReplyEvent.ok]);
    }
  });

  it('gives the name of a LOCAL INFILE and then takes any sequence', () => {
    const tracker = new ReplyTracker(plain, 0);
    tracker.begin(ReplyKind.query);
    const request = encodePacket(1, Buffer.from('\xfb/tmp/x', 'latin1'));
    tracker.feed(request, 0, request.length);
    expect(tracker.event).toBe(ReplyEvent.localInfile);
    expect(request.toString('utf8', tracker.payloadStart + 1, tracker.packetEnd)).toBe('/tmp/x');
    expect(tracker.done).toBe(false);
    const answer = packets((writer) => writeOk(writer, plainOk, plain), 77);
    tracker.feed(answer, 0, answer.length);
    expect([tracker.done, tracker.isError]).toEqual([true, false]);
  });
});
