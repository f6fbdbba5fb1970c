import { WeirError } from '../../base/errors.js';
import { ServerStatus } from '../../protocol/constants.js';
import { writeBinaryRow } from '../../protocol/packets/binary-row.js';
import { writeColumnDefinition } from '../../protocol/packets/column-definition.js';
import type { ServerError } from '../../protocol/packets/err.js';
import { plainOk, writeOk } from '../../protocol/packets/ok.js';
import type { SessionStateEntry } from '../../protocol/packets/session-state.js';
import { writeStmtPrepareOk } from '../../protocol/packets/stmt-prepare-ok.js';
import { stringColumn, writeColumns, writeResultSetEnd, writeResultSetHead } from '../../protocol/packets/text-result-set.js';
import { writeTextRow } from '../../protocol/packets/text-row.js';
import type { PacketWriter } from '../../protocol/wire/writer.js';
import { AdminError, type AdminReply } from '../reply.js';
import type { AdminOutput } from './output.js';

/** There are no transactions, and a backslash in a string is a backslash: drivers that see this flag escape as SQLite reads. */
export const ADMIN_STATUS = ServerStatus.autocommit | ServerStatus.noBackslashEscapes;

/** Rows are sent in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;

export interface ReplyForm {
  readonly capabilities: number;
  /** Rows of COM_STMT_EXECUTE. */
  readonly binary: boolean;
  /** Another statement of the same query follows. */
  readonly more: boolean;
  /** The schema, where the statement changed it. */
  readonly schema: string | null;
}

/** Writes a whole reply; what is left in the writer at the end is for the caller to send. */
export async function writeReply(output: AdminOutput, writer: PacketWriter, reply: AdminReply, form: ReplyForm): Promise<void> {
  const { capabilities } = form;
  const status = form.more ? ADMIN_STATUS | ServerStatus.moreResultsExist : ADMIN_STATUS;
  if (reply.kind === 'ok') {
    const { affectedRows, info } = reply;
    const warnings = Math.min(reply.warnings.length, 0xffff);
    const sessionState: SessionStateEntry[] = form.schema === null ? [] : [{ type: 'schema', schema: form.schema }];
    writeOk(writer, { ...plainOk, affectedRows, warnings, info, status, sessionState }, capabilities);
    return;
  }
  const writeRow = form.binary ? writeBinaryRow : writeTextRow;
  writeResultSetHead(writer, reply.columns, status, capabilities);
  for (const row of reply.rows) {
    writeRow(writer, row);
    if (writer.size < PIECE_BYTES) continue;
    await output.sendPaced(writer);
    if (output.closed) return;
  }
  writeResultSetEnd(writer, { status, warnings: 0 }, capabilities);
}

/** The reply to COM_STMT_PREPARE. */
export function writePrepared(
  writer: PacketWriter,
  { statementId, parameters, columns }: { statementId: number; parameters: number; columns: readonly string[] },
  capabilities: number,
): void {
  const counts = { statementId, parameters, columns: columns.length, warnings: 0, metadataFollows: true };
  writeStmtPrepareOk(writer, counts, capabilities);
  writeColumns(writer, Array<string>(parameters).fill('?'), ADMIN_STATUS, capabilities);
  writeColumns(writer, columns, ADMIN_STATUS, capabilities);
}

/** The reply to COM_FIELD_LIST: definitions without a count in front. */
export function writeFieldList(writer: PacketWriter, table: string, columns: readonly string[], capabilities: number): void {
  for (const column of columns) writeColumnDefinition(writer, { ...stringColumn(column), table, originalTable: table }, true);
  writeEnd(writer, capabilities);
}

/** An EOF, or the OK that stands for one. */
export function writeEnd(writer: PacketWriter, capabilities: number): void {
  writeResultSetEnd(writer, { status: ADMIN_STATUS, warnings: 0 }, capabilities);
}

/** What the client is told; null for a failure of the program, of which it is told only that there was one. */
export function clientError(error: unknown): ServerError | null {
  if (error instanceof AdminError) return { ...error.code, message: `ProxySQL Admin Error: ${error.message}` };
  if (error instanceof WeirError) return { errno: error.errno, sqlState: error.sqlState, message: error.message };
  return null;
}
