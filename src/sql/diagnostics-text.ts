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

/** An item of GET DIAGNOSTICS and the user variable that it goes to, as written. */
export interface AskedItem {
  readonly variable: string;
  /** Upper case: NUMBER, MESSAGE_TEXT … */
  readonly name: string;
}

export interface AskedDiagnostics {
  /** 0: of the statement; null: a condition's number that is no plain one. */
  readonly condition: number | null;
  readonly items: readonly AskedItem[];
}

/** `GET [CURRENT] DIAGNOSTICS [CONDITION n] @variable = item, …`; null for everything else. */
export function parseAskedDiagnostics(text: Uint8Array, mode: LexModes): AskedDiagnostics | null {
  const statement = only(text, mode);
  if (statement === null) return null;
  let index = statement.key(1) === 'CURRENT' ? 2 : 1;
  if (statement.key(0) !== 'GET' || statement.key(index) !== 'DIAGNOSTICS') return null;
  index += 1;
  let condition: number | null = 0;
  if (statement.key(index) === 'CONDITION') {
    condition = number(statement, index + 1);
    index += 2;
  }
  const items: AskedItem[] = [];
  for (; ; index += 4) {
    const variable = statement.at(index);
    if (variable?.kind !== TokenKind.userVariable || statement.key(index + 1) !== '=' || statement.key(index + 2) === '') return null;
    items.push({ variable: variable.text, name: statement.key(index + 2) });
    if (statement.length === index + 3) return { condition, items };
    if (statement.key(index + 3) !== ',') return null;
  }
}

function only(text: Uint8Array, mode: LexModes): Statement | null {
  const placed = placedStatements(text, mode);
  return placed?.statements.length === 1 ? placed.statements[0]!.statement : null;
}

function number(statement: Statement, index: number): number | null {
  const token = statement.at(index);
  return token?.kind === TokenKind.literal && /^\d+$/.test(token.text) ? Number(token.text) : null;
}
