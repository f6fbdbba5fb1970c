import { Command } from '../protocol/constants.js';
import { readComStmtExecute } from '../protocol/packets/com-stmt-execute.js';
import { type ParameterValue, readParameterTypes, readParameterValues } from '../protocol/packets/stmt-parameters.js';
import type { PacketAssembler } from '../protocol/wire/framing.js';
import { ProtocolViolation } from '../protocol/wire/protocol-violation.js';
import { withExpressions, withParameters } from '../sql/prepare-text.js';
import { Effect, type LexModes } from '../sql/verdict.js';
import type { ClientStatement } from './prepared-statements.js';

/** More make no call of GET_LOCK, nor a KILL, nor do longer values. */
const MOST_PARAMETERS = 16;
const MOST_BYTES = 65_536;

/**
 * The text that the COM_STMT_EXECUTE in the assembler executes, as far as a session looks at it: names of user locks that are parameters stand
 * in it. Where they cannot be read for sure, the text as it was prepared.
 */
export function executedText(statement: ClientStatement, assembler: PacketAssembler, lexMode: LexModes, capabilities: number): Buffer {
  const { entry, parameters, text } = statement;
  if ((entry.verdict.effects & (Effect.takesUserLock | Effect.releasesUserLock)) === 0) return text;
  if (parameters === 0 || parameters > MOST_PARAMETERS || statement.longData !== null) return text;
  const values = valuesOf(statement, assembler, capabilities);
  return (values === null ? null : withParameters(text, lexMode, values.map(asLiteral))) ?? text;
}

/** The KILL that it executes, with its parameters in it; null: they cannot be read for sure, or there are none that hold. */
export function executedKill(
  statement: ClientStatement,
  assembler: PacketAssembler,
  lexMode: LexModes,
  capabilities: number,
): Buffer | null {
  const { parameters, text } = statement;
  if (parameters === 0) return text;
  if (parameters > MOST_PARAMETERS || statement.longData !== null) return null;
  const values = valuesOf(statement, assembler, capabilities);
  return values === null ? null : withExpressions(text, lexMode, values.map(asExpression));
}

/** By the types that it has bound, or an earlier execution. */
function valuesOf(statement: ClientStatement, assembler: PacketAssembler, capabilities: number): readonly ParameterValue[] | null {
  const { parameters } = statement;
  const { payloadBuffer, payloadStart, payloadEnd } = assembler;
  if (payloadBuffer[payloadStart] !== Command.stmtExecute || payloadEnd - payloadStart > MOST_BYTES) return null;
  try {
    const execute = readComStmtExecute(payloadBuffer, payloadStart, payloadEnd, parameters, capabilities);
    const { types } = statement;
    if (types === null || execute.parameters !== parameters) return null;
    const bound = readParameterTypes(types, { ...execute, typesBound: true, typesStart: 0, typesEnd: types.length }, capabilities);
    if (bound === null) return null;
    return readParameterValues(payloadBuffer, payloadEnd, execute, bound, new Map());
  } catch (error) {
    // The server will say what it thinks of the packet.
    if (error instanceof ProtocolViolation) return null;
    throw error;
  }
}

const asLiteral = (value: ParameterValue): string | number | bigint | null => (Buffer.isBuffer(value) ? value.toString('latin1') : value);

function asExpression(value: ParameterValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = Buffer.isBuffer(value) ? value.toString('latin1') : value;
  if (/^[\x20-\x7e]*$/.test(text) && !/['\\]/.test(text)) return `'${text}'`;
  return `CONVERT(0x${Buffer.from(text, 'latin1').toString('hex')} USING utf8mb4)`;
}
