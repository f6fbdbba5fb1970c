import { Command } from '../../src/protocol/constants.js';
import type { ParameterValue } from './step.js';

const VAR_STRING = 253;
const LONGLONG = 8;
const NULL = 6;
const BLOB = 252;

export { closeStatement } from '../support/binary-parameters.js';

/** COM_STMT_EXECUTE without a cursor; `withTypes`: new_params_bind_flag is set and types follow. */
export function statementExecution(id: number, values: readonly ParameterValue[], withTypes: boolean): Buffer {
  const head = Buffer.alloc(10);
  head[0] = Command.stmtExecute;
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(1, 6);
  if (values.length === 0) return head;
  const nulls = Buffer.alloc((values.length + 7) >> 3);
  for (const [index, value] of values.entries()) if (value === null) nulls[index >> 3]! |= 1 << (index & 7);
  const types = withTypes ? [1, ...values.flatMap((value) => [typeOf(value), 0])] : [0];
  return Buffer.concat([head, nulls, Buffer.from(types), ...values.map(bytesOf)]);
}

export function longData(id: number, parameter: number, data: string): Buffer {
  const head = Buffer.alloc(7);
  head[0] = Command.stmtSendLongData;
  head.writeUInt32LE(id, 1);
  head.writeUInt16LE(parameter, 5);
  return Buffer.concat([head, Buffer.from(data)]);
}

export function resetStatement(id: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = Command.stmtReset;
  bytes.writeUInt32LE(id, 1);
  return bytes;
}

function typeOf(value: ParameterValue): number {
  if (value === null) return NULL;
  if (typeof value === 'object') return BLOB;
  return typeof value === 'number' ? LONGLONG : VAR_STRING;
}

function bytesOf(value: ParameterValue): Buffer {
  if (value === null || typeof value === 'object') return Buffer.alloc(0);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from([text.length]), text]);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
