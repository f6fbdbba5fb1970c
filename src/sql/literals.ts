import { isDigit, isHexDigit, WORD_BYTE } from './byte-class.js';
import { isCharacterPair, MULTIBYTE_MODES, utf8Continuations } from './multibyte.js';
import { LexMode, type LexModes } from './verdict.js';

/** What the scanners of this file answer when the token never ends or servers may disagree about where it does. */
export const UNCLEAR = -1;

const BACKSLASH = 0x5c;

/**
 * End of a string whose first quote is at `start`; the index after its last quote, or UNCLEAR when it is not closed.
 * As in the servers: a doubled quote and (unless NO_BACKSLASH_ESCAPES) a backslash escape exactly one byte.
 */
export function stringEnd(buffer: Uint8Array, start: number, end: number, mode: LexModes): number {
  const quote = buffer[start]!;
  const escapes = (mode & LexMode.noBackslashEscapes) === 0;
  const multibyte = (mode & MULTIBYTE_MODES) !== 0;
  let position = start + 1;
  while (position < end) {
    const byte = buffer[position]!;
    if (byte === quote) {
      if (position + 1 >= end || buffer[position + 1] !== quote) return position + 1;
      position += 2;
    } else if (byte === BACKSLASH && escapes) {
      position += 2;
    } else if (multibyte && byte >= 0x80 && position + 1 < end && isCharacterPair(byte, buffer[position + 1]!, mode)) {
      position += 2;
    } else {
      position += 1;
    }
  }
  return UNCLEAR;
}

/**
 * End of a quoted name (backticks, or double quotes under ANSI_QUOTES): only a doubled quote escapes. MySQL skips the
 * bytes that a lead byte announces without looking at them, MariaDB looks; where that could differ the answer is UNCLEAR.
 */
export function quotedNameEnd(buffer: Uint8Array, start: number, end: number, mode: LexModes): number {
  const quote = buffer[start]!;
  let position = start + 1;
  while (position < end) {
    const byte = buffer[position]!;
    if (byte === 0) return UNCLEAR;
    if (byte >= 0x80) {
      position = characterEnd(buffer, position, end, mode);
      if (position === UNCLEAR) return UNCLEAR;
    } else if (byte !== quote) {
      position += 1;
    } else if (position + 1 < end && buffer[position + 1] === quote) {
      position += 2;
    } else {
      return position + 1;
    }
  }
  return UNCLEAR;
}

function characterEnd(buffer: Uint8Array, position: number, end: number, mode: LexModes): number {
  const lead = buffer[position]!;
  if ((mode & LexMode.charsetOneByte) !== 0) return position + 1;
  if ((mode & LexMode.charsetEuc) !== 0) return eucCharacterEnd(buffer, position, end);
  if ((mode & MULTIBYTE_MODES) !== 0) {
    if (position + 1 < end && isCharacterPair(lead, buffer[position + 1]!, mode)) return position + 2;
    const single = (mode & LexMode.charsetSjis) !== 0 && lead >= 0xa1 && lead <= 0xdf;
    return single ? position + 1 : UNCLEAR;
  }
  const continuations = utf8Continuations(lead);
  for (let index = 1; index <= continuations; index++) {
    if (position + index >= end || (buffer[position + index]! & 0xc0) !== 0x80) return UNCLEAR;
  }
  return position + 1 + continuations;
}

/** MySQL skips the second byte unseen; 0x8F of ujis and eucjpms announces three, of which neither may be a quote. */
function eucCharacterEnd(buffer: Uint8Array, position: number, end: number): number {
  if (position + 1 >= end) return UNCLEAR;
  const second = buffer[position + 1]!;
  return second < 0x41 || second === 0x60 ? UNCLEAR : position + 2;
}

/** End of the digits of X'…' or B'…' whose quote is at `start`; other content is refused by the servers' lexers. */
export function digitStringEnd(buffer: Uint8Array, start: number, end: number, hexadecimal: boolean): number {
  let position = start + 1;
  while (position < end && (hexadecimal ? isHexDigit(buffer[position]!) : (buffer[position]! & 0xfe) === 0x30)) position += 1;
  return position < end && buffer[position] === 0x27 ? position + 1 : UNCLEAR;
}

/**
 * End of the number at `start` (a digit, or a dot before a digit); 0 when the digits are the beginning of a word (`1st`),
 * UNCLEAR for what servers refuse (`1.5e`). Without a blank a word may follow a number: `1.5for` is `1.5 for`, `1e5for` is `1e5 for`.
 */
export function numberEnd(buffer: Uint8Array, start: number, end: number): number {
  let position = start;
  if (buffer[start] === 0x30 && position + 1 < end) {
    const prefixed = prefixedNumberEnd(buffer, start, end);
    if (prefixed !== 0) return prefixed;
  }
  while (position < end && isDigit(buffer[position]!)) position += 1;
  if (position < end && buffer[position] === 0x2e) return fractionEnd(buffer, position + 1, end);
  if (position >= end || WORD_BYTE[buffer[position]!] === 0) return position;
  if ((buffer[position]! | 0x20) === 0x65) return exponentEnd(buffer, position, end);
  return 0;
}

/** `0x…` and `0b…` with lower-case x and b only; 0 when it is a word or a plain number. */
function prefixedNumberEnd(buffer: Uint8Array, start: number, end: number): number {
  const prefix = buffer[start + 1]!;
  if (prefix !== 0x78 && prefix !== 0x62) return 0;
  let position = start + 2;
  while (position < end && (prefix === 0x78 ? isHexDigit(buffer[position]!) : (buffer[position]! & 0xfe) === 0x30)) position += 1;
  const isWord = position === start + 2 || (position < end && WORD_BYTE[buffer[position]!] === 1);
  return isWord ? 0 : position;
}

function fractionEnd(buffer: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && isDigit(buffer[position]!)) position += 1;
  if (position >= end || (buffer[position]! | 0x20) !== 0x65) return position;
  const exponent = exponentEnd(buffer, position, end);
  return exponent === 0 ? UNCLEAR : exponent;
}

/** End of `e5`, `e+5`, `e-5` at `position`; 0 when no digit follows. */
function exponentEnd(buffer: Uint8Array, position: number, end: number): number {
  let next = position + 1;
  if (next < end && (buffer[next] === 0x2b || buffer[next] === 0x2d)) next += 1;
  if (next >= end || !isDigit(buffer[next]!)) return 0;
  while (next < end && isDigit(buffer[next]!)) next += 1;
  return next;
}
