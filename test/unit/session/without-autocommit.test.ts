import { describe, expect, it } from 'vitest';
import { ReplyKind } from '../../../src/protocol/reply-tracker.js';
import { Command } from '../../../src/session/command.js';
import { Pin } from '../../../src/session/pins.js';
import { pinsWithoutAutocommit } from '../../../src/session/without-autocommit.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';
import { LexMode } from '../../../src/sql/verdict.js';

const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3, groupsGroupingLimit: 10 });

function commandOf(sql: string, kind: ReplyKind = ReplyKind.query): Command {
  const text = Buffer.from(sql);
  const command = new Command();
  command.begin(kind, 0, 0);
  command.entry = analyzer.analyse(text, 0, text.length, LexMode.standard);
  command.effects = command.entry.verdict.effects;
  return command;
}

const P = Pin.withoutAutocommit;
const NOTHING = { autocommit: false, inTransaction: false };
const behind = (sql: string, { pins = Pin.none as number, failed = false, autocommit = false, inTransaction = false } = {}) =>
  pinsWithoutAutocommit(pins, commandOf(sql), failed, { autocommit, inTransaction }, 'mysql');

describe('without autocommit', () => {
  it.each([
    'SAVEPOINT s',
    'SELECT 1; SAVEPOINT s',
    'SELECT * FROM m',
    'INSERT INTO m VALUES (1)',
    'EXPLAIN SELECT * FROM m',
    'COMMIT; SELECT * FROM m',
  ])('%s keeps the connection where no flag does', (sql) => {
    expect(behind(sql)).toBe(P);
    expect(behind(sql, { inTransaction: true })).toBe(Pin.none);
    expect(behind(sql, { autocommit: true })).toBe(Pin.none);
  });

  it.each([
    'SELECT 1',
    'SELECT @@version',
    'SHOW TABLES',
    "SHOW VARIABLES LIKE 'a'",
    'SET sql_mode = ANSI',
    'USE other',
    'COMMIT',
    'CREATE TABLE m (a INT)',
  ])('%s does not', (sql) => expect(behind(sql)).toBe(Pin.none));

  it('a statement that has failed keeps it within a transaction too, which it may have ended', () => {
    expect(behind('UPDATE t SET a = 1', { failed: true, inTransaction: true })).toBe(P);
  });

  it('it is kept until all has ended', () => {
    const pins = P | Pin.userVariable;
    for (const sql of ['SELECT 1', 'SHOW TABLES', 'COMMIT; SELECT * FROM m']) expect(behind(sql, { pins })).toBe(pins);
    expect(behind('COMMIT', { pins, failed: true })).toBe(pins);
    for (const sql of ['COMMIT', 'ROLLBACK', 'TRUNCATE m']) expect(behind(sql, { pins })).toBe(Pin.userVariable);
    expect(behind('SET autocommit = 1', { pins, autocommit: true })).toBe(Pin.userVariable);
  });

  it('MariaDB shows its metadata locks by the flag', () => {
    for (const [sql, pins] of [
      ['SELECT * FROM m', Pin.none],
      ['SAVEPOINT s', P],
    ] as const)
      expect(pinsWithoutAutocommit(Pin.none, commandOf(sql), false, NOTHING, 'mariadb')).toBe(pins);
  });

  it('nothing is executed by a PREPARE', () => {
    expect(pinsWithoutAutocommit(Pin.none, commandOf('SELECT * FROM m', ReplyKind.prepare), false, NOTHING, 'mysql')).toBe(Pin.none);
  });
});
