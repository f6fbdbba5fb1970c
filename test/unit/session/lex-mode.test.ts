import { expect, it } from 'vitest';
import { StateInterner } from '../../../src/backend/connection-state.js';
import { lexModeOf } from '../../../src/session/lex-mode.js';
import { LexMode } from '../../../src/sql/verdict.js';

const UTF8MB4 = 45;
const states = new StateInterner();
const modeOf = (variables: Record<string, string>, charset: string | null, serverMode: string, collation: number, ignoreSpace = false) =>
  lexModeOf(
    states.get('', charset === null ? null : { charset, collation: null }, new Map(Object.entries(variables))),
    serverMode,
    collation,
    ignoreSpace,
  );

it.each([
  ['the standard', {}, null, '', UTF8MB4, LexMode.standard],
  ["the servers' mode", {}, null, 'ANSI_QUOTES', UTF8MB4, LexMode.ansiQuotes],
  ["the session's mode instead", { sql_mode: 'NO_BACKSLASH_ESCAPES' }, null, 'ANSI_QUOTES', UTF8MB4, LexMode.noBackslashEscapes],
  ['an emptied mode', { sql_mode: '' }, null, 'ANSI_QUOTES', UTF8MB4, LexMode.standard],
  ['the collation of the handshake', {}, null, '', 28, LexMode.charsetGbk],
  ['gb18030', {}, null, '', 248, LexMode.charsetGbk],
  ['sjis', {}, null, '', 13, LexMode.charsetSjis],
  ['cp932', {}, null, '', 95, LexMode.charsetSjis],
  ['big5', {}, null, '', 1, LexMode.charsetBig5],
  ['SET NAMES over the handshake', {}, 'utf8mb4', '', 28, LexMode.standard],
  ['SET NAMES gbk', {}, 'gbk', '', UTF8MB4, LexMode.charsetGbk],
  ['character_set_client over SET NAMES', { character_set_client: 'big5' }, 'gbk', '', UTF8MB4, LexMode.charsetBig5],
  ['both', { sql_mode: 'ANSI_QUOTES' }, 'sjis', '', UTF8MB4, LexMode.ansiQuotes | LexMode.charsetSjis],
] as const)('%s', (_title, variables, charset, serverMode, collation, expected) => {
  expect(modeOf(variables, charset, serverMode, collation)).toBe(expected);
  expect(modeOf(variables, charset, serverMode, collation, true)).toBe(expected | LexMode.ignoreSpace);
});
