import { describe, expect, it } from 'vitest';
import { Capability, MariadbCapability } from '../../../../src/protocol/constants.js';
import { writeTextResultSet } from '../../../../src/protocol/packets/text-result-set.js';
import { ReplyKind, ReplyTracker } from '../../../../src/protocol/reply-tracker.js';
import { PacketWriter } from '../../../../src/protocol/wire/writer.js';

describe('writeTextResultSet', () => {
  it.each([
    [Capability.protocol41, 0],
    [Capability.deprecateEof, 0],
    [Capability.optionalResultsetMetadata, 0],
    [Capability.deprecateEof | Capability.optionalResultsetMetadata, 0],
    [Capability.deprecateEof, MariadbCapability.cacheMetadata],
  ])('writes what a client with capabilities %i and %i expects', (capabilities, mariadb) => {
    const writer = new PacketWriter(1);
    const rows = [
      ['1', null],
      [2, 'two'],
      [3n, ''],
    ];
    writeTextResultSet(writer, { columns: ['id', 'name'], rows, warnings: 4, status: 0x22 }, capabilities, mariadb);
    const bytes = writer.take();
    const tracker = new ReplyTracker(capabilities, mariadb);
    tracker.begin(ReplyKind.query);
    expect(tracker.feed(bytes, 0, bytes.length)).toBe(bytes.length);
    expect(tracker).toMatchObject({
      done: true,
      rows: 3,
      numColumns: 2,
      warnings: 4,
      statusFlags: 0x22,
      expectedSequence: writer.sequence,
    });
  });
});
