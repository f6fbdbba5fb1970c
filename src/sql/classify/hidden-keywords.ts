import { type Token, TokenKind } from '../token.js';
import type { Findings } from './findings.js';
import { NEVER_IN_A_READ } from './read-statements.js';
import type { Statement } from './statement.js';

const HIDDEN_KEYWORDS: ReadonlySet<string> = new Set([...NEVER_IN_A_READ, 'ANALYSE', 'ANALYZE', 'FOR', 'NEXT', 'SHARE', 'VALUE']);

/** A byte above 0x7F is a blank in some 8-bit charsets (0xA0 in latin1), so `1\xA0INTO\xA0@a` may be three words. */
export function objectToHiddenKeywords(statement: Statement, findings: Findings): void {
  for (const token of statement.tokens) {
    if (hidesKeyword(token)) findings.write('blank-of-a-charset', token.text);
  }
}

function hidesKeyword(token: Token): boolean {
  if (token.kind !== TokenKind.word || !/[\x80-\xff]/.test(token.text)) return false;
  return token.key.split(/[\x80-\xff]+/).some((piece) => HIDDEN_KEYWORDS.has(piece));
}
