import { describe, expect, it } from 'vitest';
import { Capability, CursorFlag, commandName, FieldType, has } from '../../../../src/protocol/constants.js';
import { queryTextStart, readQueryAttributes, writeComQuery } from '../../../../src/protocol/packets/com-query.js';
import {
  readComStmtExecute,
  replaceStatementId,
  statementIdOf,
  withBoundTypes,
  writeComStmtClose,
} from '../../../../src/protocol/packets/com-stmt-execute.js';
import {
  capabilitiesAfterSetOption,
  readComFieldList,
  readComInitDb,
  readComSetOption,
  writeComInitDb,
} from '../../../../src/protocol/packets/simple-commands.js';
import { PacketWriter } from '../../../../src/protocol/wire/writer.js';

const attributes = Capability.queryAttributes;

function payload(write: (writer: PacketWriter) => void): Buffer {
  const writer = new PacketWriter().startPacket();
  write(writer);
  return writer.endPacket().take().subarray(4);
}
const textOf = (bytes: Buffer, capabilities: number): string =>
  bytes.toString('utf8', queryTextStart(bytes, 0, bytes.length, capabilities));

describe('COM_QUERY', () => {
  it('finds the text with and without query attributes', () => {
    for (const capabilities of [0, attributes]) {
      const writer = new PacketWriter();
      writeComQuery(writer, 'SELECT 1', capabilities);
      expect(textOf(writer.take().subarray(4), capabilities)).toBe('SELECT 1');
    }
    expect(textOf(Buffer.of(3), 0)).toBe('');
  });

  const values: readonly [name: string, type: number, value: (writer: PacketWriter) => void][] = [
    ['tiny', FieldType.tiny, (writer) => writer.u8(1)],
    ['short', FieldType.short, (writer) => writer.u16(1)],
    ['long', FieldType.long, (writer) => writer.u32(1)],
    ['longlong', FieldType.longLong, (writer) => writer.u64(1)],
    ['double', FieldType.double, (writer) => writer.u64(1)],
    ['datetime', FieldType.dateTime, (writer) => writer.u8(4).zeros(4)],
    ['time', FieldType.time, (writer) => writer.u8(12).zeros(12)],
    ['traceparent', FieldType.varString, (writer) => writer.lengthEncodedString('00-4bf92f35-01')],
    ['blob', FieldType.blob, (writer) => writer.lengthEncodedBytes(Buffer.alloc(300))],
  ];
  const withAttributes = payload((writer) => {
    writer
      .u8(3)
      .lengthEncoded(values.length + 1)
      .u8(1);
    writer.u8(0).u8(0b10).u8(1);
    for (const [name, type] of values) writer.u16(type).lengthEncodedString(name);
    writer.u16(FieldType.string).lengthEncodedString('missing');
    for (const [, , value] of values) value(writer);
    writer.string('SELECT 2');
  });

  it('reads attributes of every kind', () => {
    expect(textOf(withAttributes, attributes)).toBe('SELECT 2');
    const read = readQueryAttributes(withAttributes, 0, withAttributes.length, attributes);
    expect(read.map((attribute) => attribute.name)).toEqual([...values.map(([name]) => name), 'missing']);
    expect(read.at(-1)).toMatchObject({ isNull: true, type: FieldType.string });
    const trace = read[7]!;
    expect(withAttributes.toString('utf8', trace.valueStart + 1, trace.valueEnd)).toBe('00-4bf92f35-01');
    expect(readQueryAttributes(withAttributes, 0, withAttributes.length, 0)).toEqual([]);
  });

  it('refuses every cut within the attributes', () => {
    const text = queryTextStart(withAttributes, 0, withAttributes.length, attributes);
    for (let end = 1; end < text; end++) expect(() => queryTextStart(withAttributes, 0, end, attributes)).toThrow('COM_QUERY');
  });
});

describe('COM_STMT_EXECUTE', () => {
  const head = (writer: PacketWriter, flags = 0): PacketWriter => writer.u8(0x17).u32(77).u8(flags).u32(1);

  it('reads a statement without parameters', () => {
    const bytes = payload((writer) => head(writer));
    expect(readComStmtExecute(bytes, 0, bytes.length, 0, 0)).toMatchObject({
      statementId: 77,
      parameters: 0,
      typesBound: false,
      valuesStart: -1,
    });
    expect(readComStmtExecute(bytes, 0, bytes.length, 0, attributes)).toMatchObject({ parameters: 0 });
  });

  it('finds types and values, and binds them again where they are missing', () => {
    const first = payload((writer) => head(writer, CursorFlag.readOnly).u8(0).u8(1).u16(3).u16(0xfd).u32(5).lengthEncodedString('x'));
    const read = readComStmtExecute(first, 0, first.length, 2, 0);
    expect(read).toEqual({
      statementId: 77,
      flags: 1,
      parameters: 2,
      nullBitmapStart: 10,
      boundFlagStart: 11,
      typesBound: true,
      typesStart: 12,
      typesEnd: 16,
      valuesStart: 16,
    });
    const second = payload((writer) => head(writer, CursorFlag.readOnly).u8(0).u8(0).u32(5).lengthEncodedString('x'));
    const again = readComStmtExecute(second, 0, second.length, 2, 0);
    expect(again).toMatchObject({ typesBound: false, typesStart: 12, typesEnd: 12, valuesStart: 12 });
    const rebuilt = withBoundTypes(second, 0, second.length, again, first.subarray(read.typesStart, read.typesEnd));
    expect(rebuilt.subarray(4).toString('hex')).toBe(first.toString('hex'));
  });

  it('reads the parameter count and names of query attributes', () => {
    const bytes = payload((writer) => {
      head(writer, CursorFlag.parameterCountAvailable).u8(2).u8(0).u8(1);
      writer.u16(3).lengthEncodedString('').u16(0xfd).lengthEncodedString('trace');
      writer.u32(5).lengthEncodedString('abc');
    });
    const read = readComStmtExecute(bytes, 0, bytes.length, 1, attributes);
    expect(read).toMatchObject({ parameters: 2, typesBound: true });
    expect(bytes.subarray(read.valuesStart).toString('hex')).toBe('0500000003616263');
    const none = payload((writer) => head(writer, CursorFlag.parameterCountAvailable).u8(0));
    expect(readComStmtExecute(none, 0, none.length, 0, attributes)).toMatchObject({ parameters: 0 });
  });

  it('refuses cuts and too few parameters', () => {
    const bytes = payload((writer) => head(writer).u8(0).u8(1).u16(3).u32(5));
    for (let end = 1; end < 14; end++) expect(() => readComStmtExecute(bytes, 0, end, 1, 0)).toThrow('COM_STMT_EXECUTE');
    const few = payload((writer) => head(writer).u8(1).u8(0).u8(0));
    expect(() => readComStmtExecute(few, 0, few.length, 2, attributes)).toThrow('parameter count is 1, the statement has 2');
  });

  it('finds and replaces statement ids', () => {
    const writer = new PacketWriter();
    writeComStmtClose(writer, 5);
    const bytes = writer.take();
    replaceStatementId(bytes, 4, 0xfffffffe);
    expect(statementIdOf(bytes, 4, bytes.length)).toBe(0xfffffffe);
    expect(() => statementIdOf(bytes, 4, 8)).toThrow('statement id');
  });
});

describe('the small commands', () => {
  it('COM_INIT_DB, COM_FIELD_LIST, COM_SET_OPTION', () => {
    const writer = new PacketWriter();
    writeComInitDb(writer, 'größe');
    const bytes = writer.take();
    expect(readComInitDb(bytes, 4, bytes.length)).toBe('größe');
    const list = Buffer.from('\x04orders\0id%');
    expect(readComFieldList(list, 0, list.length)).toEqual({ table: 'orders', pattern: 'id%' });
    expect(readComSetOption(Buffer.of(0x1b, 0, 0), 0, 3)).toBe('multi-statements-on');
    expect(readComSetOption(Buffer.of(0x1b, 1, 0), 0, 3)).toBe('multi-statements-off');
    expect(readComSetOption(Buffer.of(0x1b, 2, 0), 0, 3)).toBeNull();
    expect(() => readComSetOption(Buffer.of(0x1b, 2), 0, 2)).toThrow('COM_SET_OPTION');
    const on = capabilitiesAfterSetOption(Capability.rememberOptions, 'multi-statements-on');
    expect([on, capabilitiesAfterSetOption(on, 'multi-statements-off')]).toEqual([0x80010000, 0x80000000]);
  });

  it('names and flags', () => {
    expect([commandName(0x17), commandName(0x7f)]).toEqual(['COM_STMT_EXECUTE', 'command 0x7f']);
    expect(has(0x80000000, Capability.rememberOptions)).toBe(true);
    expect(has(0x7fffffff, Capability.rememberOptions)).toBe(false);
  });
});
