/** The tokens that the scanner tells apart. */
export const TokenKind = {
  /** Unquoted word: keyword, name, function. */
  word: 1,
  /** `name`, or "name" under ANSI_QUOTES. */
  quotedName: 2,
  /** String, number, hexadecimal or bit value, \N, `?`; shown as `?`. */
  literal: 3,
  /** @name, @'name', @`name`, and a lone @. */
  userVariable: 4,
  /** @@ in front of a system variable's name. */
  systemVariable: 5,
  /** One byte of punctuation. */
  punctuation: 6,
  /** Opening of a version comment, whose content is code. */
  commentOpen: 7,
  /** Its end. */
  commentClose: 8,
  /** Stands for further literals (or groups of literals) of a list. */
  ellipsis: 9,
} as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

/** What a literal was; only the text given to the parser depends on it, never the digest. */
export const LiteralKind = { number: 0, string: 1, parameter: 2 } as const;

/** A token as classification sees it. */
export interface Token {
  readonly kind: TokenKind;
  /** As written; '?' for literals. */
  readonly text: string;
  /** Upper case for unquoted words, the character for punctuation, '' for the other kinds. */
  readonly key: string;
  /** A blank or a comment stands in front of it. */
  readonly spaced: boolean;
  /** LiteralKind, 0 for others. */
  readonly literal: number;
}

/** Limits of what is kept of one statement; beyond it nothing is proven. */
export const MAX_TOKENS = 50_000;
