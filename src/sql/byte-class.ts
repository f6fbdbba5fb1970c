/**
 * What a byte begins when a server's lexer meets it between tokens.
 * Source: the state map of MySQL's and MariaDB's lexers (sql_lex_hash / my_lex_states) and "Schema Object Names" of the manuals.
 */
export const ByteClass = {
  /** Control characters, NUL, brackets: no token of either server starts so. */
  invalid: 0,
  space: 1,
  word: 2,
  digit: 3,
  singleQuote: 4,
  doubleQuote: 5,
  backtick: 6,
  hash: 7,
  minus: 8,
  slash: 9,
  at: 10,
  dot: 11,
  star: 12,
  punctuation: 13,
  openParenthesis: 14,
  closeParenthesis: 15,
  comma: 16,
  backslash: 17,
  dollar: 18,
  plus: 19,
  parameter: 20,
} as const;

const SINGLES: Readonly<Record<string, number>> = {
  "'": ByteClass.singleQuote,
  '"': ByteClass.doubleQuote,
  '`': ByteClass.backtick,
  '#': ByteClass.hash,
  '-': ByteClass.minus,
  '/': ByteClass.slash,
  '@': ByteClass.at,
  '.': ByteClass.dot,
  '*': ByteClass.star,
  '(': ByteClass.openParenthesis,
  ')': ByteClass.closeParenthesis,
  ',': ByteClass.comma,
  '\\': ByteClass.backslash,
  $: ByteClass.dollar,
  '+': ByteClass.plus,
  '?': ByteClass.parameter,
};
const PUNCTUATION = '!%&:;<=>^{|}~';
const SPACES = ' \t\n\v\f\r';

function classOf(byte: number): number {
  if (byte >= 0x80) return ByteClass.word;
  const character = String.fromCharCode(byte);
  if (SPACES.includes(character)) return ByteClass.space;
  if (/[A-Za-z_]/.test(character)) return ByteClass.word;
  if (/[0-9]/.test(character)) return ByteClass.digit;
  if (PUNCTUATION.includes(character)) return ByteClass.punctuation;
  return SINGLES[character] ?? ByteClass.invalid;
}

/** ByteClass of each byte. */
export const BYTE_CLASS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => classOf(byte));

/** 1 for bytes that continue an unquoted word: letters, digits, `_`, `$` and everything from 0x80. */
export const WORD_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 || /[A-Za-z0-9_$]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
export const isHexDigit = (byte: number): boolean => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
