import { type Token, TokenKind } from '../token.js';

/** The tokens of one statement (no `;`), with safe access beyond both ends. */
export class Statement {
  constructor(readonly tokens: readonly Token[]) {}

  get length(): number {
    return this.tokens.length;
  }

  at(index: number): Token | undefined {
    return this.tokens[index];
  }

  /** Upper-case word or punctuation at `index`; '' for every other token and beyond the ends. */
  key(index: number): string {
    return this.tokens[index]?.key ?? '';
  }

  /** True when the tokens from `index` on are these words. */
  is(index: number, ...keys: readonly string[]): boolean {
    return keys.every((key, offset) => this.key(index + offset) === key);
  }

  has(key: string): boolean {
    return this.tokens.some((token) => token.key === key);
  }

  /** A name of any quoting at `index`, without its quotes; null when there is none. */
  name(index: number): string | null {
    const token = this.tokens[index];
    if (token?.kind === TokenKind.word) return token.text;
    return token?.kind === TokenKind.quotedName ? unquoteName(token.text) : null;
  }

  /** True for a word that directly follows a dot: a name, whatever it spells. */
  isQualified(index: number): boolean {
    return this.key(index - 1) === '.' && this.tokens[index]?.spaced === false;
  }

  /** Index of the parenthesis that closes the one at `open`, or -1. */
  closing(open: number): number {
    let depth = 0;
    for (let index = open; index < this.tokens.length; index++) {
      const key = this.key(index);
      if (key === '(') depth += 1;
      else if (key === ')' && --depth === 0) return index;
    }
    return -1;
  }

  /** Index of the first of `keys` outside of parentheses at or after `from`, or -1. */
  find(from: number, ...keys: readonly string[]): number {
    let depth = 0;
    for (let index = from; index < this.tokens.length; index++) {
      const key = this.key(index);
      if (key === '(') depth += 1;
      else if (key === ')') depth -= 1;
      else if (depth === 0 && keys.includes(key)) return index;
    }
    return -1;
  }

  slice(from: number, to: number): Statement {
    return new Statement(this.tokens.slice(from, to));
  }

  from(index: number): Statement {
    return new Statement(this.tokens.slice(index));
  }
}

export function unquoteName(text: string): string {
  const quote = text[0]!;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

/** The statements of a text; empty ones are left out. */
export function splitStatements(tokens: readonly Token[]): Statement[] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (token.key === ';') statements.push([]);
    else statements[statements.length - 1]!.push(token);
  }
  return statements.filter((statement) => statement.length > 0).map((statement) => new Statement(statement));
}
