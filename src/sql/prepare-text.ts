import type { Statement } from './classify/statement.js';
import { MULTIBYTE_MODES } from './multibyte.js';
import { single } from './session-text.js';
import { LiteralKind, type Token, TokenKind } from './token.js';
import { LexMode, type LexModes } from './verdict.js';

/**
 * The text that PREPARE name FROM 'text' or EXECUTE IMMEDIATE 'text' brings along. null when it is not one literal (a variable, an
 * expression), or cannot be read for sure.
 */
export function parsePreparedText(text: Uint8Array, mode: LexModes): Buffer | null {
  const statement = single(text, mode);
  if (statement === null) return null;
  const index = literalAt(statement);
  return index < 0 ? null : decoded(statement.at(index), mode);
}

/** Where the literal is that is the whole text; -1: nowhere. */
function literalAt(statement: Statement): number {
  if (statement.is(0, 'EXECUTE', 'IMMEDIATE')) return statement.length === 3 || statement.key(3) === 'USING' ? 2 : -1;
  return statement.key(0) === 'PREPARE' && statement.key(2) === 'FROM' && statement.length === 4 ? 3 : -1;
}

/** `\%` and `\_` keep their backslash. (MySQL manual, "String Literals".) */
const ESCAPED: Readonly<Record<string, string>> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a', '%': '\\%', _: '\\_' };

/** The bytes of a string literal. Texts of tokens hold one character a byte. */
function decoded(token: Token | undefined, mode: LexModes): Buffer | null {
  if (token?.kind !== TokenKind.literal || token.literal !== LiteralKind.string) return null;
  const quote = token.text[0];
  if (quote !== "'" && quote !== '"') return null;
  const inner = token.text.slice(1, -1).replaceAll(quote + quote, quote);
  if ((mode & LexMode.noBackslashEscapes) !== 0 || !inner.includes('\\')) return Buffer.from(inner, 'latin1');
  // The second byte of a character may be a backslash there; and behind one, two quotes are not what they were here.
  if ((mode & MULTIBYTE_MODES) !== 0 || token.text.slice(1, -1).includes(`\\${quote}`)) return null;
  return Buffer.from(
    inner.replace(/\\([\s\S])/g, (_, escaped: string) => ESCAPED[escaped] ?? escaped),
    'latin1',
  );
}

/**
 * The only statement of a text with these values in place of its parameters, in order; null: it has other literals, or a value cannot stand in a text
 * as it is.
 */
export function withParameters(text: Uint8Array, mode: LexModes, values: readonly (string | number | bigint | null)[]): Buffer | null {
  const literals = values.map(literalOf);
  return literals.includes(null) ? null : withExpressions(text, mode, literals as string[]);
}

/** The same with texts of SQL, one character a byte. null: there are more of them than parameters, or fewer. */
export function withExpressions(text: Uint8Array, mode: LexModes, expressions: readonly string[]): Buffer | null {
  const statement = single(text, mode);
  if (statement === null) return null;
  const left = [...expressions];
  const parts: string[] = [];
  for (const token of statement.tokens) {
    const isParameter = token.kind === TokenKind.literal && token.literal === LiteralKind.parameter;
    const part = isParameter ? left.shift() : token.text;
    if (part === undefined) return null;
    parts.push(token.spaced ? ` ${part}` : part);
  }
  return left.length === 0 ? Buffer.from(parts.join(''), 'latin1') : null;
}

/** What USING gives the parameters of an EXECUTE, each in parentheses and one character a byte; null: the text cannot be read for sure. */
export function parseUsing(text: Uint8Array, mode: LexModes): string[] | null {
  const statement = single(text, mode);
  if (statement?.key(0) !== 'EXECUTE') return null;
  let from = statement.find(2, 'USING') + 1;
  if (from === 0) return [];
  const expressions: string[] = [];
  while (from < statement.length) {
    const comma = statement.find(from, ',');
    const end = comma === -1 ? statement.length : comma;
    const tokens = statement.slice(from, end).tokens.map(({ spaced, text: part }) => (spaced ? ` ${part}` : part));
    expressions.push(`(${tokens.join('').trim()})`);
    from = end + 1;
  }
  return expressions;
}

function literalOf(value: string | number | bigint | null): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') return String(value);
  return /^[\x20-\x7e]*$/.test(value) && !/['\\]/.test(value) ? `'${value}'` : null;
}
