import { describe, expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import type { SessionStateEntry } from '../../../src/protocol/packets/session-state.js';
import { ReplyKind } from '../../../src/protocol/reply-tracker.js';
import { Command } from '../../../src/session/command.js';
import { Pin } from '../../../src/session/pins.js';
import { namesAfter, trackEntries } from '../../../src/session/state-tracking.js';
import type { DigestEntry } from '../../../src/sql/digest-entry.js';
import { Effect, type Effects } from '../../../src/sql/verdict.js';

const states = new StateInterner();
const start = states.get('shop', null, new Map());

function command(effects: Effects, text = '', kind = 'SELECT'): Command {
  const made = new Command();
  made.begin(ReplyKind.query, 0, 0);
  made.effects = effects;
  made.text = Buffer.from(text);
  made.entry = { verdict: { command: kind } } as unknown as DigestEntry;
  return made;
}

const variable = (name: string, value: string): SessionStateEntry => ({ type: 'systemVariable', name, value });
const track = (entries: readonly SessionStateEntry[], of: Command, pinned = false) => trackEntries(entries, start, of, states, pinned);

describe('trackEntries', () => {
  it('takes over the schema, whatever the statement was', () => {
    const outcome = track([{ type: 'schema', schema: 'other' }], command(Effect.none));
    expect(outcome).toEqual({ state: states.get('other', null, new Map()), pins: Pin.none, isStrange: false });
    expect(track([{ type: 'schema', schema: '' }], command(Effect.dropsTable)).state.schema).toBe('');
  });

  it('takes over variables of a SET, by lower-case name', () => {
    const of = command(Effect.setsVariables, '', 'SET');
    const outcome = track([variable('SQL_MODE', 'ANSI'), variable('autocommit', 'OFF')], of);
    expect(outcome.state).toBe(
      states.get(
        'shop',
        null,
        new Map([
          ['sql_mode', 'ANSI'],
          ['autocommit', 'OFF'],
        ]),
      ),
    );
    expect(outcome.pins).toBe(Pin.none);
    expect(of.trackedVariables).toBe(2);
  });

  it.each([
    ['optimizer_switch', 'index_merge=on'],
    ['sql_mode', "a'b"],
    ['timestamp', '5'],
  ])('pins for %s, which can not be set again', (name, value) => {
    const outcome = track([variable(name, value)], command(Effect.setsVariables, '', 'SET'));
    expect(outcome).toEqual({ state: start, pins: Pin.variable, isStrange: false });
  });

  it('finds a variable strange that the statement does not explain, and keeps the state', () => {
    const outcome = track([variable('sql_mode', 'ANSI')], command(Effect.none));
    expect(outcome).toEqual({ state: start, pins: Pin.none, isStrange: true });
  });

  it('does not find it strange of SET STATEMENT, on a pinned connection, or of what is no state', () => {
    expect(track([variable('sql_mode', 'ANSI')], command(Effect.none, '', 'SET'))).toEqual({
      state: start,
      pins: Pin.none,
      isStrange: false,
    });
    expect(track([variable('last_gtid', '0-1-5')], command(Effect.none))).toEqual({ state: start, pins: Pin.none, isStrange: false });
    const pinned = track([variable('sql_mode', 'ANSI')], command(Effect.none), true);
    expect(pinned.isStrange).toBe(false);
    expect(pinned.state.variables.get('sql_mode')).toBe('ANSI');
  });

  it('leaves charset variables of SET NAMES to the text, those of other statements not', () => {
    const entries = [variable('character_set_client', 'latin1')];
    const names = command(Effect.setsNames, '', 'SET');
    expect(track(entries, names).state).toBe(start);
    expect(names.trackedVariables).toBe(1);
    expect(track(entries, command(Effect.setsVariables, '', 'SET')).state.variables.get('character_set_client')).toBe('latin1');
  });

  it('pins for a change of state that nothing explains', () => {
    const changed: SessionStateEntry = { type: 'stateChange', changed: true };
    expect(track([changed], command(Effect.none)).pins).toBe(Pin.unknownState);
    expect(track([changed], command(Effect.setsUserVariable)).pins).toBe(Pin.none);
    expect(track([{ type: 'stateChange', changed: false }], command(Effect.none)).pins).toBe(Pin.none);
  });

  it('ignores GTIDs, transaction entries and what it does not know', () => {
    const entries: SessionStateEntry[] = [
      { type: 'gtids', gtids: 'a:1' },
      { type: 'transactionCharacteristics', statements: 'START TRANSACTION;' },
      { type: 'transactionState', state: 'T_______' },
      { type: 'unknown', code: 99, data: new Uint8Array(1) },
    ];
    expect(track(entries, command(Effect.none))).toEqual({ state: start, pins: Pin.none, isStrange: false });
  });
});

describe('namesAfter', () => {
  const afterwards = (effects: Effects, text: string, tracked = 0) => {
    const of = command(effects, text, 'SET');
    of.trackedVariables = tracked;
    return namesAfter(of, start, states);
  };

  it('takes over what SET NAMES says, with and without COLLATE', () => {
    expect(afterwards(Effect.setsNames, "SET NAMES 'latin1'", 4)).toEqual({
      state: states.get('shop', { charset: 'latin1', collation: null }, new Map()),
      pins: Pin.none,
      isStrange: false,
    });
    expect(afterwards(Effect.setsNames, 'set names utf8mb4 collate utf8mb4_bin').state.names).toEqual({
      charset: 'utf8mb4',
      collation: 'utf8mb4_bin',
    });
  });

  it.each(['SET NAMES DEFAULT', 'SET CHARACTER SET latin1', 'SET NAMES latin1, @a = 1', 'SET NAMES latin1, sql_mode = 1'])(
    'pins for %s',
    (text) => expect(afterwards(Effect.setsNames, text)).toEqual({ state: start, pins: Pin.variable, isStrange: false }),
  );

  it('takes variables of character sets over as they are reported', () => {
    const effects = Effect.setsNames | Effect.setsVariables;
    for (const text of ["SET collation_connection = 'utf8mb4_bin'", 'SET SESSION character_set_server = latin1, sql_mode = 1']) {
      expect(afterwards(effects, text, 1), text).toEqual({ state: start, pins: Pin.none, isStrange: false });
      expect(afterwards(effects, text, 0).pins, text).toBe(Pin.variable);
    }
    expect(afterwards(effects, 'SET NAMES latin1, sql_mode = 1', 4).pins).toBe(Pin.variable);
    const reported = track([variable('collation_connection', 'utf8mb4_bin')], command(effects, '', 'SET'));
    expect([...reported.state.variables]).toEqual([['collation_connection', 'utf8mb4_bin']]);
  });

  it('pins for session variables that no tracker reported', () => {
    expect(afterwards(Effect.setsVariables, "SET sql_mode = 'ANSI'").pins).toBe(Pin.variable);
    expect(afterwards(Effect.setsVariables, "SET sql_mode = 'ANSI'", 1).pins).toBe(Pin.none);
    expect(afterwards(Effect.setsVariables, 'SET what is this').pins).toBe(Pin.variable);
    expect(afterwards(Effect.setsUserVariable, 'SET @a = 1').pins).toBe(Pin.none);
  });
});
