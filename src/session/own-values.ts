import type { ConnectionId } from '../base/ids.js';
import { queryTextStart } from '../protocol/packets/com-query.js';
import { encodeCommands } from '../protocol/wire/writer.js';
import { type SessionValues, withSessionValues } from '../sql/session-values.js';
import { Effect, type LexModes } from '../sql/verdict.js';
import type { ClientSide } from './client-side.js';
import type { Command } from './command.js';

/** Statements in whose text values of the session stand for what a server connection would give. */
export const READS_OWN_VALUES = Effect.readsConnectionId;

/**
 * The number of the client's greeting, in the types that servers give CONNECTION_ID() (MariaDB takes the length of a number's digits
 * for that of the column) and `@@pseudo_thread_id`. Observed on MariaDB 10.11 and MySQL 9.7.
 */
function ownNumber(id: ConnectionId): SessionValues {
  return { connectionId: `CAST(${String(id).padStart(10, '0')} AS UNSIGNED)`, pseudoThreadId: `IF(1=1, ${id}|0, NULL)` };
}

/** A text that is to be prepared, as servers get it. */
export function ownTextToPrepare(text: Buffer, effects: number, mode: LexModes, id: ConnectionId): Buffer {
  return (effects & READS_OWN_VALUES) === 0 ? text : (withSessionValues(text, mode, ownNumber(id)) ?? text);
}

/** The COM_QUERY that has begun, with the session's own values in its text. */
export function useOwnValues(command: Command, client: Pick<ClientSide, 'id' | 'assembler' | 'capabilities'>): void {
  if (command.text === null) return;
  const text = withSessionValues(command.text, command.lexMode, ownNumber(client.id));
  if (text === null) return;
  const { payloadBuffer, payloadStart, payloadEnd } = client.assembler;
  const textStart = queryTextStart(payloadBuffer, payloadStart, payloadEnd, client.capabilities);
  const head = payloadBuffer.subarray(payloadStart, textStart);
  command.bytes = encodeCommands([(writer) => writer.startPacket().bytes(head).bytes(text).endPacket()]);
}
