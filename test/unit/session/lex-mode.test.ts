import { expect, it } from 'vitest';
import { type NamesSetting, StateInterner } from '../../../src/backend/connection-state.js';
import { UNKNOWN_IDENTITY } from '../../../src/monitor/identity.js';
import { Capability } from '../../../src/protocol/constants.js';
import { lexModeOf, SessionLexMode } from '../../../src/session/lex-mode.js';
import { noteBases, noteServers, type SessionBases } from '../../../src/session/session-bases.js';
import { LexMode } from '../../../src/sql/verdict.js';

const UTF8MB4 = 45;
const states = new StateInterner();
const modeOf = (variables: Record<string, string>, charset: string | null, serverMode: string, collation: number, ignoreSpace = false) =>
  lexModeOf(
    states.get('', charset === null ? null : { charset, collation: null }, new Map(Object.entries(variables))),
    serverMode,
    { collation, baseNames: null },
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
  ['latin1', {}, null, '', 8, LexMode.charsetOneByte],
  ['euckr', {}, 'euckr', '', UTF8MB4, LexMode.charsetEuc],
  ['both', { sql_mode: 'ANSI_QUOTES' }, 'sjis', '', UTF8MB4, LexMode.ansiQuotes | LexMode.charsetSjis],
] as const)('%s', (_title, variables, charset, serverMode, collation, expected) => {
  expect(modeOf(variables, charset, serverMode, collation)).toBe(expected);
  const own = Object.hasOwn(variables, 'sql_mode');
  expect(modeOf(variables, charset, serverMode, collation, true)).toBe(own ? expected : expected | LexMode.ignoreSpace);
});

it('takes the character set that servers gave to the connection over that of the handshake', () => {
  const state = states.get('', null, new Map());
  expect(lexModeOf(state, '', { collation: UTF8MB4, baseNames: { charset: 'gbk', collation: null } }, false)).toBe(LexMode.charsetGbk);
});

it('is stale once a new connection saw something else', () => {
  const bases: SessionBases = { defaultSqlMode: '', globals: null, basesVersion: 0, serverModes: LexMode.standard };
  const identity = { collation: UTF8MB4, baseNames: null as NamesSetting | null };
  const lex = new SessionLexMode(bases);
  expect(lex.isStale).toBe(true);
  lex.refresh(states.get('', null, new Map()), identity, false);
  const login = {
    ...{ baseCharset: 'utf8mb4', baseCollation: 'utf8mb4_bin', baseSqlMode: 'ANSI_QUOTES', capabilities: 0 },
    globals: { sqlMode: 'ANSI_QUOTES', charset: 'utf8mb4', collation: 'utf8mb4_bin' },
  };
  noteBases(bases, login, identity);
  expect(lex.isStale).toBe(true);
  lex.refresh(states.get('', null, new Map()), identity, false);
  expect(lex.mode).toBe(LexMode.ansiQuotes);
  noteBases(bases, login, identity);
  noteBases(bases, { ...login, baseSqlMode: 'ANSI_QUOTES,IGNORE_SPACE', capabilities: Capability.ignoreSpace }, identity);
  expect(lex.isStale).toBe(false);
});

it.each([
  ['mysql', [8, 8], LexMode.mysql],
  ['mysql', [5, 8], LexMode.mysql],
  ['mysql', [5, 5], LexMode.mysql | LexMode.mysql5],
  ['mysql', undefined, LexMode.mysql],
  ['mariadb', [10, 12], LexMode.mariadb],
  ['mariadb', [12, 12], LexMode.mariadb | LexMode.mariadb12],
  ['mariadb', undefined, LexMode.mariadb],
] as const)('knows what is built in on %s %s', (flavour, majors, expected) => {
  const server = { ...UNKNOWN_IDENTITY, flavour, ...(majors === undefined ? {} : { majors }) };
  const bases = { defaultSqlMode: '', globals: null, basesVersion: 0, serverModes: LexMode.standard, identity: UNKNOWN_IDENTITY };
  const lex = new SessionLexMode(bases);
  const refresh = () => lex.refresh(states.get('', null, new Map()), { collation: UTF8MB4, baseNames: null }, false);
  refresh();
  noteServers(bases, server);
  expect(lex.isStale).toBe(false);
  noteServers(bases, { ...server, flavourIsUnsure: false });
  expect(lex.isStale).toBe(true);
  refresh();
  expect(lex.mode).toBe(expected);
  noteServers(bases, { ...server, flavourIsUnsure: false, collation: 8 });
  expect([lex.isStale, bases.identity.collation]).toEqual([false, 8]);
});
