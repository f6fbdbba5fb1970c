import { Capability, FieldType, has } from '../protocol/constants.js';
import { BULK_TYPES_OFFSET, bulkHasTypes, NULL_BITMAP_OFFSET, tryReadComStmtExecute } from '../protocol/packets/com-stmt-execute.js';
import { PacketReader } from '../protocol/wire/reader.js';
import { mayChangeTypes, NULL_TYPE } from './parameter-history.js';
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
  const bound = whereBound(statement.parameters, buffer, start, end, capabilities);
  if (bound === null) return false;
  const hasTypes = bound.typesStart >= 0;
  if (hasTypes) {
    const { types } = statement;
    const isSame = types !== null && types.compare(buffer, bound.typesStart, bound.typesEnd) === 0;
    if (isSame && (statement.typesFixed || !fixesTypes)) return true;
    if (!isSame) statement.types = internTypes(buffer.subarray(bound.typesStart, bound.typesEnd));
  } else if (statement.typesFixed || !fixesTypes) return false;
  if (fixesTypes) fixTypes(statement, buffer, bound, has(capabilities, Capability.queryAttributes));
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

/** The types of the values of a COM_STMT_EXECUTE, NULL_TYPE where they are NULL; null: they are not known. */
export function typesOfValues(
  { parameters, types }: ClientStatement,
  buffer: Uint8Array,
  start: number,
  end: number,
  capabilities: number,
): Uint16Array | null {
  const bound = types === null ? null : whereBound(parameters, buffer, start, end, capabilities);
  if (types === null || bound === null) return null;
  const named = has(capabilities, Capability.queryAttributes);
  return eachType(types, parameters, named).map((type, index) => (isNullAt(type, index, buffer, bound) ? NULL_TYPE : type));
}

/** What was fixed, as the types of values. */
export const typesOfFixed = (fixed: Uint16Array): Uint16Array => fixed.map((type) => (type === UNKNOWN ? NULL_TYPE : type));

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
function whereBound(parameters: number, buffer: Uint8Array, start: number, end: number, capabilities: number): Bound | null {
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

/** Without the names of parameters. */
function eachType(types: Buffer, parameters: number, named: boolean): Uint16Array {
  const reader = new PacketReader(types, 0, types.length, 'parameter types');
  const each = new Uint16Array(parameters);
  for (let index = 0; index < parameters; index++) {
    each[index] = reader.u16('type');
    if (named) reader.lengthEncodedBytes('name');
  }
  return each;
}

function isNullAt(type: number, index: number, buffer: Uint8Array, { nullBitmapStart }: Bound): boolean {
  return (type & 0xff) === FieldType.null || (buffer[nullBitmapStart + (index >>> 3)]! & (1 << (index & 7))) !== 0;
}

/**
 * A parameter's type is fixed by its first value that is not NULL. One that comes with another type later may have been converted or may
 * have made the server prepare anew, and so may a first one beside a NULL, which then has the type of its place again: from then on the
 * statement's own history counts, and nobody shares it.
 */
function fixTypes(statement: ClientStatement, buffer: Uint8Array, bound: Bound, named: boolean): void {
  const { columns, form, parameters, types } = statement;
  if (types === null || form.isAlone) return;
  const known = statement.fixed ?? new Uint16Array(parameters).fill(UNKNOWN);
  const fixed = known.slice();
  let isOther = false;
  let forgets = false;
  let changes = false;
  for (const [index, type] of eachType(types, parameters, named).entries()) {
    if (isNullAt(type, index, buffer, bound)) {
      forgets ||= known[index] !== UNKNOWN;
      continue;
    }
    if (known[index] === type) continue;
    isOther ||= known[index] !== UNKNOWN;
    changes ||= mayChangeTypes(type);
    fixed[index] = type;
  }
  // Without a result what was forgotten does not show.
  isOther ||= forgets && changes && columns > 0;
  statement.typesFixed = isOther || !fixed.includes(UNKNOWN);
  if (fixed.every((type, index) => type === known[index])) return;
  statement.fixed = fixed;
  statement.form = isOther ? form.alone() : statement.plainForm.withTypes(fixed);
}
