import { Statement } from './classify/statement.js';
import { tapeOf } from './text-tape.js';
import { type Token, TokenKind } from './token.js';
import type { LexModes } from './verdict.js';

/** A statement of a text, and where its tokens lie in it. */
export interface PlacedStatement {
  readonly statement: Statement;
  /** Of each token; bytes, the end exclusive. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export interface PlacedText {
  readonly statements: readonly PlacedStatement[];
  /** Where version comments open and close: servers leave these bytes out of what they name columns by. */
  readonly marks: readonly { readonly start: number; readonly end: number }[];
}

/** The statements of a text, the content of version comments taken; null where the text has lexical doubts. */
export function placedStatements(text: Uint8Array, mode: LexModes): PlacedText | null {
  const tape = tapeOf(text, mode);
  if (tape === null) return null;
  const statements: PlacedStatement[] = [];
  const marks: { start: number; end: number }[] = [];
  let open = new OpenStatement();
  for (const [index, token] of tape.tokens(text, true).entries()) {
    const start = tape.start(index);
    const end = tape.end(index);
    if (token.kind === TokenKind.commentOpen || token.kind === TokenKind.commentClose) marks.push({ start, end });
    else if (token.key === ';') {
      open.closeInto(statements);
      open = new OpenStatement();
    } else open.add(token, start, end);
  }
  open.closeInto(statements);
  return { statements, marks };
}

class OpenStatement {
  private readonly tokens: Token[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  add(token: Token, start: number, end: number): void {
    this.tokens.push(token);
    this.starts.push(start);
    this.ends.push(end);
  }

  closeInto(statements: PlacedStatement[]): void {
    const { starts, ends } = this;
    if (this.tokens.length > 0) statements.push({ statement: new Statement(this.tokens), starts, ends });
  }
}
