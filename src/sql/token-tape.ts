import { type Token, TokenKind } from './token.js';

/** The tokens of one statement by kind and place, without objects; filled only while a statement is seen for the first time. */
export class TokenTape {
  length = 0;
  private readonly kinds: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly spaced: boolean[] = [];
  private readonly literals: number[] = [];

  push(kind: number, start: number, end: number, spaced: boolean, literal: number): void {
    const index = this.length++;
    this.kinds[index] = kind;
    this.starts[index] = start;
    this.ends[index] = end;
    this.spaced[index] = spaced;
    this.literals[index] = literal;
  }

  /** Where the token begins, and where it ends; the same for a comma that a list held back. */
  start(index: number): number {
    return this.starts[index]!;
  }

  end(index: number): number {
    return this.ends[index]!;
  }

  clear(): void {
    this.length = 0;
    this.kinds.length = this.starts.length = this.ends.length = this.spaced.length = this.literals.length = 0;
  }

  /**
   * Texts hold one character a byte (latin1), so that every byte stays what it was.
   * @param rawLiterals give literals as written instead of `?`
   */
  tokens(buffer: Uint8Array, rawLiterals = false): Token[] {
    const source = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    return Array.from({ length: this.length }, (_, index) => this.token(source, index, rawLiterals));
  }

  private token(source: Buffer, index: number, rawLiterals: boolean): Token {
    const kind = this.kinds[index] as TokenKind;
    const text = this.text(source, index, kind, rawLiterals);
    const key = kind === TokenKind.word ? upperCaseAscii(text) : kind === TokenKind.punctuation ? text : '';
    return { kind, text, key, spaced: this.spaced[index]!, literal: this.literals[index]! };
  }

  private text(source: Buffer, index: number, kind: TokenKind, rawLiterals: boolean): string {
    if (kind === TokenKind.literal && !rawLiterals) return '?';
    if (kind === TokenKind.ellipsis) return ',...';
    // A comma that a list held back has no place of its own.
    if (this.starts[index] === this.ends[index]) return ',';
    return source.toString('latin1', this.starts[index], this.ends[index]);
  }
}

/** Only a to z: servers fold keywords so, and toUpperCase() would make two letters of ß. */
function upperCaseAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
