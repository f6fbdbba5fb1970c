import type { Production, Theme } from './theme.js';

const inDoubt = (sql: string): Production => ({ sql, holds: 'session' });

/** Character sets whose second bytes may be quotes and backslashes. Every character of these texts is a byte. */
export const multibyte: Theme = {
  name: 'multibyte',
  weight: 5,
  isLatin1: true,
  statements: [
    { sql: 'SET NAMES {charset}', weight: 3 },
    'SET NAMES gbk COLLATE gbk_bin',
    'SET character_set_client = {charset}',
    'SET CHARACTER SET {charset}',
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
    // What has no end, or is no character, may be anything.
    ...["SELECT '{bytes}', 1 /* ' */", "SELECT '{bytes}' /* ', 2 -- */", "SELECT HEX('{bytes}'), CHAR_LENGTH('{bytes}')"].map(inDoubt),
    ...["SELECT _{charset}'{bytes}', _binary'{bytes}'", 'SELECT 1 AS `{bytes}`', 'SELECT "{bytes}"'].map(inDoubt),
    inDoubt("INSERT INTO t2 (b) VALUES ('{bytes}')"),
    'SELECT b, HEX(b) FROM t2 ORDER BY id DESC LIMIT 2',
    { sql: "SELECT '{bytes}', ?", values: ['text'] },
    { sql: 'SELECT HEX(?), ?', values: ['text', 'int'] },
  ],
  words: {
    charset: ['gbk', 'sjis', 'big5', 'latin1', 'utf8mb4'],
    bytes: ['\xbf\\', '\x95\\', '\xa5\\', '\x83\\\\', "\xbf''", '\xb0\xa1', 'a\xe4', '\xa0'],
  },
};
