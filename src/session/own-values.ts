import type { ConnectionId } from '../base/ids.js';
import { Capability, has, PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import { type SessionValues, withSessionValues } from '../sql/session-values.js';
import { Effect, LexMode, type LexModes } from '../sql/verdict.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';

/** Statements in whose text values of the session may stand for what a server connection would give. */
export const READS_OWN_VALUES = Effect.readsConnectionId | Effect.readsDiagnostics;

type Diagnostics = 'foundRows' | 'rowCount' | 'warningCount' | 'errorCount';
/** Numbers that the session knows; null: they stay what the connection gives. */
export type KnownDiagnostics = Readonly<Record<Diagnostics, number | bigint | null>>;
const KNOWS_NONE: KnownDiagnostics = { foundRows: null, rowCount: null, warningCount: null, errorCount: null };

/**
 * In the types that servers give the originals, also as part of an expression. FOUND_ROWS() stays in its place for the warning of MySQL too that
 * it is deprecated. Observed on MariaDB 10.11 and MySQL 9.7.
 */
function valuesOf(id: ConnectionId | null, known: KnownDiagnostics, mode: LexModes): SessionValues {
  const sqlRowCount = (mode & LexMode.oracle) === 0 ? null : sqlRowCountOf(known);
  return {
    connectionId: id === null ? null : `CAST(${String(id).padStart(10, '0')} AS UNSIGNED)`,
    pseudoThreadId: id === null ? null : variable(id),
    foundRows: known.foundRows === null ? null : `IF(1=0, FOUND_ROWS(), ${known.foundRows})`,
    rowCount: known.rowCount === null ? null : `IF(1=0, ROW_COUNT(), ${known.rowCount})`,
    sqlRowCount: sqlRowCount === null ? null : `IF(1=0, SQL%ROWCOUNT, ${sqlRowCount})`,
    warningCount: known.warningCount === null ? null : variable(known.warningCount),
    errorCount: known.errorCount === null ? null : variable(known.errorCount),
  };
}

/** Behind a result it is FOUND_ROWS(). */
function sqlRowCountOf({ foundRows, rowCount }: KnownDiagnostics): number | bigint | null {
  if (foundRows === null || rowCount === null) return null;
  return Number(rowCount) === -1 ? foundRows : rowCount;
}

/** A number in the type of a system variable that has numbers without sign. */
const variable = (value: number | bigint): string => `IF(1=1, ${value}|0, NULL)`;

/** What SHOW COUNT(*) is to servers. */
export function countStatement(name: 'warnings' | 'errors', count: number): string {
  return `SELECT ${variable(count)} AS \`@@session.${name === 'warnings' ? 'warning' : 'error'}_count\``;
}

/** A text that is to be prepared, as servers get it. `id`: null where the session has given its connection a number itself. */
export function ownTextToPrepare(text: Buffer, effects: number, mode: LexModes, id: ConnectionId | null, known = KNOWS_NONE): Buffer {
  return (effects & READS_OWN_VALUES) === 0 ? text : (withSessionValues(text, mode, valuesOf(id, known, mode)) ?? text);
}

/** Of a statement that belongs into the schema of this name, or into none (''), for a connection that stands elsewhere: DATABASE() in its own type. */
export function textInSchema(text: Buffer, mode: LexModes, name: string): Buffer {
  const values = { connectionId: null, pseudoThreadId: null, foundRows: null, rowCount: null, warningCount: null, errorCount: null };
  const given = `IF(1=1, CAST(_utf8mb4 0x${Buffer.from(name).toString('hex')} AS CHAR(64) CHARACTER SET utf8mb4), DATABASE())`;
  return withSessionValues(text, mode, { ...values, schema: name === '' ? 'NULLIF(DATABASE(), DATABASE())' : given }) ?? text;
}

export type Sender = Pick<ClientSide, 'assembler' | 'capabilities'>;

/** The COM_QUERY that has begun, with the session's own values in its text. `id`: as for `ownTextToPrepare`. */
export function useOwnValues(command: Command, client: Sender, id: ConnectionId | null, known = KNOWS_NONE): void {
  // Without leave for several statements the server refuses the text, and shows it.
  const isRefused = (command.effects & Effect.multiple) !== 0 && !has(client.capabilities, Capability.multiStatements);
  if (command.text === null || isRefused) return;
  const text = withSessionValues(command.text, command.lexMode, valuesOf(id, known, command.lexMode));
  if (text !== null) useText(command, client, text);
}

/** The COM_QUERY that has begun is sent to a server with this text. */
export function useText(command: Command, client: Sender, text: Uint8Array): void {
  const { bytes } = command;
  const { payloadBuffer, payloadStart, payloadEnd } = client.assembler;
  const [buffer, start, end] = bytes === null ? [payloadBuffer, payloadStart, payloadEnd] : [bytes, PACKET_HEADER_BYTES, bytes.length];
  const head = Buffer.from(buffer.subarray(start, queryTextStart(buffer, start, end, client.capabilities)));
  command.bytes = encodeCommands([(writer) => writer.startPacket().bytes(head).bytes(text).endPacket()]);
}
