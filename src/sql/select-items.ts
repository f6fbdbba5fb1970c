import type { Statement } from './classify/statement.js';
import { LiteralKind, type Token, TokenKind } from './token.js';

/** One column of a select list: its tokens, the last one inclusive. */
export interface SelectItem {
  readonly first: number;
  readonly last: number;
  readonly hasAlias: boolean;
}

const OPTIONS: ReadonlySet<string> = new Set([
  'ALL',
  'DISTINCT',
  'DISTINCTROW',
  'HIGH_PRIORITY',
  'SQL_BIG_RESULT',
  'SQL_BUFFER_RESULT',
  'SQL_CACHE',
  'SQL_CALC_FOUND_ROWS',
  'SQL_NO_CACHE',
  'SQL_SMALL_RESULT',
  'STRAIGHT_JOIN',
]);
/** What ends a select list; reserved words on both servers, or no names where they stand. */
const ENDS: ReadonlySet<string> = new Set([
  ...['FROM', 'INTO', 'WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT', 'UNION', 'EXCEPT', 'INTERSECT', 'MINUS', 'WINDOW', 'QUALIFY'],
  ...['FOR', 'LOCK', 'PROCEDURE', 'FETCH', 'ON'],
]);

/** The columns of every SELECT and RETURNING of a statement, those of subqueries too, in no certain order. */
export function selectItems(statement: Statement): SelectItem[] {
  const items: SelectItem[] = [];
  for (let index = 0; index < statement.length; index++) {
    const key = statement.key(index);
    if ((key === 'SELECT' || key === 'RETURNING') && !statement.isQualified(index)) addItems(statement, index + 1, items);
  }
  return items;
}

function addItems(statement: Statement, from: number, items: SelectItem[]): void {
  let first = from;
  while (OPTIONS.has(statement.key(first)) && statement.key(first + 1) !== '(') first += 1;
  let depth = 0;
  for (let index = first; ; index++) {
    const key = statement.key(index);
    const isEnd = index >= statement.length || (depth === 0 && (key === ')' || (ENDS.has(key) && !statement.isQualified(index))));
    if (isEnd || (depth === 0 && key === ',')) {
      if (index > first) items.push({ first, last: index - 1, hasAlias: hasAlias(statement, first, index - 1) });
      first = index + 1;
    }
    if (isEnd) return;
    if (key === '(') depth += 1;
    else if (key === ')') depth -= 1;
  }
}

/** Words behind which a name belongs to the expression. */
const OPERATORS: ReadonlySet<string> = new Set([
  ...['AND', 'BETWEEN', 'BINARY', 'CASE', 'COLLATE', 'DIV', 'ELSE', 'ESCAPE', 'IN', 'INTERVAL', 'IS', 'LIKE', 'MOD', 'NOT', 'OF', 'OR'],
  ...['OVER', 'REGEXP', 'RLIKE', 'SOUNDS', 'THEN', 'WHEN', 'XOR'],
]);

function hasAlias(statement: Statement, first: number, last: number): boolean {
  let depth = 0;
  let openCases = 0;
  for (let index = first; index < last; index++) {
    const key = statement.key(index);
    if (key === '(') depth += 1;
    else if (key === ')') depth -= 1;
    else if (depth === 0 && key === 'AS') return true;
    else if (depth === 0 && key === 'CASE') openCases += 1;
    else if (depth === 0 && key === 'END') openCases -= 1;
  }
  const end = statement.at(last)!;
  const before = statement.at(last - 1);
  if (last === first || before === undefined || !mayName(end) || (end.key === 'END' && openCases > 0)) return false;
  // Strings that stand side by side are one string.
  return endsOperand(before) && !(isString(before) && isString(end));
}

const isString = (token: Token): boolean => token.kind === TokenKind.literal && token.literal === LiteralKind.string;
const mayName = (token: Token): boolean => token.kind === TokenKind.word || token.kind === TokenKind.quotedName || isString(token);

function endsOperand(token: Token): boolean {
  switch (token.kind) {
    case TokenKind.word:
      return !OPERATORS.has(token.key);
    case TokenKind.punctuation:
      return token.key === ')';
    case TokenKind.quotedName:
    case TokenKind.literal:
    case TokenKind.userVariable:
      return true;
    default:
      return false;
  }
}
