import { expect, it } from 'vitest';
import { parsePreparedText, withParameters } from '../../../src/sql/prepare-text.js';
import { LexMode } from '../../../src/sql/verdict.js';

const textOf = (sql: string, mode = 0): string | null => parsePreparedText(Buffer.from(sql), mode)?.toString() ?? null;

it.each<readonly [string, string | null]>([
  ["PREPARE s FROM 'SELECT 1'", 'SELECT 1'],
  ["prepare `s` from 'it''s'", "it's"],
  ['PREPARE s FROM "SELECT \'a\'"', "SELECT 'a'"],
  ["PREPARE s FROM 'a\\nb\\%\\x'", 'a\nb\\%x'],
  ["PREPARE s FROM 'SELECT ä'", 'SELECT ä'],
  ["EXECUTE IMMEDIATE 'SELECT ?' USING 5", 'SELECT ?'],
  ["EXECUTE IMMEDIATE 'SELECT 5'", 'SELECT 5'],
  ["PREPARE s FROM 'a\\'b'", null],
  ['PREPARE s FROM @text', null],
  ["PREPARE s FROM CONCAT('a', 'b')", null],
  ["PREPARE s FROM 'a' 'b'", null],
  ["EXECUTE IMMEDIATE 'a' || 'b'", null],
  ["PREPARE s FROM 'SELECT 1'; SELECT 2", null],
  ["PREPARE s FROM X'53'", null],
  ['EXECUTE s', null],
  ['SELECT 1', null],
])('%s brings %j', (sql, text) => expect(textOf(sql)).toBe(text));

it('follows the lexical rules of the session', () => {
  expect(textOf("PREPARE s FROM 'a\\nb'", LexMode.noBackslashEscapes)).toBe('a\\nb');
  expect(textOf('PREPARE s FROM "SELECT 1"', LexMode.ansiQuotes)).toBeNull();
  expect(textOf("PREPARE s FROM 'a\\nb'", LexMode.charsetGbk)).toBeNull();
});

it.each<readonly [string, readonly (string | number | bigint | null)[], string | null]>([
  ['SELECT GET_LOCK(?, ?)', ['name', 5], "SELECT GET_LOCK('name',5)"],
  ['DO GET_LOCK(?, -1) -- ?', ['a b'], "DO GET_LOCK('a b',-1)"],
  ["SELECT '?', ?", [1], "SELECT '?',1"],
  ['SELECT RELEASE_LOCK(?)', ["it's"], null],
  ['SELECT RELEASE_LOCK(?)', ['ä'], null],
  ['SELECT RELEASE_LOCK(?)', [null], null],
  ['SELECT RELEASE_LOCK(?)', [], null],
  ['SELECT RELEASE_LOCK(?)', ['a', 'b'], null],
])('%s with %j is %j', (sql, values, expected) => {
  expect(withParameters(Buffer.from(sql), 0, values)?.toString() ?? null).toBe(expected);
});
