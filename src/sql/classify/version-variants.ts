import { type Token, TokenKind } from '../token.js';

/** 2^4 readings of a text at most. */
const MAX_VERSION_COMMENTS = 4;

/**
 * The readings of a text with version comments: each comment's content taken and left out, in every combination, because
 * servers take different versions. The first reading takes all. null when there are too many to try.
 */
export function versionVariants(tokens: readonly Token[]): readonly (readonly Token[])[] | null {
  const comments = tokens.filter((token) => token.kind === TokenKind.commentOpen).length;
  if (comments === 0) return [tokens];
  if (comments > MAX_VERSION_COMMENTS) return null;
  return Array.from({ length: 1 << comments }, (_, leftOut) => reading(tokens, leftOut));
}

/** @param leftOut bit n is set when the n-th comment's content is left out */
function reading(tokens: readonly Token[], leftOut: number): Token[] {
  const taken: Token[] = [];
  let comment = -1;
  let inside = false;
  for (const token of tokens) {
    if (token.kind === TokenKind.commentOpen) {
      comment += 1;
      inside = true;
    } else if (token.kind === TokenKind.commentClose) {
      inside = false;
    } else if (!inside || (leftOut & (1 << comment)) === 0) {
      taken.push(token);
    }
  }
  return taken;
}
