import type { Theme } from './theme.js';

/** Character sets whose second bytes may be quotes and backslashes. Every character of these texts is a byte. */
export const multibyte: Theme = {
  name: 'multibyte',
  weight: 4,
  isLatin1: true,
  statements: [
    { sql: 'SET NAMES {charset}', weight: 3 },
    'SET NAMES gbk COLLATE gbk_bin',
    'SET character_set_client = {charset}',
    'SET CHARACTER SET {charset}',
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
    { sql: "SELECT '{bytes}', 1 /* ' */", weight: 2 },
    "SELECT '{bytes}' /* ', 2 -- */",
    "SELECT HEX('{bytes}'), CHAR_LENGTH('{bytes}')",
    "SELECT _{charset}'{bytes}', _binary'{bytes}'",
    // In names and in doubt, which may be anything.
    { sql: 'SELECT 1 AS `{bytes}`', holds: 'session' },
    { sql: 'SELECT "{bytes}"', holds: 'session' },
    "INSERT INTO t2 (b) VALUES ('{bytes}')",
    'SELECT b, HEX(b) FROM t2 ORDER BY id DESC LIMIT 2',
    { sql: "SELECT '{bytes}', ?", values: ['text'] },
    { sql: 'SELECT HEX(?), ?', values: ['text', 'int'] },
  ],
  words: {
    charset: ['gbk', 'sjis', 'big5', 'latin1', 'utf8mb4'],
    bytes: ['\xbf\\', '\x95\\', '\xa5\\', '\x83\\\\', "\xbf''", '\xb0\xa1', 'a\xe4', '\xa0'],
  },
};
