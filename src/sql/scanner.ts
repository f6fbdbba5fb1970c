import { BYTE_CLASS, ByteClass, isDigit, WORD_BYTE } from './byte-class.js';
import { blockCommentEnd, lineCommentEnd, opensBlockComment, quotesBalanced, versionCommentOpening } from './comments.js';
import { type DigestHash, LANE_A_MULTIPLIER, LANE_A_SEED, LANE_B_MULTIPLIER, LANE_B_SEED } from './digest-hash.js';
import { digitStringEnd, numberEnd, quotedNameEnd, stringEnd, UNCLEAR } from './literals.js';
import { HIGH_BYTE_MODES, isCharacterPair, maybeBlank } from './multibyte.js';
import { LiteralKind, TokenKind } from './token.js';
import { LexMode, type LexModes } from './verdict.js';

/** Why a text is not proven by its letters already; a set of bits, 0 when nothing is wrong. */
export const ScanFlag = {
  /** A byte that begins no token, NUL outside of strings, a malformed number or variable. */
  invalid: 1,
  /** A string, name or comment without an end. */
  unterminated: 2,
  /** Servers (or charsets) may disagree about where a token or comment ends. */
  ambiguous: 4,
  tooLong: 8,
  /** The mode is LexMode.unknown. */
  unknownMode: 16,
} as const;

/** Only so many plain comments of a statement are searched for hints. */
const MAX_NOTED_COMMENTS = 8;

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const DOT = 0x2e;
const BACKTICK = 0x60;

/**
 * One walk over the bytes of a text by the lexical rules of MySQL and MariaDB; feeds a DigestHash.
 * Where the two (or their versions) differ, the text gets a flag and is never proven to read.
 */
export class Scanner {
  /** ScanFlag bits of the text scanned last. */
  flags = 0;
  /** Plain block comments of the text scanned last, up to MAX_NOTED_COMMENTS; where each begins and ends. */
  commentCount = 0;
  readonly commentStarts = new Int32Array(MAX_NOTED_COMMENTS);
  readonly commentEnds = new Int32Array(MAX_NOTED_COMMENTS);

  private end = 0;
  private mode: LexModes = LexMode.standard;
  /** A blank or comment stands in front of the token. */
  private spaced = false;
  /** Where the content of the open version comment ends for a server that skips it; 0 outside of one. */
  private versionCommentEnd = 0;
  /** Index after the last name, for `t.1`; -1 after other tokens. */
  private nameEnd = -1;
  /** The last token leaves room for a sign: an operator, `(` or `,`. */
  private operandExpected = true;

  constructor(
    private readonly hash: DigestHash,
    private readonly checkSeed: number,
    private readonly checkMultiplier: number,
  ) {}

  scan(buffer: Uint8Array, start: number, end: number, mode: LexModes): void {
    this.end = end;
    this.mode = mode;
    this.flags = (mode & LexMode.unknown) === 0 ? 0 : ScanFlag.unknownMode;
    this.commentCount = 0;
    this.spaced = false;
    this.versionCommentEnd = 0;
    this.nameEnd = -1;
    this.operandExpected = false;
    this.hash.start();
    let position = start;
    while (position < end) position = this.token(buffer, position);
    if (this.versionCommentEnd !== 0) this.flags |= ScanFlag.unterminated;
    if (this.hash.tooLong) this.flags |= ScanFlag.tooLong;
    this.hash.finish(this.flags);
  }

  /** Takes the token, blank or comment at `position` and answers where the next one begins. */
  private token(buffer: Uint8Array, position: number): number {
    switch (BYTE_CLASS[buffer[position]!]) {
      case ByteClass.space:
        this.spaced = true;
        return position + 1;
      case ByteClass.word:
        return this.wordOrString(buffer, position);
      case ByteClass.digit:
        return this.number(buffer, position);
      case ByteClass.comma:
      case ByteClass.openParenthesis:
      case ByteClass.punctuation:
        return this.operator(buffer, position);
      case ByteClass.closeParenthesis:
        this.operator(buffer, position);
        this.operandExpected = false;
        return position + 1;
      case ByteClass.singleQuote:
        return this.literal(LiteralKind.string, position, stringEnd(buffer, position, this.end, this.mode));
      case ByteClass.doubleQuote:
        if ((this.mode & LexMode.ansiQuotes) !== 0) return this.quotedName(buffer, position);
        return this.literal(LiteralKind.string, position, stringEnd(buffer, position, this.end, this.mode));
      case ByteClass.backtick:
        return this.quotedName(buffer, position);
      case ByteClass.dot:
        return this.dot(buffer, position);
      case ByteClass.star:
        return this.star(buffer, position);
      case ByteClass.at:
        return this.variable(buffer, position);
      case ByteClass.parameter:
        return this.literal(LiteralKind.parameter, position, position + 1);
      case ByteClass.slash:
        return position + 1 < this.end && buffer[position + 1] === 0x2a ? this.comment(buffer, position) : this.operator(buffer, position);
      case ByteClass.hash:
        return this.lineComment(buffer, position + 1);
      case ByteClass.minus:
        return this.minus(buffer, position);
      case ByteClass.plus:
        return this.sign(buffer, position);
      case ByteClass.backslash:
        return this.backslash(buffer, position);
      case ByteClass.dollar:
        return this.dollar(buffer, position);
      default:
        return this.invalid(buffer, position);
    }
  }

  private wordOrString(buffer: Uint8Array, position: number): number {
    if (position + 1 < this.end && buffer[position + 1] === SINGLE_QUOTE) {
      const prefix = buffer[position]! | 0x20;
      if (prefix === 0x6e) return this.literal(LiteralKind.string, position, stringEnd(buffer, position + 1, this.end, this.mode));
      if (prefix === 0x78 || prefix === 0x62) {
        return this.literal(LiteralKind.string, position, digitStringEnd(buffer, position + 1, this.end, prefix === 0x78));
      }
    }
    return this.word(buffer, position);
  }

  private word(buffer: Uint8Array, start: number): number {
    const end = this.end;
    const checkMultiplier = this.checkMultiplier;
    let a: number = LANE_A_SEED;
    let b: number = LANE_B_SEED;
    let c = this.checkSeed;
    let position = start;
    while (position < end) {
      const byte = buffer[position]!;
      if (WORD_BYTE[byte] === 0) break;
      if (byte >= 0x80 && (this.mode & HIGH_BYTE_MODES) !== 0) return this.highWord(buffer, start);
      a = Math.imul(a ^ byte, LANE_A_MULTIPLIER);
      b = Math.imul(b ^ byte, LANE_B_MULTIPLIER);
      b ^= b >>> 15;
      c = Math.imul(c ^ byte, checkMultiplier);
      c ^= c >>> 16;
      position += 1;
    }
    return this.emitName(TokenKind.word, a, b, c, start, position);
  }

  /** A word with a byte above 0x7F, in a mode in which that is no letter by itself. */
  private highWord(buffer: Uint8Array, start: number): number {
    let position = start;
    while (position < this.end && WORD_BYTE[buffer[position]!] === 1) {
      if (maybeBlank(buffer[position]!, this.mode)) this.flags |= ScanFlag.ambiguous;
      const pair = position + 1 < this.end && isCharacterPair(buffer[position]!, buffer[position + 1]!, this.mode);
      position += pair ? 2 : 1;
    }
    return this.named(TokenKind.word, buffer, start, position);
  }

  private quotedName(buffer: Uint8Array, start: number): number {
    const end = quotedNameEnd(buffer, start, this.end, this.mode);
    if (end !== UNCLEAR) return this.named(TokenKind.quotedName, buffer, start, end);
    this.flags |= ScanFlag.unterminated;
    return this.end;
  }

  /** Hashes the bytes as they are and emits the token. */
  private named(kind: number, buffer: Uint8Array, start: number, end: number): number {
    let a: number = LANE_A_SEED;
    let b: number = LANE_B_SEED;
    let c = this.checkSeed;
    for (let position = start; position < end; position++) {
      const byte = buffer[position]!;
      a = Math.imul(a ^ byte, LANE_A_MULTIPLIER);
      b = Math.imul(b ^ byte, LANE_B_MULTIPLIER);
      b ^= b >>> 15;
      c = Math.imul(c ^ byte, this.checkMultiplier);
      c ^= c >>> 16;
    }
    return this.emitName(kind, a, b, c, start, end);
  }

  private emitName(kind: number, a: number, b: number, c: number, start: number, end: number): number {
    this.hash.named(kind, a, b, c, start, end, this.spaced);
    this.spaced = false;
    this.operandExpected = false;
    this.nameEnd = end;
    return end;
  }

  private number(buffer: Uint8Array, position: number): number {
    const end = numberEnd(buffer, position, this.end);
    if (end === 0) return this.word(buffer, position);
    return this.literal(LiteralKind.number, position, end);
  }

  /** @param end UNCLEAR when the literal has none */
  private literal(kind: number, start: number, end: number): number {
    if (end === UNCLEAR || end > this.end) {
      this.flags |= ScanFlag.unterminated;
      return this.end;
    }
    this.hash.literal(kind, start, end, this.spaced);
    this.spaced = false;
    this.operandExpected = false;
    this.nameEnd = -1;
    return end;
  }

  private operator(buffer: Uint8Array, position: number): number {
    this.hash.punctuation(buffer[position]!, position, this.spaced);
    this.spaced = false;
    this.operandExpected = true;
    this.nameEnd = -1;
    return position + 1;
  }

  /** `.5` is a number unless it touches a name; a word that touches the dot is a name whatever it spells, as in the servers. */
  private dot(buffer: Uint8Array, position: number): number {
    const next = position + 1 < this.end ? buffer[position + 1]! : 0;
    if (isDigit(next) && this.nameEnd !== position) {
      return this.literal(LiteralKind.number, position, numberEnd(buffer, position, this.end));
    }
    this.operator(buffer, position);
    this.operandExpected = false;
    if (WORD_BYTE[next] === 0) return position + 1;
    return this.word(buffer, position + 1);
  }

  private star(buffer: Uint8Array, position: number): number {
    const closes = this.versionCommentEnd !== 0 && position + 1 < this.end && buffer[position + 1] === 0x2f;
    if (!closes) return this.operator(buffer, position);
    if (this.versionCommentEnd !== position + 2) this.flags |= ScanFlag.ambiguous;
    this.versionCommentEnd = 0;
    this.named(TokenKind.commentClose, buffer, position, position + 2);
    this.nameEnd = -1;
    this.spaced = true;
    return position + 2;
  }

  private comment(buffer: Uint8Array, position: number): number {
    const end = blockCommentEnd(buffer, position + 2, this.end);
    const opening = versionCommentOpening(buffer, position, this.end);
    if (end === UNCLEAR) {
      this.flags |= ScanFlag.unterminated;
      return this.end;
    }
    if (opening !== 0) return this.openVersionComment(buffer, position, opening, end);
    const isHint = buffer[position + 2] === 0x2b;
    if (isHint && !quotesBalanced(buffer, position + 3, end - 2)) this.flags |= ScanFlag.ambiguous;
    this.noteComment(position, end);
    this.spaced = true;
    return end;
  }

  private openVersionComment(buffer: Uint8Array, position: number, opening: number, end: number): number {
    // A server that skips the comment counts one more opening in it, even in a string; others count nesting differently.
    if (opensBlockComment(buffer, position + opening, end)) this.flags |= ScanFlag.ambiguous;
    this.named(TokenKind.commentOpen, buffer, position, position + opening);
    this.nameEnd = -1;
    this.versionCommentEnd = end;
    this.spaced = true;
    return position + opening;
  }

  private noteComment(start: number, end: number): void {
    if (this.commentCount >= MAX_NOTED_COMMENTS) return;
    this.commentStarts[this.commentCount] = start;
    this.commentEnds[this.commentCount] = end;
    this.commentCount += 1;
  }

  private lineComment(buffer: Uint8Array, position: number): number {
    const end = lineCommentEnd(buffer, position, this.end);
    this.spaced = true;
    if (end !== UNCLEAR) return end;
    this.flags |= ScanFlag.invalid;
    return this.end;
  }

  /** `--` opens a comment only before a blank, a control character or the end; a blank of some 8-bit charsets is above 0x7F. */
  private minus(buffer: Uint8Array, position: number): number {
    if (position + 1 >= this.end || buffer[position + 1] !== 0x2d) return this.sign(buffer, position);
    const third = position + 2 < this.end ? buffer[position + 2]! : 0;
    if (third >= 0x80) this.flags |= ScanFlag.ambiguous;
    return third <= 0x20 || third === 0x7f ? this.lineComment(buffer, position + 2) : this.sign(buffer, position);
  }

  /** A sign between an operator and a number belongs to the number, as in ProxySQL's digests. */
  private sign(buffer: Uint8Array, position: number): number {
    const next = position + 1 < this.end ? buffer[position + 1]! : 0;
    if (this.operandExpected && isDigit(next)) {
      const end = numberEnd(buffer, position + 1, this.end);
      if (end !== 0) return this.literal(LiteralKind.number, position, end);
    }
    return this.operator(buffer, position);
  }

  private variable(buffer: Uint8Array, position: number): number {
    const next = position + 1 < this.end ? buffer[position + 1]! : 0;
    if (next === 0x40) return this.systemVariable(buffer, position);
    if (next === SINGLE_QUOTE || next === DOUBLE_QUOTE || next === BACKTICK) return this.quotedVariable(buffer, position);
    let end = position + 1;
    while (end < this.end && (WORD_BYTE[buffer[end]!] === 1 || buffer[end] === DOT)) {
      // Whether such a byte is a letter of the variable's name depends on the charset.
      if (buffer[end]! >= 0x80) this.flags |= ScanFlag.ambiguous;
      end += 1;
    }
    this.named(TokenKind.userVariable, buffer, position, end);
    this.nameEnd = -1;
    return end;
  }

  private quotedVariable(buffer: Uint8Array, position: number): number {
    const quoted = buffer[position + 1] === BACKTICK || (buffer[position + 1] === DOUBLE_QUOTE && (this.mode & LexMode.ansiQuotes) !== 0);
    const end = quoted ? quotedNameEnd(buffer, position + 1, this.end, this.mode) : stringEnd(buffer, position + 1, this.end, this.mode);
    if (end === UNCLEAR || end > this.end) {
      this.flags |= ScanFlag.unterminated;
      return this.end;
    }
    this.named(TokenKind.userVariable, buffer, position, end);
    this.nameEnd = -1;
    return end;
  }

  private systemVariable(buffer: Uint8Array, position: number): number {
    const next = position + 2 < this.end ? buffer[position + 2]! : 0;
    if (next !== BACKTICK && (WORD_BYTE[next] === 0 || next >= 0x80)) this.flags |= ScanFlag.invalid;
    this.named(TokenKind.systemVariable, buffer, position, position + 2);
    this.nameEnd = -1;
    return position + 2;
  }

  private backslash(buffer: Uint8Array, position: number): number {
    if (position + 1 < this.end && buffer[position + 1] === 0x4e) return this.literal(LiteralKind.number, position, position + 2);
    return this.invalid(buffer, position);
  }

  /** A leading `$` may open a dollar-quoted text since MySQL 8.0.32 and is a letter before. */
  private dollar(buffer: Uint8Array, position: number): number {
    this.flags |= ScanFlag.ambiguous;
    return this.word(buffer, position);
  }

  private invalid(buffer: Uint8Array, position: number): number {
    this.flags |= ScanFlag.invalid;
    return this.operator(buffer, position);
  }
}
