import { LexMode, type LexModes } from './verdict.js';

/** The modes in which a character's second byte may look like a quote or a backslash. */
export const MULTIBYTE_MODES: LexModes = LexMode.charsetGbk | LexMode.charsetSjis | LexMode.charsetBig5;

/** The modes in which bytes above 0x7F must be looked at one by one outside of quotes. */
export const HIGH_BYTE_MODES: LexModes = MULTIBYTE_MODES | LexMode.charsetOneByte;

/**
 * Bytes that a charset of one byte a character may have for a blank: 0xA0 in most, 0xFF in those of DOS (ctype of the servers' charsets).
 * A servers' lexer ends a name there.
 */
export function maybeBlank(byte: number, mode: LexModes): boolean {
  return (mode & LexMode.charsetOneByte) !== 0 && (byte === 0xa0 || byte === 0xff);
}

/**
 * True when `lead` and `trail` are one character of the mode's charset. A lead byte without a fitting trail byte is a
 * character of its own for the servers' string scanner (my_ismbchar answers 0), so the trail keeps its usual meaning.
 */
export function isCharacterPair(lead: number, trail: number, mode: LexModes): boolean {
  if (lead < 0x81 || trail < 0x40 || trail === 0x7f || trail === 0xff) return false;
  if ((mode & LexMode.charsetGbk) !== 0) return lead <= 0xfe;
  if ((mode & LexMode.charsetSjis) !== 0) return (lead <= 0x9f || (lead >= 0xe0 && lead <= 0xfc)) && trail <= 0xfc && trail !== 0x7f;
  if ((mode & LexMode.charsetBig5) !== 0) return lead >= 0xa1 && lead <= 0xf9 && (trail <= 0x7e || trail >= 0xa1);
  return false;
}

/** How many continuation bytes a UTF-8 lead byte asks for; 0 for every other byte. */
export function utf8Continuations(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  return lead >= 0xf0 && lead <= 0xf7 ? 3 : 0;
}
