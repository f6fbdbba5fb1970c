import { haveSameCharset, type SessionState } from '../backend/connection-state.js';
import type { PreparedOnServer } from '../backend/server-statements.js';
import { FieldType } from '../protocol/constants.js';

/** Of a parameter that was NULL. */
export const NULL_TYPE: number = FieldType.null;
/** More executions that changed something than this are not repeated: the last ones decide. */
const MAX_BINDINGS = 8;

/** An execution after which a server may remember other types than before it. */
export interface Binding {
  /** Two bytes each, as in the packet; NULL_TYPE for what was NULL. */
  readonly types: Uint16Array;
  /** Of the session, then. */
  readonly state: SessionState;
}

const Kind = { signed: 1, unsigned: 2, decimal: 4, double: 8, date: 16, time: 32, dateTime: 64 } as const;
const INTEGERS = Kind.signed | Kind.unsigned;
const NUMBERS = INTEGERS | Kind.decimal | Kind.double;
const UNSIGNED = 0x8000;

/** Strings and NULLs have none: MySQL takes them for every type (sql_prepare.cc, check_parameter_types). */
function kindOf(type: number): number {
  switch (type & 0xff) {
    case FieldType.tiny:
    case FieldType.short:
    case FieldType.int24:
    case FieldType.long:
    case FieldType.longLong:
      return (type & UNSIGNED) === 0 ? Kind.signed : Kind.unsigned;
    case FieldType.decimal:
    case FieldType.newDecimal:
      return Kind.decimal;
    case FieldType.float:
    case FieldType.double:
      return Kind.double;
    case FieldType.date:
      return Kind.date;
    case FieldType.time:
      return Kind.time;
    case FieldType.dateTime:
    case FieldType.timestamp:
      return Kind.dateTime;
    default:
      return 0;
  }
}

/** What is taken too where this kind is: decimals have room for integers, and whatever takes doubles or times takes every number. */
function takenWith(kind: number): number {
  switch (kind) {
    case Kind.decimal:
      return kind | INTEGERS;
    case Kind.double:
    case Kind.date:
    case Kind.time:
    case Kind.dateTime:
      return kind | NUMBERS;
    default:
      return kind;
  }
}

/** Whether the type may make MySQL prepare a statement again; what has no such type never does. */
export const mayChangeTypes = (type: number): boolean => kindOf(type) !== 0;

/**
 * What servers remember of the parameters of a statement that nobody shares. MySQL prepares it again when a value has a type that it does not
 * take, and goes on with that one. Both flavours convert texts from the character set of when their types came.
 */
export class ParameterHistory {
  private readonly bindings: Binding[] = [];
  private dropped = 0;
  private taken: Uint8Array;
  /** Of the session when the types of now came. */
  boundUnder: SessionState;
  /** Of all bindings, and of those before the execution noted last. */
  end = 0;
  before = 0;

  /** @param first what was bound while the statement was shared; null: nothing */
  constructor(parameters: number, state: SessionState, first: Uint16Array | null) {
    this.taken = new Uint8Array(parameters);
    this.boundUnder = state;
    if (first !== null) this.note({ types: first, state }, true);
    this.before = this.end;
  }

  /** An execution is to be sent. `hasTypes`: its packet has them. */
  note(binding: Binding, hasTypes: boolean): void {
    const { taken } = this;
    this.before = this.end;
    if (hasTypes) this.boundUnder = binding.state;
    const kinds = Uint8Array.from(binding.types, kindOf);
    if (kinds.every((kind, index) => (kind & ~(taken[index] as number)) === 0)) return;
    this.taken = kinds.map(takenWith);
    this.bindings.push(binding);
    this.end += 1;
    if (this.bindings.length <= MAX_BINDINGS) return;
    this.bindings.shift();
    this.dropped += 1;
  }

  /** What `prepared` has to be told next before it is as it was in front of the execution noted last; null: nothing. */
  nextFor(prepared: PreparedOnServer): Binding | null {
    const index = Math.max(prepared.bindings, this.dropped);
    return index >= this.before ? null : (this.bindings[index - this.dropped] ?? null);
  }

  onRepeated(prepared: PreparedOnServer): void {
    prepared.bindings = Math.max(prepared.bindings, this.dropped) + 1;
    prepared.boundTypes = null;
  }

  /** `prepared` executes it. */
  onExecuted(prepared: PreparedOnServer): void {
    prepared.bindings = this.end;
    prepared.boundUnder = this.boundUnder;
  }

  /**
   * Of an execution without types: whether `prepared` would convert its texts from another character set than a server does that has had all of
   * them. `first`: the state under which the statement was prepared.
   */
  isBoundOtherwise(prepared: PreparedOnServer, types: Buffer | null, first: SessionState): boolean {
    return prepared.boundTypes !== types || !haveSameCharset(prepared.boundUnder ?? first, this.boundUnder);
  }
}
