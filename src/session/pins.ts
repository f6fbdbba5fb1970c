import type { ServerFlavour } from '../base/server-version.js';
import { Effect, type Effects } from '../sql/verdict.js';

/** Why a session keeps its server connection between statements. A set of bits; each has a name for the process list. */
export const Pin = {
  none: 0,
  userVariable: 1 << 0,
  temporaryTable: 1 << 1,
  lockTables: 1 << 2,
  userLock: 1 << 3,
  handler: 1 << 4,
  sqlPrepare: 1 << 5,
  xa: 1 << 6,
  nextTransaction: 1 << 7,
  identity: 1 << 8,
  unknownState: 1 << 9,
  variable: 1 << 10,
  /** What no status flag tells of: see `pinsWithoutAutocommit`. */
  withoutAutocommit: 1 << 11,
  cursor: 1 << 12,
  /** Ends once the server has been asked: see `StateReadBack`. */
  unread: 1 << 14,
} as const;
export type Pins = number;

/** Others may wait for what such a pin holds. */
export const PINS_THAT_BLOCK: Pins = Pin.lockTables | Pin.userLock | Pin.handler | Pin.xa | Pin.withoutAutocommit;

const NAMES: readonly (readonly [number, string])[] = [
  [Pin.userVariable, 'user variable'],
  [Pin.temporaryTable, 'temporary table'],
  [Pin.lockTables, 'LOCK TABLES'],
  [Pin.userLock, 'GET_LOCK'],
  [Pin.handler, 'HANDLER'],
  [Pin.sqlPrepare, 'SQL PREPARE'],
  [Pin.xa, 'XA'],
  [Pin.nextTransaction, 'SET TRANSACTION'],
  [Pin.identity, 'role or resource group'],
  [Pin.unknownState, 'unknown state change'],
  [Pin.withoutAutocommit, 'autocommit=0'],
  [Pin.cursor, 'open cursor'],
  [Pin.unread, 'variables to be read back'],
];

/** `tied`: the variables that Pin.variable is for. */
export function pinNames(pins: Pins, tied: Iterable<string> = []): string[] {
  const others = NAMES.filter(([bit]) => (pins & bit) !== 0).map(([, name]) => name);
  return (pins & Pin.variable) === 0 ? others : [...others, ...[...tied].map((name) => `variable ${name}`)];
}

/** Effects that begin a pin whatever the statement answered: part of it may have been executed before an error. */
const PIN_OF_EFFECT: readonly (readonly [effect: number, pin: number])[] = [
  [Effect.setsUserVariable, Pin.userVariable],
  [Effect.createsTemporaryTable, Pin.temporaryTable],
  [Effect.locksTables, Pin.lockTables],
  [Effect.takesUserLock, Pin.userLock],
  [Effect.opensHandler, Pin.handler],
  [Effect.sqlPrepare, Pin.sqlPrepare],
  [Effect.xa, Pin.xa],
  [Effect.setsNextTransaction, Pin.nextTransaction],
  [Effect.setsIdentity, Pin.identity],
  [Effect.unknownState, Pin.unknownState],
];

/** Every effect that `pinsAfter` looks at; a statement with none of them changes no pin. */
export const PINNING_EFFECTS: Effects =
  PIN_OF_EFFECT.reduce((all, [effect]) => all | effect, 0) | Effect.unlocksTables | Effect.endsTransaction | Effect.leavesRowCount;

/** Effects that explain why a server reports a change of session state. */
export const EXPLAINED_STATE_CHANGE: Effects =
  Effect.setsVariables |
  Effect.setsNames |
  Effect.setsIdentity |
  Effect.setsUserVariable |
  Effect.setsNextTransaction |
  Effect.createsTemporaryTable |
  Effect.dropsTable |
  Effect.sqlPrepare |
  Effect.sqlDeallocate |
  Effect.changesSchema |
  Effect.startsTransaction |
  Effect.startsReadOnlyTransaction |
  Effect.endsTransaction |
  Effect.unknownState;

const MAKES_VARIABLES = Effect.readsUserVariable | Effect.leavesRowCount;

/** MariaDB makes the user variables that a write names, for its binary log, also where it only prepares the write (seen in 10.11). */
export const makesVariables = (effects: Effects, flavour: ServerFlavour): boolean =>
  (effects & MAKES_VARIABLES) === MAKES_VARIABLES && flavour === 'mariadb';

/** The pins after a statement with these effects. */
export function pinsAfter(pins: Pins, effects: Effects, failed: boolean, inTransaction: boolean): Pins {
  let next = pins;
  if (!failed && (effects & Effect.unlocksTables) !== 0 && (effects & Effect.locksTables) === 0) next &= ~Pin.lockTables;
  const consumesCharacteristics = (effects & (Effect.endsTransaction | Effect.leavesRowCount)) !== 0;
  if (!failed && !inTransaction && consumesCharacteristics) next &= ~Pin.nextTransaction;
  for (const [effect, pin] of PIN_OF_EFFECT) if ((effects & effect) !== 0) next |= pin;
  return next;
}
