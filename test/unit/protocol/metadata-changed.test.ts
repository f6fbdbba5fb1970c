import { describe, expect, it } from 'vitest';
import { Capability, ServerStatus } from '../../../src/protocol/constants.js';
import { ReplyKind, ReplyTracker } from '../../../src/protocol/reply-tracker.js';
import { frame } from '../../support/wire-client.js';

const { autocommit, cursorExists, lastRowSent, metadataChanged } = ServerStatus;

const eof = (status: number): number[] => [0xfe, 0, 0, status & 0xff, status >> 8];
const endOfRows = (status: number): number[] => [0xfe, 0, 0, status & 0xff, status >> 8, 0, 0];

/** A result of `columns` columns and one row. */
function result(columns: number, status: number, deprecateEof: boolean): Buffer {
  const definitions = Array.from({ length: columns }, () => [3, 0x64, 0x65, 0x66]);
  const end = deprecateEof ? [endOfRows(status)] : [eof(status)];
  const packets = [[columns], ...definitions, ...(deprecateEof ? [] : [eof(status)]), [0, 0, 1], ...end];
  return Buffer.concat(packets.map((payload, index) => frame(Buffer.from(payload), index + 1)));
}

/** Status flags of each EOF or OK as the client gets them, fed in pieces of `step` bytes. */
function flagsSeen(bytes: Buffer, knownColumns: number, deprecateEof: boolean, step: number): number[] {
  const tracker = new ReplyTracker(deprecateEof ? Capability.deprecateEof : 0, 0);
  tracker.begin(ReplyKind.execute, 0, knownColumns);
  const seen: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += step) {
    const chunk = Buffer.from(bytes.subarray(start, start + step));
    for (let at = 0; at < chunk.length; ) {
      const consumed = tracker.feed(chunk, at, chunk.length);
      seen.push(Buffer.from(chunk.subarray(at, tracker.forwardEnd)));
      if (tracker.event !== 0) seen.push(Buffer.from(tracker.packetBuffer.subarray(tracker.packetStart, tracker.packetEnd)));
      at = consumed;
    }
  }
  const whole = Buffer.concat(seen);
  const flags: number[] = [];
  for (let at = 0; at < whole.length; at += 4 + whole.readUIntLE(at, 3)) if (whole[at + 4] === 0xfe) flags.push(whole.readUInt16LE(at + 7));
  return flags;
}

describe.each([false, true])('the flag of changed metadata, DEPRECATE_EOF %s', (deprecateEof) => {
  const ends = deprecateEof ? 1 : 2;
  const all = (status: number): number[] => Array(ends).fill(status);

  it.each([1, 3, 1000])('says what the client does not know, in pieces of %i bytes', (step) => {
    const changed = autocommit | metadataChanged;
    expect(flagsSeen(result(2, autocommit, deprecateEof), 3, deprecateEof, step)).toEqual(all(changed));
    expect(flagsSeen(result(2, changed, deprecateEof), 3, deprecateEof, step)).toEqual(all(changed));
    expect(flagsSeen(result(2, changed, deprecateEof), 2, deprecateEof, step)).toEqual(all(autocommit));
    expect(flagsSeen(result(2, changed, deprecateEof), 0, deprecateEof, step)).toEqual(all(changed));
  });
});

it('the end of a fetch says nothing of the session', () => {
  const tracker = new ReplyTracker(0, 0);
  tracker.statusFlags = autocommit;
  tracker.begin(ReplyKind.fetch);
  const bytes = Buffer.concat([frame(Buffer.from([0, 0, 1]), 1), frame(Buffer.from(eof(lastRowSent)), 2)]);
  tracker.feed(bytes, 0, bytes.length);
  expect([tracker.done, tracker.statusFlags, tracker.fetchFlags]).toEqual([true, autocommit, lastRowSent]);
  tracker.begin(ReplyKind.fetch);
  expect([tracker.fetchFlags, tracker.fetchFlags & cursorExists]).toEqual([0, 0]);
});
