import { Command } from '../protocol/constants.js';
import { readComStmtExecute } from '../protocol/packets/com-stmt-execute.js';
import { type ParameterValue, readParameterTypes, readParameterValues } from '../protocol/packets/stmt-parameters.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import { withParameters } from '../sql/prepare-text.js';
import { Effect, type LexModes } from '../sql/verdict.js';
import type { ClientStatement } from './prepared-statements.js';

/** More make no call of GET_LOCK. */
const MOST_PARAMETERS = 16;

/**
 * The text that the COM_STMT_EXECUTE in the assembler executes, as far as a session looks at it: names of user locks that are parameters stand
 * in it. Where they cannot be read for sure, the text as it was prepared.
 */
export function executedText(statement: ClientStatement, assembler: PacketAssembler, lexMode: LexModes, capabilities: number): Buffer {
  const { entry, parameters, text } = statement;
  if ((entry.verdict.effects & (Effect.takesUserLock | Effect.releasesUserLock)) === 0) return text;
  if (parameters === 0 || parameters > MOST_PARAMETERS || statement.longData.length > 0) return text;
  const values = valuesOf(parameters, assembler, capabilities);
  return (values === null ? null : withParameters(text, lexMode, values.map(asLiteral))) ?? text;
}

function valuesOf(parameters: number, assembler: PacketAssembler, capabilities: number): readonly ParameterValue[] | null {
  const { payloadBuffer, payloadStart, payloadEnd } = assembler;
  if (payloadBuffer[payloadStart] !== Command.stmtExecute) return null;
  try {
    const execute = readComStmtExecute(payloadBuffer, payloadStart, payloadEnd, parameters, capabilities);
    const types = readParameterTypes(payloadBuffer, execute, capabilities);
    if (types === null || execute.parameters !== parameters) return null;
    return readParameterValues(payloadBuffer, payloadEnd, execute, types, new Map());
  } catch (error) {
    // The server will say what it thinks of the packet.
    if (error instanceof ProtocolViolation) return null;
    throw error;
  }
}

const asLiteral = (value: ParameterValue): string | number | bigint | null => (Buffer.isBuffer(value) ? value.toString('latin1') : value);
