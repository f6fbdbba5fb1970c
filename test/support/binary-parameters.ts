import { Command } from '../../src/protocol/constants.js';

const VAR_STRING = 253;
const LONGLONG = 8;
const NULL = 6;

/** COM_STMT_EXECUTE with numbers as LONGLONG and texts as VAR_STRING. */
export function executeStatement(id: number, values: readonly (number | string | null)[]): Buffer {
  const head = Buffer.alloc(10);
  head[0] = Command.stmtExecute;
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(1, 6);
  if (values.length === 0) return head;
  const nulls = Buffer.alloc((values.length + 7) >> 3);
  const parts: Buffer[] = [];
  const types = values.map((value, index) => {
    if (value === null) {
      nulls[index >> 3]! |= 1 << (index & 7);
      return [NULL, 0];
    }
    if (typeof value === 'number') {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value));
      parts.push(bytes);
      return [LONGLONG, 0];
    }
    const text = Buffer.from(value);
    parts.push(Buffer.from([text.length]), text);
    return [VAR_STRING, 0];
  });
  return Buffer.concat([head, nulls, Buffer.from([1]), Buffer.from(types.flat()), ...parts]);
}

/** COM_STMT_CLOSE, which is not answered. */
export function closeStatement(id: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = Command.stmtClose;
  bytes.writeUInt32LE(id, 1);
  return bytes;
}
