import { expect, it } from 'vitest';
import { Command } from '../../../src/session/command.js';
import { NamedPins } from '../../../src/session/named-pins.js';
import { Pin, type Pins, pinNames, pinsAfter } from '../../../src/session/pins.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';

const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3 });

/** The pins at the end; `!` in front of a statement that fails, `0 ` of one without a row, `schema>` of one that runs in another schema than `app`. */
function pinsBehind(statements: readonly string[]): string[] {
  const named = new NamedPins();
  let pins: Pins = Pin.none;
  for (const line of statements) {
    const {
      failing,
      empty,
      schema = 'app',
      text = '',
    } = /^(?<failing>!)?(?<empty>0 )?((?<schema>\w+)>)?(?<text>.*)$/s.exec(line)?.groups ?? {};
    const bytes = Buffer.from(text);
    const entry = analyzer.analyse(bytes, 0, bytes.length, 0);
    const command = Object.assign(new Command(), { entry, effects: entry.verdict.effects, text: bytes });
    const failed = failing !== undefined;
    pins = named.after(pinsAfter(pins, command.effects, failed, false), command, schema, failed, empty !== undefined);
  }
  return pinNames(pins);
}

const CREATE = 'CREATE TEMPORARY TABLE t (a INT)';
const TABLE = ['temporary table'];

it.each<readonly [string[], string[]]>([
  [[CREATE], TABLE],
  [[CREATE, 'DROP TABLE t'], []],
  [[CREATE, 'DROP TEMPORARY TABLE IF EXISTS app.t'], []],
  [[CREATE, '!DROP TABLE t'], TABLE],
  [[CREATE, 'other>DROP TABLE t'], TABLE],
  [[CREATE, 'other>DROP TABLE app.`t`'], []],
  [[CREATE, 'CREATE TEMPORARY TABLE u (a INT)', 'DROP TABLE t'], TABLE],
  [[CREATE, 'CREATE TEMPORARY TABLE u (a INT)', 'DROP TABLE t, u'], []],
  [[CREATE, 'DROP TABLE T'], TABLE],
  // Behind these the name is another one's.
  [[CREATE, 'ALTER TABLE t RENAME TO u', 'DROP TABLE t'], TABLE],
  [[CREATE, 'RENAME TABLE t TO u', 'DROP TABLE t'], TABLE],
  [['ALTER TABLE t ADD b INT', CREATE, 'DROP TABLE t'], []],
  [[`${CREATE}; SELECT 1`, 'DROP TABLE t'], TABLE],
  [[CREATE, 'DROP TABLE t; CREATE TEMPORARY TABLE u (a INT)', 'DROP TABLE t'], TABLE],
  [[`!${CREATE}`], []],
  [[CREATE, `!${CREATE}`], TABLE],
  [['CREATE TEMPORARY SEQUENCE s', 'DROP TABLE s'], TABLE],
  [['HANDLER t OPEN'], ['HANDLER']],
  [['HANDLER t OPEN', 'HANDLER t READ FIRST', 'HANDLER t CLOSE'], []],
  [['HANDLER t OPEN AS h', 'HANDLER t CLOSE'], ['HANDLER']],
  [['HANDLER t OPEN AS h', 'HANDLER t OPEN', 'HANDLER h CLOSE', 'HANDLER t CLOSE'], []],
  [['HANDLER t OPEN', '!HANDLER t CLOSE'], ['HANDLER']],
  [["SELECT GET_LOCK('a', 1)"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')"], []],
  [["DO GET_LOCK('a', -1)", "SELECT GET_LOCK('a', 1) AS l", "DO RELEASE_LOCK('a')"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1), GET_LOCK('b', 0.5) b", "SELECT RELEASE_LOCK('b') `x`, RELEASE_LOCK('a')"], []],
  [["SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('A')"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a') FROM t"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1)", "SELECT IF(x, RELEASE_LOCK('a'), 0) FROM t"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1)", "!SELECT RELEASE_LOCK('a')"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1)", "0 SELECT RELEASE_LOCK('a')"], ['GET_LOCK']],
  [["0 SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')"], ['GET_LOCK']],
  [["SELECT GET_LOCK('a', 1)", 'SELECT RELEASE_ALL_LOCKS()'], []],
  [['SELECT GET_LOCK(?, ?)', "SELECT RELEASE_LOCK('a')"], ['GET_LOCK']],
  [['SELECT GET_LOCK(name, 1) FROM t', 'DO RELEASE_ALL_LOCKS()'], []],
  [['SELECT GET_LOCK(42, 0)', "SELECT RELEASE_LOCK('42')"], []],
  [["SELECT GET_LOCK('it''s', 0)", "SELECT RELEASE_LOCK('it''s')"], ['GET_LOCK']],
  [["!SELECT GET_LOCK('a', 1)"], []],
  [
    ["SELECT GET_LOCK('a', 1) INTO @l", "SELECT RELEASE_LOCK('a')"],
    ['user variable', 'GET_LOCK'],
  ],
])('%j leaves %j', (statements, left) => expect(pinsBehind(statements)).toEqual(left));

it('forgets what was on a connection that is gone', () => {
  const named = new NamedPins();
  const bytes = Buffer.from(CREATE);
  const entry = analyzer.analyse(bytes, 0, bytes.length, 0);
  const command = Object.assign(new Command(), { entry, effects: entry.verdict.effects, text: bytes });
  expect(named.after(Pin.temporaryTable, command, 'app', false, false)).toBe(Pin.temporaryTable);
  named.clear();
  expect(named.after(Pin.temporaryTable, new Command(), 'app', false, false)).toBe(Pin.none);
});

/** Whether a statement behind these may name one of their temporary tables. */
function mayName(statements: readonly string[], text: string): boolean {
  const named = new NamedPins();
  for (const statement of statements) {
    const bytes = Buffer.from(statement);
    const entry = analyzer.analyse(bytes, 0, bytes.length, 0);
    const command = Object.assign(new Command(), { entry, effects: entry.verdict.effects, text: bytes });
    named.after(Pin.temporaryTable, command, 'app', false, false);
  }
  const bytes = Buffer.from(text);
  return named.mayHaveTableOf(analyzer.analyse(bytes, 0, bytes.length, 0));
}

it.each<readonly [boolean, string[], string]>([
  [true, [CREATE], 'SELECT * FROM t'],
  [true, [CREATE], 'SELECT * FROM T AS x'],
  [true, [CREATE], 'SELECT * FROM other . `t`'],
  [true, [CREATE], 'SELECT a FROM b WHERE t = 1'],
  [true, [CREATE], 'SELECT 1/**/from/**/t'],
  [false, [CREATE], 'SELECT tt, t_, 1t FROM at'],
  [false, [CREATE], "SELECT 't' FROM u"],
  [false, [CREATE, 'DROP TABLE t'], 'SELECT * FROM t'],
  [true, [CREATE, 'ALTER TABLE t RENAME TO u'], 'SELECT 1'],
  [true, ['CREATE TEMPORARY TABLE `a b` (a INT)'], 'SELECT 1'],
  [true, ['CREATE TEMPORARY TABLE tä (a INT)'], 'SELECT 1'],
  [true, ['CREATE TEMPORARY TABLE sbtest.t (a INT)'], 'SELECT * FROM t'],
])('may be named (%s) behind %j: %s', (expected, statements, text) => expect(mayName(statements, text)).toBe(expected));

it('may be named in what a digest leaves out', () => {
  expect(mayName([CREATE], `SELECT ${'a, '.repeat(2000)} b FROM u`)).toBe(true);
});
