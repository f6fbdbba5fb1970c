import { Capability, Collation, FieldType, has, MariadbCapability, ServerStatus } from '../constants.js';
import type { PacketWriter } from '../wire/writer.js';
import { type ColumnDefinition, writeColumnDefinition } from './column-definition.js';
import { writeEof } from './eof.js';
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
  const withoutEof = has(capabilities, Capability.deprecateEof);
  writer.startPacket().lengthEncoded(result.columns.length);
  if (hasMetadataByte(capabilities, mariadbCapabilities)) writer.u8(1);
  writer.endPacket();
  for (const column of result.columns) writeColumnDefinition(writer, typeof column === 'string' ? stringColumn(column) : column);
  if (!withoutEof) writeEof(writer, { warnings: 0, status });
  for (const row of result.rows) writeTextRow(writer, row);
  if (withoutEof) writeOk(writer, { ...plainOk, endsRows: true, status, warnings }, capabilities);
  else writeEof(writer, { warnings, status });
}

/** Whether a byte behind the column count says if column definitions follow. */
export function hasMetadataByte(capabilities: number, mariadbCapabilities: number): boolean {
  return has(capabilities, Capability.optionalResultsetMetadata) || has(mariadbCapabilities, MariadbCapability.cacheMetadata);
}
