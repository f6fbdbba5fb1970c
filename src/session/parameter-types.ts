import { Capability, FieldType, has } from '../protocol/constants.js';
import { BULK_TYPES_OFFSET, bulkHasTypes, NULL_BITMAP_OFFSET, tryReadComStmtExecute } from '../protocol/packets/com-stmt-execute.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { type ClientStatement, internTypes } from './prepared-statements.js';

/** Of a parameter that was NULL in each execution. */
const UNKNOWN = 0xffff;

/** Where the types and the NULLs of one execution are. */
interface Bound {
  readonly nullBitmapStart: number;
  /** -1: the packet has no types. */
  readonly typesStart: number;
  readonly typesEnd: number;
}

/**
 * Takes over the parameter types of the COM_STMT_EXECUTE or BULK_EXECUTE in `buffer[start, end)`, which has `statement.parameters` > 0.
 *
 * @param fixesTypes the servers are MySQL, whose statements keep the types of their first executions
 * @returns whether the packet has types
 */
export function takeTypes(
  statement: ClientStatement,
  buffer: Uint8Array,
  start: number,
  end: number,
  capabilities: number,
  fixesTypes: boolean,
): boolean {
  const bound = whereBound(statement, buffer, start, end, capabilities);
  if (bound === null) return false;
  const hasTypes = bound.typesStart >= 0;
  if (hasTypes) {
    const { types } = statement;
    const isSame = types !== null && types.compare(buffer, bound.typesStart, bound.typesEnd) === 0;
    if (isSame && (statement.typesFixed || !fixesTypes)) return true;
    if (!isSame) statement.types = internTypes(buffer.subarray(bound.typesStart, bound.typesEnd));
  } else if (statement.typesFixed || !fixesTypes) return false;
  if (fixesTypes) fixTypes(statement, buffer, bound.nullBitmapStart, has(capabilities, Capability.queryAttributes));
  return hasTypes;
}

/** Whether the COM_STMT_EXECUTE with parameters in `buffer[start, end)` has one that is NULL by its bit; attributes are looked at too. */
export function hasNull({ parameters }: ClientStatement, buffer: Uint8Array, start: number, end: number, capabilities: number): boolean {
  // Behind the length-encoded count of parameters and attributes, where there is one.
  const counted = has(capabilities, Capability.queryAttributes) ? (parameters < 0xfb ? 1 : 3) : 0;
  const first = start + NULL_BITMAP_OFFSET + counted;
  const last = Math.min(end, first + ((parameters + 7) >>> 3));
  for (let at = first; at < last; at++) if (buffer[at] !== 0) return true;
  return false;
}

/** `takeTypes` of a COM_STMT_BULK_EXECUTE, which only MariaDB has. */
export function takeBulkTypes(statement: ClientStatement, buffer: Uint8Array, start: number, end: number): boolean {
  if (!bulkHasTypes(buffer, start, end)) return false;
  const typesStart = start + BULK_TYPES_OFFSET;
  const typesEnd = typesStart + 2 * statement.parameters;
  if (typesEnd > end) return false;
  const { types } = statement;
  const isSame = types !== null && types.compare(buffer, typesStart, typesEnd) === 0;
  if (!isSame) statement.types = internTypes(buffer.subarray(typesStart, typesEnd));
  return true;
}

/** What a packet has that ends too soon is left to the server, which refuses it. */
function whereBound({ parameters }: ClientStatement, buffer: Uint8Array, start: number, end: number, capabilities: number): Bound | null {
  if (has(capabilities, Capability.queryAttributes)) {
    const execute = tryReadComStmtExecute(buffer, start, end, parameters, capabilities);
    if (execute === null) return null;
    const { nullBitmapStart, typesBound, typesStart, typesEnd } = execute;
    if (!typesBound) return { nullBitmapStart, typesStart: -1, typesEnd: -1 };
    const reader = new PacketReader(buffer, typesStart, typesEnd, 'parameter types');
    // Those of attributes are behind them, and hold for this execution only.
    for (let index = 0; index < parameters; index++) {
      reader.skip(2, 'type');
      reader.lengthEncodedBytes('name');
    }
    return { nullBitmapStart, typesStart, typesEnd: reader.position };
  }
  const nullBitmapStart = start + NULL_BITMAP_OFFSET;
  const flag = nullBitmapStart + ((parameters + 7) >>> 3);
  if (flag >= end) return null;
  if (buffer[flag] !== 1) return { nullBitmapStart, typesStart: -1, typesEnd: -1 };
  const typesEnd = flag + 1 + 2 * parameters;
  return typesEnd > end ? null : { nullBitmapStart, typesStart: flag + 1, typesEnd };
}

/**
 * A parameter's type is fixed by its first value that is not NULL. One that comes with another type later may have been converted or may
 * have made the server prepare anew: from then on the statement's own history counts, and nobody shares it.
 */
function fixTypes(statement: ClientStatement, buffer: Uint8Array, nullBitmapStart: number, named: boolean): void {
  const { form, parameters, types } = statement;
  if (types === null || form.isAlone) return;
  const known = statement.fixed ?? new Uint16Array(parameters).fill(UNKNOWN);
  const fixed = known.slice();
  const reader = new PacketReader(types, 0, types.length, 'parameter types');
  let isOther = false;
  for (let index = 0; index < parameters; index++) {
    const type = reader.u16('type');
    if (named) reader.lengthEncodedBytes('name');
    const isNull = (type & 0xff) === FieldType.null || (buffer[nullBitmapStart + (index >>> 3)]! & (1 << (index & 7))) !== 0;
    if (isNull || known[index] === type) continue;
    isOther ||= known[index] !== UNKNOWN;
    fixed[index] = type;
  }
  statement.typesFixed = isOther || !fixed.includes(UNKNOWN);
  if (fixed.every((type, index) => type === known[index])) return;
  statement.fixed = fixed;
  statement.form = isOther ? form.alone() : statement.plainForm.withTypes(fixed);
}
