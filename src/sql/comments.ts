import { isDigit } from './byte-class.js';
import { UNCLEAR } from './literals.js';

const STAR = 0x2a;
const SLASH = 0x2f;

/** Index after the first star-slash at or after `position`, or UNCLEAR. */
export function blockCommentEnd(buffer: Uint8Array, position: number, end: number): number {
  for (let index = position; index + 1 < end; index++) {
    if (buffer[index] === STAR && buffer[index + 1] === SLASH) return index + 2;
  }
  return UNCLEAR;
}

/** True when a slash-star stands between `start` and `end`, be it in quotes. */
export function opensBlockComment(buffer: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index + 1 < end; index++) {
    if (buffer[index] === SLASH && buffer[index + 1] === STAR) return true;
  }
  return false;
}

/** Index of the line feed that ends a `#` or `--` comment, or `end`. A NUL ends the comment for the servers too: UNCLEAR. */
export function lineCommentEnd(buffer: Uint8Array, position: number, end: number): number {
  for (let index = position; index < end; index++) {
    if (buffer[index] === 0x0a) return index;
    if (buffer[index] === 0) return UNCLEAR;
  }
  return end;
}

/**
 * Length of the opening of a version comment at `position` (which holds slash-star): `/*!`, `/*!50000`, `/*M!100100`, or 0.
 * Five or six digits are a version for one server or the other; other counts of digits are code.
 */
export function versionCommentOpening(buffer: Uint8Array, position: number, end: number): number {
  let index = position + 2;
  if (index < end && buffer[index] === 0x4d) index += 1;
  if (index >= end || buffer[index] !== 0x21) return 0;
  index += 1;
  let digits = 0;
  while (digits < 6 && index + digits < end && isDigit(buffer[index + digits]!)) digits += 1;
  return index - position + (digits >= 5 ? digits : 0);
}

/**
 * True when every quote opened between `start` and `end` is closed there. MySQL reads optimizer hints with a scanner of
 * its own that knows quotes, so a hint with an open quote may end elsewhere than at its first star-slash.
 */
export function quotesBalanced(buffer: Uint8Array, start: number, end: number): boolean {
  let open = 0;
  for (let index = start; index < end; index++) {
    const byte = buffer[index]!;
    if (open !== 0) {
      if (byte === open) open = 0;
    } else if (byte === 0x22 || byte === 0x27 || byte === 0x60) {
      open = byte;
    }
  }
  return open === 0;
}
