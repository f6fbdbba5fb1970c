import { describe, expect, it } from 'vitest';
import { assignedGlobalVariables } from '../../../src/sql/global-assignments.js';
import {
  assignedSessionVariables,
  lexModesOfCharset,
  lexModesOfSqlMode,
  parseCreatedTemporaryTable,
  parseDroppedTables,
  parseHandler,
  parseNamesSteps,
  parsePreparedName,
} from '../../../src/sql/session-text.js';
import { LexMode } from '../../../src/sql/verdict.js';

const bytes = (text: string): Buffer => Buffer.from(text);

/** Runs a function of session-text over rows of text and expected answer. */
function table<Answer>(name: string, run: (text: Buffer) => Answer, rows: readonly (readonly [string, Answer])[]): void {
  describe(name, () => {
    for (const [text, answer] of rows) it(text, () => expect(run(bytes(text))).toEqual(answer));
  });
}

table('parseNamesSteps', (text) => parseNamesSteps(text, 0), [
  ['SET NAMES utf8mb4', [{ kind: 'names', charset: 'utf8mb4', collation: null }]],
  ["SET NAMES 'UTF8MB4' COLLATE `utf8mb4_bin`", [{ kind: 'names', charset: 'utf8mb4', collation: 'utf8mb4_bin' }]],
  ['SET NAMES DEFAULT', [{ kind: 'names', charset: 'default', collation: null }]],
  ['SET CHARACTER SET latin1', [{ kind: 'character-set', charset: 'latin1', collation: null }]],
  ['SET CHARSET binary', [{ kind: 'character-set', charset: 'binary', collation: null }]],
  ['SET NAMES utf8, @a = 1', [{ kind: 'names', charset: 'utf8', collation: null }]],
  [
    'SET sql_mode = 1, @@character_set_results := NULL, GLOBAL character_set_server = x, NAMES utf8',
    [
      { kind: 'variable', name: 'character_set_results' },
      { kind: 'names', charset: 'utf8', collation: null },
    ],
  ],
  ['SET NAMES @a', null],
  ['SET a = 1', []],
  ['/*!40101 SET NAMES utf8 */', null],
]);

table('assignedSessionVariables', (text) => assignedSessionVariables(text, 0), [
  ['SET autocommit = 0', ['autocommit']],
  ['SET SESSION SQL_MODE = 1, @@time_zone = 2, GLOBAL x = 3, y = 4', ['sql_mode', 'time_zone']],
  ['SET @a = 1', []],
  ['SET SESSION TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE', ['transaction_isolation', 'transaction_read_only']],
  ['SET TRANSACTION READ ONLY', []],
  ['SET NAMES utf8', ['character_set_client', 'character_set_connection', 'character_set_results']],
  ['SELECT 1; SET a = 1; SET STATEMENT c = 2 FOR SELECT 1; SET @@b = 2', ['a', 'b']],
  ['/*!40101 SET a = 1 */', ['a']],
  ['SET nonsense', null],
  ['SELECT 1', null],
]);

table('assignedGlobalVariables', (text) => assignedGlobalVariables(text, 0), [
  ['SET GLOBAL A = 1, b = 2, @@session.c = 3, SESSION d = 4', ['a', 'b']],
  ['SET @@global.a := 1; SET PERSIST b = DEFAULT', ['a', 'b']],
  ['SET PERSIST_ONLY a = 1', []],
  ['SET GLOBAL TRANSACTION READ ONLY', ['transaction_isolation', 'transaction_read_only']],
  ['SET GLOBAL nonsense', null],
]);

table('parsePreparedName', (text) => parsePreparedName(text, 0), [
  ["PREPARE S1 FROM 'SELECT 1'", { verb: 'prepare', name: 's1' }],
  ['EXECUTE `S 1` USING @a', { verb: 'execute', name: 's 1' }],
  ['DEALLOCATE PREPARE s', { verb: 'deallocate', name: 's' }],
  ['DROP PREPARE s', { verb: 'deallocate', name: 's' }],
  ['DROP TABLE s', null],
  ["EXECUTE IMMEDIATE 'x'", null],
]);

table('parseCreatedTemporaryTable', (text) => parseCreatedTemporaryTable(text, 0), [
  ['CREATE TEMPORARY TABLE t (a INT)', { schema: null, name: 't' }],
  ['CREATE OR REPLACE TEMPORARY TABLE `d`.`t` SELECT 1', { schema: 'd', name: 't' }],
  ['CREATE TEMPORARY TABLE IF NOT EXISTS t LIKE u', { schema: null, name: 't' }],
  ['CREATE TABLE t (a INT)', null],
]);

table('parseHandler', (text) => parseHandler(text, 0), [
  ['HANDLER t OPEN', { verb: 'open', name: 't' }],
  ['handler `s`.`t` open as h', { verb: 'open', name: 'h' }],
  ['HANDLER t OPEN h', { verb: 'open', name: 'h' }],
  ['HANDLER h CLOSE', { verb: 'close', name: 'h' }],
  ['HANDLER h READ FIRST', null],
  ['HANDLER t OPEN; SELECT 1', null],
]);

table('parseDroppedTables', (text) => parseDroppedTables(text, 0), [
  [
    'DROP TEMPORARY TABLE IF EXISTS a, d.b',
    [
      { schema: null, name: 'a' },
      { schema: 'd', name: 'b' },
    ],
  ],
  ['DROP TABLE a CASCADE', [{ schema: null, name: 'a' }]],
  ['DROP VIEW v', null],
]);

describe('lexical modes', () => {
  it('come from sql_mode', () => {
    expect(lexModesOfSqlMode('')).toBe(0);
    expect(lexModesOfSqlMode('STRICT_TRANS_TABLES,NO_ZERO_DATE')).toBe(0);
    expect(lexModesOfSqlMode('ansi_quotes, NO_BACKSLASH_ESCAPES')).toBe(LexMode.ansiQuotes | LexMode.noBackslashEscapes);
    expect(lexModesOfSqlMode('ORACLE')).toBe(LexMode.ansiQuotes | LexMode.ignoreSpace | LexMode.oracle);
    expect(lexModesOfSqlMode('IGNORE_SPACE')).toBe(LexMode.ignoreSpace);
    expect(lexModesOfSqlMode('ANSI_QUOTES,MSSQL')).toBe(LexMode.unknown);
  });

  it('come from the charset', () => {
    expect(['utf8mb4', 'latin1', 'BINARY', 'euckr', 'swe7'].map(lexModesOfCharset)).toEqual([0, 128, 0, 256, 32]);
    expect(['gbk', 'GB18030', 'sjis', 'cp932', 'big5', 'klingon'].map(lexModesOfCharset)).toEqual([4, 4, 8, 8, 16, 32]);
  });
});
