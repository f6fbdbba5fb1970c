import { Capability, has, PACKET_HEADER_BYTES, ReplyHeader } from '../constants.js';
import { PacketReader } from '../wire/reader.js';
import type { PacketWriter } from '../wire/writer.js';

export interface StmtPrepareOk {
  readonly statementId: number;
  readonly columns: number;
  readonly parameters: number;
  readonly warnings: number;
  /** Whether definitions of parameters and columns follow; only false with `optionalResultsetMetadata`. */
  readonly metadataFollows: boolean;
}

/** Offset of the statement id from the start of the packet (its header). */
export const STATEMENT_ID_OFFSET = PACKET_HEADER_BYTES + 1;

/**
 * COM_STMT_PREPARE_OK: 1 0x00, 4 statement id, 2 columns, 2 parameters, 1 zero, [2 warnings, [optionalResultsetMetadata: 1 metadata follows]].
 * Then, unless 0: definitions of the parameters and (without `deprecateEof`) EOF, the same for the columns.
 */
export function readStmtPrepareOk(buffer: Uint8Array, start: number, end: number, capabilities: number): StmtPrepareOk {
  const reader = new PacketReader(buffer, start, end, 'COM_STMT_PREPARE_OK');
  const header = reader.u8('header');
  if (header !== ReplyHeader.ok) throw reader.violation('header', `is 0x${header.toString(16)}, expected 0x00`);
  const statementId = reader.u32('statement id');
  const columns = reader.u16('columns');
  const parameters = reader.u16('parameters');
  reader.skip(1, 'filler');
  const warnings = reader.remaining >= 2 ? reader.u16('warnings') : 0;
  const hasByte = has(capabilities, Capability.optionalResultsetMetadata) && reader.remaining > 0;
  return { statementId, columns, parameters, warnings, metadataFollows: !hasByte || reader.u8('metadata follows') !== 0 };
}

export function writeStmtPrepareOk(writer: PacketWriter, ok: StmtPrepareOk, capabilities: number): void {
  writer.startPacket().u8(ReplyHeader.ok).u32(ok.statementId).u16(ok.columns).u16(ok.parameters).u8(0).u16(ok.warnings);
  if (has(capabilities, Capability.optionalResultsetMetadata)) writer.u8(ok.metadataFollows ? 1 : 0);
  writer.endPacket();
}
