import { Capability, Collation, FieldType, has, MariadbCapability, ServerStatus } from '../constants.js';
import type { PacketWriter } from '../wire/writer.js';
import { type ColumnDefinition, writeColumnDefinition } from './column-definition.js';
import { type Eof, writeEof } from './eof.js';
import { plainOk, writeOk } from './ok.js';
import { type TextValue, writeTextRow } from './text-row.js';

export interface TextResultSet {
  readonly columns: readonly (string | ColumnDefinition)[];
  readonly rows: Iterable<readonly TextValue[]>;
  /** Status of the last packet; autocommit when left out. */
  readonly status?: number;
  readonly warnings?: number;
}

/** A string column for a name alone. */
export function stringColumn(name: string): ColumnDefinition {
  return {
    schema: '',
    table: '',
    originalTable: '',
    name,
    originalName: name,
    collation: Collation.utf8mb4GeneralCi,
    displayBytes: 1020,
    type: FieldType.varString,
    flags: 0,
    decimals: 0x1f,
  };
}

/**
 * Text Resultset: column count, definitions, [EOF], rows, OK with 0xFE or EOF. Follows `capabilities` in `deprecateEof` and the
 * metadata byte behind the column count.
 */
export function writeTextResultSet(writer: PacketWriter, result: TextResultSet, capabilities: number, mariadbCapabilities = 0): void {
  const status = result.status ?? ServerStatus.autocommit;
  const warnings = result.warnings ?? 0;
  writeResultSetHead(writer, result.columns, status, capabilities, mariadbCapabilities);
  for (const row of result.rows) writeTextRow(writer, row);
  writeResultSetEnd(writer, { status, warnings }, capabilities);
}

/** What stands in front of the rows, text or binary: column count, definitions, [EOF]. */
export function writeResultSetHead(
  writer: PacketWriter,
  columns: TextResultSet['columns'],
  status: number,
  capabilities: number,
  mariadbCapabilities = 0,
): void {
  writer.startPacket().lengthEncoded(columns.length);
  if (hasMetadataByte(capabilities, mariadbCapabilities)) writer.u8(1);
  writer.endPacket();
  writeColumns(writer, columns, status, capabilities);
}

/** Definitions and, without `deprecateEof`, the EOF behind them; nothing for no columns. */
export function writeColumns(writer: PacketWriter, columns: TextResultSet['columns'], status: number, capabilities: number): void {
  for (const column of columns) writeColumnDefinition(writer, typeof column === 'string' ? stringColumn(column) : column);
  if (columns.length > 0 && !has(capabilities, Capability.deprecateEof)) writeEof(writer, { warnings: 0, status });
}

/** What stands behind the rows: OK with 0xFE or EOF. */
export function writeResultSetEnd(writer: PacketWriter, end: Eof, capabilities: number): void {
  if (has(capabilities, Capability.deprecateEof)) writeOk(writer, { ...plainOk, ...end, endsRows: true }, capabilities);
  else writeEof(writer, end);
}

/** Whether a byte behind the column count says if column definitions follow. */
export function hasMetadataByte(capabilities: number, mariadbCapabilities: number): boolean {
  return has(capabilities, Capability.optionalResultsetMetadata) || has(mariadbCapabilities, MariadbCapability.cacheMetadata);
}
