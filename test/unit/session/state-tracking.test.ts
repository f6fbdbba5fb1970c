import { describe, expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import type { SessionStateEntry } from '../../../src/protocol/packets/session-state.js';
import { ReplyKind } from '../../../src/protocol/reply-tracker.js';
import { Command } from '../../../src/session/command.js';
import { Pin } from '../../../src/session/pins.js';
import {
  outcomeOfSet,
  outcomeOfUntrackedSet,
  type TrackOutcome,
  trackEntries,
  trackReadBack,
} from '../../../src/session/state-tracking.js';
import type { DigestEntry } from '../../../src/sql/digest-entry.js';
import { Effect, type Effects } from '../../../src/sql/verdict.js';

const states = new StateInterner();
const start = states.get('shop', null, new Map());

function command(effects: Effects, text = '', kind = 'SELECT', digestText = ''): Command {
  const made = new Command();
  made.begin(ReplyKind.query, 0, 0);
  made.effects = effects;
  made.text = Buffer.from(text);
  made.entry = { verdict: { command: kind }, digestText } as unknown as DigestEntry;
  return made;
}

const variable = (name: string, value: string): SessionStateEntry => ({ type: 'systemVariable', name, value });
const track = (entries: readonly SessionStateEntry[], of: Command, pinned = false) =>
  trackEntries(entries, start, of, states, pinned, 'mariadb');

const outcome = (changes: Partial<TrackOutcome> = {}): TrackOutcome => ({
  ...{ state: start, pins: Pin.none, isStrange: false, unread: [], tied: [] },
  ...changes,
});
const NAMES = Effect.setsNames;
const NAMES_AND_MORE = Effect.setsNames | Effect.setsVariables;

describe('trackEntries', () => {
  it('takes over the schema, whatever the statement was', () => {
    const made = track([{ type: 'schema', schema: 'other' }], command(Effect.none));
    expect(made).toEqual(outcome({ state: states.get('other', null, new Map()) }));
    expect(track([{ type: 'schema', schema: '' }], command(Effect.dropsTable)).state.schema).toBe('');
  });

  it('takes over variables of a SET, by lower-case name', () => {
    const of = command(Effect.setsVariables, '', 'SET');
    const made = track([variable('SQL_MODE', 'ANSI'), variable('optimizer_switch', 'index_merge=off')], of);
    expect([...made.state.variables]).toEqual([
      ['sql_mode', 'ANSI'],
      ['optimizer_switch', 'index_merge=off'],
    ]);
    expect(made.pins).toBe(Pin.none);
    expect(of.reported).toEqual(new Set(['sql_mode', 'optimizer_switch']));
  });

  it.each([
    ['sql_mode', "a'b"],
    ['Timestamp', '5'],
  ])('pins for %s, which can not be set again, by its name', (name, value) => {
    const made = track([variable(name, value)], command(Effect.setsVariables, '', 'SET'));
    expect(made).toEqual(outcome({ pins: Pin.variable, tied: [name.toLowerCase()] }));
  });

  it('finds a variable strange that the statement does not explain, and keeps the state', () => {
    expect(track([variable('sql_mode', 'ANSI')], command(Effect.none))).toEqual(outcome({ isStrange: true }));
  });

  it('follows what triggers, routines and a pinned session set', () => {
    for (const effects of [Effect.leavesRowCount, Effect.unknownState, Effect.sqlPrepare])
      expect(track([variable('sql_mode', 'ANSI')], command(effects)).state.variables.get('sql_mode')).toBe('ANSI');
    const pinned = track([variable('sql_mode', 'ANSI')], command(Effect.none), true);
    expect(pinned).toEqual(outcome({ state: pinned.state }));
    expect(pinned.state.variables.get('sql_mode')).toBe('ANSI');
  });

  it('leaves out what SET STATEMENT takes back, and what is no state', () => {
    const setStatement = command(Effect.leavesRowCount, '', 'INSERT', 'SET STATEMENT sql_mode = ? FOR INSERT');
    expect(track([variable('sql_mode', 'ANSI')], setStatement, true)).toEqual(outcome());
    expect(track([variable('last_gtid', '0-1-5')], command(Effect.none))).toEqual(outcome());
  });

  it('pins for a change of state that nothing explains', () => {
    const changed: SessionStateEntry = { type: 'stateChange', changed: true };
    expect(track([changed], command(Effect.none)).pins).toBe(Pin.unknownState);
    expect(track([changed], command(Effect.setsUserVariable)).pins).toBe(Pin.none);
    expect(track([{ type: 'stateChange', changed: false }], command(Effect.none)).pins).toBe(Pin.none);
    const write = command(Effect.leavesRowCount, '', 'INSERT', 'SET STATEMENT max_statement_time = ? FOR INSERT');
    expect(track([variable('max_statement_time', '5'), changed], write)).toEqual(outcome({ pins: Pin.unknownState }));
    expect(track([changed], command(Effect.sqlPrepare, '', 'PREPARE')).pins).toBe(Pin.none);
    expect(track([changed], command(Effect.sqlPrepare | Effect.leavesRowCount, '', 'EXECUTE')).pins).toBe(Pin.unknownState);
    expect(track([changed], command(Effect.sqlPrepare | Effect.createsTemporaryTable, '', 'EXECUTE')).pins).toBe(Pin.none);
    expect(track([changed], command(Effect.setsVariables | Effect.multiple, '', 'SET')).pins).toBe(Pin.none);
  });

  it('pins for a text of several statements with a write but where a SET or USE of it explains the change', () => {
    const changed: SessionStateEntry = { type: 'stateChange', changed: true };
    const writes = Effect.setsVariables | Effect.changesSchema | Effect.multiple | Effect.leavesRowCount;
    const pinsOf = (...entries: SessionStateEntry[]) =>
      track([...entries, changed], command(writes, 'SET autocommit = 1; USE app; INSERT INTO t VALUES (1)', 'SET')).pins;
    expect(pinsOf()).toBe(Pin.unknownState);
    expect(pinsOf(variable('autocommit', 'ON'))).toBe(Pin.none);
    expect(pinsOf({ type: 'schema', schema: 'app' })).toBe(Pin.none);
    expect(pinsOf(variable('sort_buffer_size', '77777'))).toBe(Pin.unknownState);
    expect(pinsOf(variable('autocommit', 'ON'), variable('sort_buffer_size', '77777'))).toBe(Pin.unknownState);
    expect(pinsOf(variable('last_gtid', '0-1-5'))).toBe(Pin.unknownState);
  });

  it('ignores GTIDs, transaction entries and what it does not know', () => {
    const entries: SessionStateEntry[] = [
      { type: 'gtids', gtids: 'a:1' },
      { type: 'transactionCharacteristics', statements: 'START TRANSACTION;' },
      { type: 'transactionState', state: 'T_______' },
      { type: 'unknown', code: 99, data: new Uint8Array(1) },
    ];
    expect(track(entries, command(Effect.none))).toEqual(outcome());
  });
});

describe('character sets', () => {
  const reported = (charset: string) =>
    ['character_set_client', 'character_set_connection', 'character_set_results'].map((name) => variable(name, charset));
  const following = (text: string, charset: string, effects: number = NAMES, more: SessionStateEntry[] = []) =>
    track([...reported(charset), ...more], command(effects, text, 'SET'));

  it('are carried as the SET NAMES that was said', () => {
    expect(following("SET NAMES 'latin1'", 'latin1').state.names).toEqual({ charset: 'latin1', collation: null });
    const collated = following('set names utf8mb4 collate utf8mb4_bin', 'utf8mb4');
    expect(collated).toEqual(outcome({ state: states.get('shop', { charset: 'utf8mb4', collation: 'utf8mb4_bin' }, new Map()) }));
  });

  it('have the names that the server has resolved them to', () => {
    const namesOf = (text: string, charset: string) => following(text, charset, NAMES_AND_MORE).state.names;
    expect(namesOf('SET NAMES utf8', 'utf8mb4')).toEqual({ charset: 'utf8mb4', collation: null });
    expect(namesOf('SET NAMES utf8 COLLATE utf8_bin', 'utf8mb3')).toEqual({ charset: 'utf8mb3', collation: 'utf8mb3_bin' });
    expect(namesOf('SET NAMES latin1, character_set_client = utf8', 'utf8mb4')?.charset).toBe('latin1');
  });

  it('follow a list step by step', () => {
    const more = [variable('sql_mode', 'ANSI'), variable('character_set_results', '')];
    const names = following('SET sql_mode = ANSI, NAMES latin1, character_set_results = NULL', 'latin1', NAMES_AND_MORE, more);
    expect(names.state.names).toEqual({ charset: 'latin1', collation: null });
    expect([...names.state.variables]).toEqual([
      ['sql_mode', 'ANSI'],
      ['character_set_results', ''],
    ]);
    const last = following('SET character_set_results = ascii, NAMES latin1', 'latin1', NAMES_AND_MORE);
    expect([...last.state.variables]).toEqual([]);
  });

  it('are read back where nobody says the collation', () => {
    const set = following('SET CHARACTER SET latin1', 'latin1');
    expect(set.unread).toEqual(['names']);
    const known = trackReadBack([variable('collation_connection', 'utf8mb4_bin')], set.unread, set.state, states);
    expect(known.state.names).toEqual({ charset: 'latin1', collation: null, isCharacterSet: true });
    expect([...known.state.variables]).toEqual([['collation_connection', 'utf8mb4_bin']]);

    const byDefault = following('SET NAMES DEFAULT', 'latin1');
    expect(byDefault.unread).toEqual(['names']);
    const read = trackReadBack([variable('collation_connection', 'latin1_bin')], byDefault.unread, byDefault.state, states);
    expect(read.state.names).toEqual({ charset: 'latin1', collation: 'latin1_bin' });
  });

  it('of a routine or several statements are made a SET NAMES again where they are one', () => {
    const called = track(reported('latin1'), command(Effect.unknownState));
    expect(called.unread).toEqual(['names']);
    const read = trackReadBack([variable('collation_connection', 'latin1_bin')], called.unread, called.state, states);
    expect(read.state).toBe(states.get('shop', { charset: 'latin1', collation: 'latin1_bin' }, new Map()));
  });

  it('are taken over one by one where they are assigned so', () => {
    const one = track(
      [variable('character_set_connection', 'latin1')],
      command(NAMES_AND_MORE, 'SET character_set_connection = latin1', 'SET'),
    );
    expect(one).toEqual(outcome({ state: one.state }));
    expect([...one.state.variables]).toEqual([['character_set_connection', 'latin1']]);
  });
});

describe('outcomeOfSet', () => {
  const afterwards = (effects: Effects, text: string, ...reported: string[]) => {
    const of = command(effects, text, 'SET');
    of.reported = reported.length === 0 ? null : new Set(reported);
    return outcomeOfSet(of, start);
  };

  it('has read back what was assigned and not reported', () => {
    const text = "SET @@sql_mode = 'ANSI', group_concat_max_len = 5";
    expect(afterwards(Effect.setsVariables, text, 'group_concat_max_len')).toEqual(outcome({ unread: ['sql_mode'] }));
    expect(afterwards(Effect.setsVariables, "SET sql_mode = 'ANSI'", 'sql_mode')).toEqual(outcome());
    expect(afterwards(Effect.setsVariables, '/*!40101 SET @@sql_mode = 1 */; SET @@a = 1').unread).toEqual(['sql_mode', 'a']);
    expect(afterwards(Effect.setsUserVariable, 'SET @a = 1')).toEqual(outcome());
    expect(afterwards(NAMES_AND_MORE, 'SET @@character_set_connection = latin1').unread).toEqual(['collation_connection']);
    const read = trackReadBack([variable('sql_mode', 'ANSI')], ['sql_mode', 'never_reported'], start, states);
    expect(read).toEqual(outcome({ state: read.state, pins: Pin.variable, tied: ['never_reported'] }));
    expect(read.state.variables.get('sql_mode')).toBe('ANSI');
  });

  it('pins for what can not be read back, by name', () => {
    expect(afterwards(Effect.setsVariables, 'SET @@timestamp = DEFAULT')).toEqual(outcome({ pins: Pin.variable, tied: ['timestamp'] }));
    expect(afterwards(Effect.setsVariables, 'SET what is this').pins).toBe(Pin.variable);
  });

  it('takes characteristics that are not reported for those of the next transaction', () => {
    expect(afterwards(Effect.setsVariables, "SET @@transaction_isolation = 'SERIALIZABLE'").pins).toBe(Pin.nextTransaction);
    expect(afterwards(Effect.setsVariables, 'SET SESSION TRANSACTION READ ONLY', 'tx_read_only')).toEqual(outcome());
  });

  it('has all that is assigned read where the server has no trackers', () => {
    const untracked = (text: string) => {
      const of = command(NAMES_AND_MORE, text, 'SET');
      return outcomeOfUntrackedSet(of, start);
    };
    expect(untracked("SET time_zone = 'Europe/Berlin', @@session.sql_select_limit := 1 + 4")).toEqual(
      outcome({ unread: ['time_zone', 'sql_select_limit'] }),
    );
    expect(untracked('SET NAMES latin1').unread).toEqual(['character_set_client', 'collation_connection', 'character_set_results']);
    const isolation = untracked('SET SESSION TRANSACTION READ ONLY');
    expect(isolation.pins).toBe(Pin.none);
    expect(untracked("SET @@tx_isolation = 'SERIALIZABLE'").pins).toBe(Pin.nextTransaction);
    expect(isolation.unread).toEqual(['transaction_isolation', 'transaction_read_only']);
    expect(trackReadBack([variable('tx_read_only', 'ON')], isolation.unread, start, states).tied).toEqual([]);
    expect(untracked('SET what is this').tied).toEqual(['unknown']);
  });
});
