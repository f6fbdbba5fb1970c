import { type Token, TokenKind } from './token.js';

const LONGEST_UTF8_BYTES = 4;

/**
 * The digest as operators read it: literals as `?`, lists cut, blanks single, comments gone.
 * @param maxLength bytes, mysql-query_digests_max_digest_length; a longer text is cut at a character
 */
export function digestText(tokens: readonly Token[], maxLength: number): string {
  const parts: string[] = [];
  let length = 0;
  for (const token of tokens) {
    if (length > maxLength) break;
    const part = (token.spaced ? ' ' : '') + token.text;
    length += part.length;
    parts.push(part);
  }
  return cutUtf8(Buffer.from(parts.join(''), 'latin1'), maxLength);
}

/** Whether something of the statement may be missing in its digest text. */
export function isCutAt(text: string, maxLength: number): boolean {
  return Buffer.byteLength(text) > maxLength - LONGEST_UTF8_BYTES;
}

function cutUtf8(bytes: Buffer, maxLength: number): string {
  let end = Math.min(bytes.length, maxLength);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** ProxySQL's way to write a digest: `0x` and 16 upper-case hexadecimal digits. */
export function formatDigest(high: number, low: number): string {
  return `0x${hexWord(high)}${hexWord(low)}`;
}

const hexWord = (word: number): string => (word >>> 0).toString(16).toUpperCase().padStart(8, '0');

/** The tokens as a text that a parser takes: literals as harmless values of their kind, so that no value can influence it. */
export function parserText(tokens: readonly Token[]): string {
  return tokens.map(parserPart).join('');
}

const SAMPLE_LITERALS = ['1', "'x'", '?'];

function parserPart(token: Token): string {
  const blank = token.spaced ? ' ' : '';
  if (token.kind === TokenKind.literal) return `${blank}${SAMPLE_LITERALS[token.literal]} `;
  if (token.kind === TokenKind.ellipsis) return '';
  if (token.kind === TokenKind.commentOpen || token.kind === TokenKind.commentClose) return ' ';
  return blank + token.text;
}
