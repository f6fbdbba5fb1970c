import { has, MariadbCapability } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

export interface ColumnDefinition {
  readonly schema: string;
  readonly table: string;
  readonly originalTable: string;
  readonly name: string;
  readonly originalName: string;
  readonly collation: number;
  /** Longest value in bytes, for display. */
  readonly displayBytes: number;
  /** FieldType. */
  readonly type: number;
  /** ColumnFlag. */
  readonly flags: number;
  readonly decimals: number;
}

/**
 * Protocol::ColumnDefinition41: lenenc catalog ("def"), schema, table, original table, name, original name,
 * [MariaDB extendedMetadata: lenenc extra type information], 1 0x0C, 2 collation, 4 length, 1 type, 2 flags, 1 decimals, 2 zeros
 */
export function readColumnDefinition(buffer: Uint8Array, start: number, end: number, mariadbCapabilities = 0): ColumnDefinition {
  const reader = new PacketReader(buffer, start, end, 'column definition');
  reader.lengthEncodedBytes('catalog');
  const schema = reader.lengthEncodedString('schema');
  const table = reader.lengthEncodedString('table');
  const originalTable = reader.lengthEncodedString('original table');
  const name = reader.lengthEncodedString('name');
  const originalName = reader.lengthEncodedString('original name');
  if (has(mariadbCapabilities, MariadbCapability.extendedMetadata)) reader.lengthEncodedBytes('extended metadata');
  reader.lengthEncodedCount('length of the fixed part');
  const collation = reader.u16('collation');
  const displayBytes = reader.u32('length');
  const type = reader.u8('type');
  const flags = reader.u16('flags');
  const decimals = reader.u8('decimals');
  return { schema, table, originalTable, name, originalName, collation, displayBytes, type, flags, decimals };
}

/** Writes the packet, for a client without MariaDB's extended metadata; `inFieldList`: a default value follows, here NULL. */
export function writeColumnDefinition(writer: PacketWriter, column: ColumnDefinition, inFieldList = false): void {
  writer.startPacket().lengthEncodedString('def').lengthEncodedString(column.schema);
  writer.lengthEncodedString(column.table).lengthEncodedString(column.originalTable);
  writer.lengthEncodedString(column.name).lengthEncodedString(column.originalName);
  writer.u8(0x0c).u16(column.collation).u32(column.displayBytes).u8(column.type).u16(column.flags).u8(column.decimals).u16(0);
  if (inFieldList) writer.u8(0xfb);
  writer.endPacket();
}
