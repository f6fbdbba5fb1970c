import { describe, expect, it } from 'vitest';
import { PINNING_EFFECTS, Pin, pinNames, pinsAfter } from '../../../src/session/pins.js';
import { Effect } from '../../../src/sql/verdict.js';

const BEGINNERS = [
  ['user variable', Effect.setsUserVariable, Pin.userVariable],
  ['temporary table', Effect.createsTemporaryTable, Pin.temporaryTable],
  ['LOCK TABLES', Effect.locksTables, Pin.lockTables],
  ['GET_LOCK', Effect.takesUserLock, Pin.userLock],
  ['HANDLER', Effect.opensHandler, Pin.handler],
  ['SQL PREPARE', Effect.sqlPrepare, Pin.sqlPrepare],
  ['XA', Effect.xa, Pin.xa],
  ['SET TRANSACTION', Effect.setsNextTransaction, Pin.nextTransaction],
  ['role or resource group', Effect.setsIdentity, Pin.identity],
  ['unknown state change', Effect.unknownState, Pin.unknownState],
] as const;

describe('pinsAfter', () => {
  it.each(BEGINNERS)('%s pins, also when the statement failed', (name, effect, pin) => {
    for (const failed of [false, true]) {
      for (const inTransaction of [false, true]) expect(pinsAfter(Pin.none, effect, failed, inTransaction)).toBe(pin);
    }
    expect(pinNames(pin)).toEqual([name]);
    expect(PINNING_EFFECTS & effect).toBe(effect);
  });

  it('leaves the pins alone for everything that is not a pinning effect', () => {
    const all = BEGINNERS.reduce((pins, [, , pin]) => pins | pin, 0);
    for (const effect of Object.values(Effect)) {
      if ((effect & PINNING_EFFECTS) === 0) expect(pinsAfter(all, effect, false, false)).toBe(all);
    }
  });

  it.each([
    ['ends LOCK TABLES', Effect.unlocksTables, false, Pin.none],
    ['does not when it failed', Effect.unlocksTables, true, Pin.lockTables],
    ['does not when the same text locks as well', Effect.unlocksTables | Effect.locksTables, false, Pin.lockTables],
  ])('UNLOCK TABLES %s', (_title, effects, failed, expected) => {
    expect(pinsAfter(Pin.lockTables, effects, failed, false)).toBe(expected);
  });

  it.each([
    ['a commit', Effect.endsTransaction, false, false, Pin.none],
    ['an autocommitted write', Effect.leavesRowCount, false, false, Pin.none],
    ['nothing inside a transaction', Effect.leavesRowCount, false, true, Pin.nextTransaction],
    ['nothing that failed', Effect.endsTransaction, true, false, Pin.nextTransaction],
    ['no plain read', Effect.none, false, false, Pin.nextTransaction],
    ['no commit with a SET TRANSACTION behind it', Effect.endsTransaction | Effect.setsNextTransaction, false, false, Pin.nextTransaction],
  ])('SET TRANSACTION is used up by: %s', (_title, effects, failed, inTransaction, expected) => {
    expect(pinsAfter(Pin.nextTransaction, effects, failed, inTransaction)).toBe(expected);
  });

  it('never removes other pins', () => {
    const others = Pin.userVariable | Pin.temporaryTable | Pin.userLock | Pin.cursor | Pin.variable;
    const ends = Effect.unlocksTables | Effect.endsTransaction | Effect.releasesUserLock | Effect.dropsTable | Effect.sqlDeallocate;
    expect(pinsAfter(others, ends, false, false)).toBe(others);
  });
});

describe('pinNames', () => {
  it('names each pin once, in the order of the bits', () => {
    const pins = Object.values(Pin).filter((pin) => pin !== 0);
    const names = pinNames(
      pins.reduce((all, pin) => all | pin, 0),
      ['timestamp'],
    );
    expect(new Set(names).size).toBe(pins.length);
    expect(pinNames(Pin.cursor | Pin.xa)).toEqual(['XA', 'open cursor']);
    expect(pinNames(Pin.none)).toEqual([]);
    expect(pinNames(Pin.variable, ['timestamp', 'insert_id'])).toEqual(['variable timestamp', 'variable insert_id']);
  });
});
