import { describe, expect, it } from 'vitest';
import { Capability, FieldType, MariadbCapability, ServerStatus, SessionTrackType } from '../../../../src/protocol/constants.js';
import { type ColumnDefinition, readColumnDefinition, writeColumnDefinition } from '../../../../src/protocol/packets/column-definition.js';
import { readEof, writeEof } from '../../../../src/protocol/packets/eof.js';
import { readErr, writeErr } from '../../../../src/protocol/packets/err.js';
import {
  filterSessionTrack,
  type Ok,
  plainOk,
  readOk,
  rewriteOkWithoutSessionTrack,
  sessionStateOf,
  withSchemaEntry,
  writeOk,
} from '../../../../src/protocol/packets/ok.js';
import type { SessionStateEntry } from '../../../../src/protocol/packets/session-state.js';
import { readStmtPrepareOk, writeStmtPrepareOk } from '../../../../src/protocol/packets/stmt-prepare-ok.js';
import { readTextRow, writeTextRow } from '../../../../src/protocol/packets/text-row.js';
import { PacketWriter } from '../../../../src/protocol/wire/writer.js';

const tracking = (Capability.protocol41 | Capability.sessionTrack) >>> 0;

function packet(write: (writer: PacketWriter) => void, sequence = 1): Buffer {
  const writer = new PacketWriter(sequence);
  write(writer);
  return writer.take();
}

const entries: SessionStateEntry[] = [
  { type: 'systemVariable', name: 'character_set_client', value: 'utf8mb4' },
  { type: 'schema', schema: 'shop' },
  { type: 'stateChange', changed: true },
  { type: 'gtids', gtids: '0-1-42' },
  { type: 'transactionCharacteristics', statements: 'START TRANSACTION READ ONLY;' },
  { type: 'transactionState', state: 'T_______' },
  { type: 'unknown', code: 9, data: Uint8Array.of(1, 2, 3) },
];
const full: Ok = {
  endsRows: true,
  affectedRows: 300,
  lastInsertId: 2n ** 60n,
  status: ServerStatus.autocommit | ServerStatus.sessionStateChanged,
  warnings: 2,
  info: 'Rows matched: 1',
  sessionState: entries,
};
const everything = packet((writer) => writeOk(writer, full, tracking), 5);

describe('OK', () => {
  it('is 7 bytes when nothing is to be said', () => {
    expect(packet((writer) => writeOk(writer, plainOk, tracking)).toString('hex')).toBe('0700000100000002000000');
  });

  it('is read as it was written, with every kind of session state', () => {
    expect(readOk(everything, 4, everything.length, tracking)).toEqual(full);
    expect(sessionStateOf(everything, 4, everything.length)).toEqual(entries);
  });

  it('is written without session state for a client without tracking', () => {
    const bytes = packet((writer) => writeOk(writer, full, Capability.protocol41));
    expect(readOk(bytes, 4, bytes.length, 0)).toEqual({ ...full, status: ServerStatus.autocommit, sessionState: [] });
  });

  it('loses its session state and keeps the rest', () => {
    const bytes = rewriteOkWithoutSessionTrack(everything, 0, everything.length);
    expect(bytes[3]).toBe(5);
    expect(readOk(bytes, 4, bytes.length, tracking)).toEqual({ ...full, status: ServerStatus.autocommit, sessionState: [] });
    const silent = packet((writer) => writeOk(writer, { ...plainOk, sessionState: entries }, tracking));
    expect(rewriteOkWithoutSessionTrack(silent, 0, silent.length).toString('hex')).toBe('0700000100000002000000');
  });

  it('keeps the entries that the client wants', () => {
    const variable = (name: string): SessionStateEntry => ({ type: 'systemVariable', name, value: '1' });
    const bytes = packet((writer) => writeOk(writer, { ...plainOk, sessionState: [variable('a'), ...entries, variable('b')] }, tracking));
    const kept = filterSessionTrack(bytes, 0, bytes.length, (type, name) => type === SessionTrackType.schema || name === 'b');
    expect(sessionStateOf(kept, 4, kept.length)).toEqual([{ type: 'schema', schema: 'shop' }, variable('b')]);
    expect(readOk(kept, 4, kept.length, tracking).status & ServerStatus.sessionStateChanged).not.toBe(0);
  });

  it('tells of a schema behind variables and in front of the rest', () => {
    const told = withSchemaEntry(everything, 'there');
    expect(told[3]).toBe(5);
    const [variable, , ...others] = entries;
    expect(readOk(told, 4, told.length, tracking)).toEqual({
      ...full,
      sessionState: [variable, { type: 'schema', schema: 'there' }, ...others],
    });
    const bytes = packet((writer) => writeOk(writer, plainOk, tracking));
    expect(withSchemaEntry(bytes, 'other').toString('hex')).toBe('1100000100000002400000' + '00' + '08' + '0106' + '056f74686572');
  });

  it('reads several variables in one entry', () => {
    const bytes = Buffer.from('0000000240000000' + '0a' + '0008' + '01610131' + '01620132', 'hex');
    expect(sessionStateOf(bytes, 0, bytes.length)).toEqual([
      { type: 'systemVariable', name: 'a', value: '1' },
      { type: 'systemVariable', name: 'b', value: '2' },
    ]);
    const whole = Buffer.concat([Buffer.of(bytes.length, 0, 0, 1), bytes]);
    const kept = filterSessionTrack(whole, 0, whole.length, (_, name) => name === 'b');
    expect(sessionStateOf(kept, 4, kept.length)).toEqual([{ type: 'systemVariable', name: 'b', value: '2' }]);
  });

  it('finds the session state of MariaDB in a schema of utf32 or utf16', () => {
    for (const zeros of ['000000', '00']) {
      const payload = Buffer.from(`00 00 00 0240 0000 00 ${zeros} 08 01 03 02 6431 02 01 31`.replaceAll(' ', ''), 'hex');
      const bytes = Buffer.concat([Buffer.from([payload.length, 0, 0, 1]), payload]);
      const told: SessionStateEntry[] = [
        { type: 'schema', schema: 'd1' },
        { type: 'stateChange', changed: true },
      ];
      expect(sessionStateOf(bytes, 4, bytes.length)).toEqual(told);
      expect(readOk(bytes, 4, bytes.length, tracking).sessionState).toEqual(told);
      const kept = filterSessionTrack(bytes, 0, bytes.length, () => true);
      expect(kept.toString('hex')).toBe('110000010000000240000000080103026431020131');
    }
  });

  it('refuses session state that is cut', () => {
    for (let end = 5; end < everything.length; end++) {
      const cut = everything.subarray(0, end);
      try {
        const ok = readOk(cut, 4, end, tracking);
        expect(ok.sessionState).toEqual([]);
      } catch (error) {
        expect(String(error)).toContain('Malformed communication packet');
      }
    }
  });
});

describe('ERR and EOF', () => {
  it('ERR with and without SQL state', () => {
    const error = { errno: 1064, sqlState: '42000', message: 'You have an error … ü' };
    const bytes = packet((writer) => writeErr(writer, error));
    expect(readErr(bytes, 4, bytes.length)).toEqual(error);
    const early = Buffer.from('ff6904486f737420', 'hex');
    expect(readErr(early, 0, early.length)).toEqual({ errno: 1129, sqlState: 'HY000', message: 'Host ' });
    expect(() => readErr(Buffer.of(0xff, 1), 0, 2)).toThrow('errno needs 2 bytes');
  });

  it('EOF', () => {
    const bytes = packet((writer) => writeEof(writer, { warnings: 1, status: 0x22 }));
    expect(bytes.toString('hex')).toBe('05000001fe01002200');
    expect(readEof(bytes, 4, 9)).toEqual({ warnings: 1, status: 0x22 });
    expect(() => readEof(Buffer.alloc(9, 0xfe), 0, 9)).toThrow('of 9 bytes');
  });
});

describe('result sets and PREPARE', () => {
  const column: ColumnDefinition = {
    schema: 'shop',
    table: 't',
    originalTable: 'orders',
    name: 'größe',
    originalName: 'size',
    collation: 63,
    displayBytes: 11,
    type: FieldType.long,
    flags: 0x4203,
    decimals: 0,
  };

  it('column definitions, plain and with extended metadata', () => {
    const bytes = packet((writer) => writeColumnDefinition(writer, column));
    expect(readColumnDefinition(bytes, 4, bytes.length)).toEqual(column);
    const fixed = bytes.length - 13;
    const extended = Buffer.concat([bytes.subarray(4, fixed), Buffer.from([6, 0, 4]), Buffer.from('json'), bytes.subarray(fixed)]);
    expect(readColumnDefinition(extended, 0, extended.length, MariadbCapability.extendedMetadata)).toEqual(column);
  });

  it('text rows', () => {
    const bytes = packet((writer) => writeTextRow(writer, ['a', null, 12, 13n, '', Buffer.from('b'), 'x'.repeat(252)]));
    const values = readTextRow(bytes, 4, bytes.length).map((value) => value?.toString() ?? null);
    expect(values).toEqual(['a', null, '12', '13', '', 'b', 'x'.repeat(252)]);
  });

  it.each([
    [0, true],
    [Capability.optionalResultsetMetadata, true],
    [Capability.optionalResultsetMetadata, false],
  ])('PREPARE-OK with capabilities %i', (capabilities, metadataFollows) => {
    const ok = { statementId: 0xfffffffe, columns: 3, parameters: 2, warnings: 1, metadataFollows };
    const bytes = packet((writer) => writeStmtPrepareOk(writer, ok, capabilities));
    expect(readStmtPrepareOk(bytes, 4, bytes.length, capabilities)).toEqual(ok);
  });
});
