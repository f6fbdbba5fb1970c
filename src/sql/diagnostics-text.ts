import type { Statement } from './classify/statement.js';
import { placedStatements } from './placed-statements.js';
import { TokenKind } from './token.js';
import type { LexModes } from './verdict.js';

/** SHOW WARNINGS or SHOW ERRORS. */
export interface ShownConditions {
  readonly errorsOnly: boolean;
  readonly offset: number;
  readonly count: number;
}

/** `SHOW WARNINGS | ERRORS [LIMIT [offset,] count | LIMIT count OFFSET offset]`; null for everything else. */
export function parseShownConditions(text: Uint8Array, mode: LexModes): ShownConditions | null {
  const statement = only(text, mode);
  if (statement?.key(0) !== 'SHOW') return null;
  const errorsOnly = statement.key(1) === 'ERRORS';
  if (!errorsOnly && statement.key(1) !== 'WARNINGS') return null;
  if (statement.length === 2) return { errorsOnly, offset: 0, count: Number.POSITIVE_INFINITY };
  const first = number(statement, 3);
  if (statement.key(2) !== 'LIMIT' || first === null) return null;
  if (statement.length === 4) return { errorsOnly, offset: 0, count: first };
  const second = number(statement, 5);
  if (second === null || statement.length !== 6) return null;
  if (statement.key(4) === ',') return { errorsOnly, offset: first, count: second };
  return statement.key(4) === 'OFFSET' ? { errorsOnly, offset: second, count: first } : null;
}

/** `SHOW COUNT(*) WARNINGS | ERRORS`; null for everything else. */
export function parseShownCount(text: Uint8Array, mode: LexModes): 'warnings' | 'errors' | null {
  const statement = only(text, mode);
  if (statement === null || statement.length !== 6 || !statement.is(0, 'SHOW', 'COUNT', '(', '*', ')')) return null;
  if (statement.key(5) === 'WARNINGS') return 'warnings';
  return statement.key(5) === 'ERRORS' ? 'errors' : null;
}

function only(text: Uint8Array, mode: LexModes): Statement | null {
  const placed = placedStatements(text, mode);
  return placed?.statements.length === 1 ? placed.statements[0]!.statement : null;
}

function number(statement: Statement, index: number): number | null {
  const token = statement.at(index);
  return token?.kind === TokenKind.literal && /^\d+$/.test(token.text) ? Number(token.text) : null;
}
