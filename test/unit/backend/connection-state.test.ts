import { describe, expect, it } from 'vitest';
import {
  isCharsetVariable,
  isReplayable,
  type NamesSetting,
  ROLE,
  restoreBetween,
  type SessionState,
  StateInterner,
  sameState,
  stateDistance,
} from '../../../src/backend/connection-state.js';

const BASE: NamesSetting = { charset: 'utf8mb4', collation: 'utf8mb4_general_ci' };
const LATIN: NamesSetting = { charset: 'latin1', collation: null };
const states = new StateInterner();
const make = (schema: string, variables: Record<string, string> = {}, names: NamesSetting | null = null): SessionState =>
  states.get(schema, names, new Map(Object.entries(variables)));

describe('restoreBetween', () => {
  const cases: readonly [title: string, held: SessionState, wanted: SessionState, schema: string | null, set: string | null][] = [
    ['equal states need nothing', make('a', { sql_mode: '' }), make('a', { sql_mode: '' }), null, null],
    ['another schema', make('a'), make('b'), 'b', null],
    ['a schema where none is', make(''), make('b'), 'b', null],
    ['a variable to set', make('a'), make('a', { wait_timeout: '60' }), null, 'SET SESSION wait_timeout=60'],
    ['a variable that differs', make('a', { autocommit: 'ON' }), make('a', { autocommit: 'OFF' }), null, "SET SESSION autocommit='OFF'"],
    ['a variable that only the connection has', make('a', { sql_mode: 'ANSI' }), make('a'), null, 'SET SESSION sql_mode=DEFAULT'],
    [
      'a variable that MySQL would turn round',
      make('a', { foreign_key_checks: 'OFF' }),
      make('a'),
      null,
      'SET SESSION foreign_key_checks=@@global.foreign_key_checks',
    ],
    ['numbers stay bare', make('a'), make('a', { long_query_time: '-1.5' }), null, 'SET SESSION long_query_time=-1.5'],
    ['an empty value is quoted', make('a'), make('a', { sql_mode: '' }), null, "SET SESSION sql_mode=''"],
    ['character_set_results NULL', make('a'), make('a', { character_set_results: '' }), null, 'SET SESSION character_set_results=NULL'],
    ['names without collation', make('a'), make('a', {}, LATIN), null, 'SET NAMES latin1'],
    ['the base names again', make('a', {}, LATIN), make('a'), null, 'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci'],
    [
      'a single charset variable of another session is undone by NAMES, not by DEFAULT',
      make('a', { character_set_client: 'latin1' }),
      make('a'),
      null,
      'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
    ],
    [
      'charset variables are set again behind NAMES, which would overwrite them',
      make('a', { character_set_results: 'latin1', character_set_client: 'latin1' }),
      make('a', { character_set_results: 'latin1' }),
      null,
      "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci, SESSION character_set_results='latin1'",
    ],
    [
      'sql_big_selects behind max_join_size, which sets it',
      make('a', { sql_big_selects: 'ON', max_join_size: '3' }),
      make('a', { sql_big_selects: 'ON', max_join_size: '2' }),
      null,
      "SET SESSION max_join_size=2, SESSION sql_big_selects='ON'",
    ],
    [
      'both back to their defaults',
      make('a', { sql_big_selects: 'OFF', max_join_size: '3' }),
      make('a'),
      null,
      'SET SESSION max_join_size=DEFAULT, SESSION sql_big_selects=DEFAULT',
    ],
    [
      'the collation of the server brings its character set along',
      make('a', { character_set_server: 'latin1' }),
      make('a'),
      null,
      'SET SESSION collation_server=DEFAULT',
    ],
    [
      'a collation instead of a character set',
      make('a', { character_set_server: 'latin1', character_set_connection: 'latin1' }),
      make('a', { collation_server: 'utf8mb4_bin', collation_connection: 'utf8mb4_bin' }),
      null,
      "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci, SESSION collation_server='utf8mb4_bin', SESSION collation_connection='utf8mb4_bin'",
    ],
    [
      'all at once in one SET, defaults before values',
      make('a', { sql_mode: 'ANSI', time_zone: '+01:00' }),
      make('b', { time_zone: '+02:00' }, LATIN),
      'b',
      "SET NAMES latin1, SESSION sql_mode=DEFAULT, SESSION time_zone='+02:00'",
    ],
  ];
  it.each(cases)('%s', (_title, held, wanted, schema, set) => {
    expect(restoreBetween(held, wanted, BASE)).toEqual({ schema, beforeSchema: null, set, role: null });
  });

  it('tells the name of a schema in UTF-8, and goes back to the character set of the session', () => {
    const beforeSchema = 'SET character_set_client=utf8mb4';
    expect(restoreBetween(make('a', {}, LATIN), make('ä', {}, LATIN), BASE)).toEqual({
      schema: 'ä',
      beforeSchema,
      set: 'SET NAMES latin1',
      role: null,
    });
    expect(restoreBetween(make('ä', {}, LATIN), make('a', {}, LATIN), BASE)).toMatchObject({ beforeSchema: null, set: null });
    expect(restoreBetween(make('a'), make('ä'), BASE)).toMatchObject({ beforeSchema: null, set: null });
  });

  it('brings roles, and those of the login where a session has set none', () => {
    const login = 'SET ROLE `r`';
    const roleOf = (held: SessionState, wanted: SessionState) => restoreBetween(held, wanted, BASE, false, login);
    expect(roleOf(make('a'), make('a', { [ROLE]: 'NONE' }))).toEqual({
      schema: null,
      beforeSchema: null,
      set: null,
      role: 'SET ROLE NONE',
    });
    expect(roleOf(make('a', { [ROLE]: 'NONE' }), make('a'))).toEqual({ schema: null, beforeSchema: null, set: null, role: login });
    expect(roleOf(make('a', { [ROLE]: '`r`' }), make('a'))).toEqual({ schema: null, beforeSchema: null, set: null, role: null });
  });

  it('can not make a server forget its schema', () => {
    expect(restoreBetween(make('a'), make(''), BASE)).toBeNull();
  });
});

describe('stateDistance', () => {
  it('is 0 for equal states only, and Infinity where no restore exists', () => {
    expect(stateDistance(make('a', { x: '1' }), make('a', { x: '1' }))).toBe(0);
    expect(stateDistance(make('a'), make(''))).toBe(Number.POSITIVE_INFINITY);
    expect(stateDistance(make(''), make('a'))).toBe(1);
    expect(stateDistance(make('a'), make('a', {}, LATIN))).toBe(1);
    expect(stateDistance(make('a', { x: '1', y: '1' }), make('b', { x: '2', z: '1' }))).toBe(4);
  });

  it('agrees with restoreBetween about what is possible and what is nothing', () => {
    const names = [null, BASE, LATIN];
    const variables = [{}, { sql_mode: 'ANSI' }, { character_set_client: 'latin1' }, { sql_mode: '', autocommit: 'OFF' }];
    const all = ['', 'a', 'b'].flatMap((schema) => names.flatMap((name) => variables.map((some) => make(schema, some, name))));
    for (const held of all) {
      for (const wanted of all) {
        const restore = restoreBetween(held, wanted, BASE);
        const distance = stateDistance(held, wanted);
        expect(restore === null).toBe(distance === Number.POSITIVE_INFINITY);
        expect(restore !== null && restore.schema === null && restore.set === null).toBe(distance === 0);
      }
    }
  });
});

describe('isReplayable', () => {
  it.each([
    ['sql_mode', 'STRICT_TRANS_TABLES,NO_ZERO_DATE'],
    ['time_zone', '+02:00'],
    ['time_zone', 'Europe/Berlin'],
    ['transaction_isolation', 'READ-COMMITTED'],
    ['autocommit', ''],
    ['optimizer_switch', 'index_merge=on'],
    ['init', 'a;b'],
    ['init', '`a`'],
  ])('%s = %j can be set again', (name, value) => expect(isReplayable(name, value)).toBe(true));

  it.each([
    ['sql_mode', "a'b"],
    ['default_storage_engine', 'a\\b'],
    ['lc_time_names', 'dé'],
    ['init', 'a\nb'],
    ['timestamp', '1'],
    ['insert_id', '5'],
    ['gtid_next', 'AUTOMATIC'],
    ['session_track_schema', 'ON'],
  ])('%s = %j can not', (name, value) => expect(isReplayable(name, value)).toBe(false));
});

describe('StateInterner', () => {
  it('shares equal states whatever the order of their variables', () => {
    expect(make('a', { x: '1', y: '2' })).toBe(make('a', { y: '2', x: '1' }));
    expect(make('a', { x: '1' })).not.toBe(make('a', { x: '2' }));
    expect(make('a', {}, { charset: 'latin1', collation: 'latin1_bin' })).not.toBe(make('a', {}, LATIN));
  });

  it('keeps the object when nothing changes', () => {
    const state = make('a', { x: '1' });
    expect(states.withSchema(state, 'a')).toBe(state);
    expect(states.withVariable(state, 'x', '1')).toBe(state);
    expect(states.withVariable(states.withVariable(state, 'x', '2'), 'x', '1')).toBe(state);
  });

  it('carries the one set last of a character set and its collation', () => {
    const first = states.withVariable(make('a', { collation_connection: 'latin1_bin' }), 'character_set_connection', 'utf8mb4');
    expect(first).toBe(make('a', { character_set_connection: 'utf8mb4' }));
    expect(states.withVariable(first, 'collation_connection', 'utf8mb4_bin')).toBe(make('a', { collation_connection: 'utf8mb4_bin' }));
  });

  it('carries what max_join_size makes of sql_big_selects', () => {
    const limited = states.withVariable(make('a', { sql_big_selects: 'ON' }), 'max_join_size', '2');
    expect(limited).toBe(make('a', { max_join_size: '2', sql_big_selects: 'OFF' }));
    const both = new Map([
      ['sql_big_selects', 'ON'],
      ['max_join_size', '2'],
    ]);
    expect(states.withVariables(limited, both)).toBe(make('a', { max_join_size: '2', sql_big_selects: 'ON' }));
    expect(states.withVariable(states.withVariables(limited, both), 'max_join_size', '2')).toBe(limited);
  });

  it('carries the one set last of two names of a variable', () => {
    const first = states.withVariable(make('a', { tmp_table_size: '1024' }), 'tmp_memory_table_size', '2048');
    expect(first).toBe(make('a', { tmp_memory_table_size: '2048' }));
  });

  it('drops single charset variables at a SET NAMES and nothing else', () => {
    const state = states.withNames(make('a', { character_set_client: 'gbk', collation_connection: 'x', sql_mode: '' }), LATIN);
    expect(state).toBe(make('a', { sql_mode: '' }, LATIN));
    expect(isCharsetVariable('character_set_results')).toBe(true);
    expect(isCharsetVariable('character_set_server')).toBe(false);
  });

  it('falls back to keys when the table started again', () => {
    const small = new StateInterner(1);
    const first = small.get('a', null, new Map());
    small.get('b', null, new Map());
    const again = small.get('a', null, new Map());
    expect(again).not.toBe(first);
    expect(sameState(first, again)).toBe(true);
    expect(stateDistance(first, again)).toBe(0);
  });
});
