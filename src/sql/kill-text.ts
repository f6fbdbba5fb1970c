import type { Statement } from './classify/statement.js';
import { type PlacedStatement, placedStatements } from './placed-statements.js';
import { TokenKind } from './token.js';
import type { LexModes } from './verdict.js';

/** What a KILL is to end; the numbers of connections are weir's own. */
export type KillTarget =
  | { readonly kind: 'own' }
  /** Of any size and sign, as written. */
  | { readonly kind: 'number'; readonly number: bigint }
  /** Its place in the text, in bytes; the end exclusive. `isBalanced`: its parentheses are pairs. */
  | { readonly kind: 'expression'; readonly start: number; readonly end: number; readonly isBalanced: boolean }
  /** MariaDB: the number of a statement, which is the server's. */
  | { readonly kind: 'statement' }
  /** MariaDB: all connections of a user. `name` as written, without quotes; null: CURRENT_USER. `host`: null: any. */
  | { readonly kind: 'user'; readonly name: string | null; readonly host: string | null };

export interface KillRequest {
  readonly target: KillTarget;
  readonly queryOnly: boolean;
}

/**
 * `KILL [CONNECTION | QUERY] expression`, on MariaDB `KILL [HARD | SOFT] [CONNECTION | QUERY] [ID] expression` and `… USER name` too. null: the text
 * has lexical doubts, version comments or several statements, or it is no KILL.
 */
export function parseKill(text: Uint8Array, mode: LexModes, isMariadb: boolean): KillRequest | null {
  const placed = placedStatements(text, mode);
  const [only] = placed?.statements ?? [];
  if (only === undefined || placed?.statements.length !== 1 || placed.marks.length > 0) return null;
  const { statement } = only;
  if (statement.key(0) !== 'KILL') return null;
  let index = isMariadb && ['HARD', 'SOFT'].includes(statement.key(1)) ? 2 : 1;
  const queryOnly = statement.key(index) === 'QUERY';
  if (queryOnly || statement.key(index) === 'CONNECTION') index += 1;
  if (isMariadb && queryOnly && statement.key(index) === 'ID' && index + 1 < statement.length)
    return { target: { kind: 'statement' }, queryOnly };
  const target = (isMariadb ? userAt(statement, index) : null) ?? plainTarget(statement.from(index)) ?? expressionAt(only, index);
  return { target, queryOnly };
}

function plainTarget(value: Statement): KillTarget | null {
  const keys = value.tokens.map(({ key }) => key).join(' ');
  const isOwn = keys === 'CONNECTION_ID ( )' || value.tokens.map(({ text }) => text.toLowerCase()).join('') === '@@pseudo_thread_id';
  if (isOwn) return { kind: 'own' };
  const isNegative = value.key(0) === '-';
  const token = value.at(isNegative ? 1 : 0);
  if (token?.kind !== TokenKind.literal || value.length !== (isNegative ? 2 : 1)) return null;
  const digits = /^(?:(-?\d+)|'(-?\d+)')$/.exec(token.text);
  if (digits === null) return null;
  const number = BigInt(digits[1] ?? digits[2] ?? '');
  return { kind: 'number', number: isNegative ? -number : number };
}

function expressionAt({ statement, starts, ends }: PlacedStatement, index: number): KillTarget {
  let depth = 0;
  let isBalanced = true;
  for (const { key } of statement.tokens.slice(index)) {
    if (key === '(') depth += 1;
    else if (key === ')') depth -= 1;
    if (depth < 0) isBalanced = false;
  }
  const end = ends.at(-1)!;
  return { kind: 'expression', start: starts[index] ?? end, end, isBalanced: isBalanced && depth === 0 };
}

/** `USER name[@host]`; USER() is a function. */
function userAt(statement: Statement, index: number): KillTarget | null {
  if (statement.key(index) !== 'USER') return null;
  if (statement.key(index + 1) === 'CURRENT_USER') {
    const behind = statement.is(index + 2, '(', ')') ? index + 4 : index + 2;
    return behind === statement.length ? { kind: 'user', name: null, host: null } : null;
  }
  const name = nameAt(statement, index + 1);
  if (name === null) return null;
  if (statement.length === index + 2) return { kind: 'user', name, host: null };
  // `@host` is one token, quoted or not.
  const host = statement.at(index + 2);
  if (host?.kind !== TokenKind.userVariable || statement.length !== index + 3) return null;
  const written = host.text.slice(1);
  const unquoted = /^(['"`])(.*)\1$/s.exec(written)?.[2] ?? written;
  return { kind: 'user', name, host: unquoted === '%' ? null : unquoted };
}

function nameAt(statement: Statement, index: number): string | null {
  const token = statement.at(index);
  if (token?.kind !== TokenKind.literal) return statement.name(index);
  return /^(['"])([^'"\\]*)\1$/.exec(token.text)?.[2] ?? null;
}
