import { TokenKind } from '../token.js';
import { Definitions, Effect, type LexModes } from '../verdict.js';
import type { Findings } from './findings.js';
import { scanExpressions } from './scan-expressions.js';
import { Statement } from './statement.js';

/** One assignment of a SET. */
export interface Assignment {
  readonly kind: 'user-variable' | 'system-variable' | 'names' | 'character-set' | 'transaction' | 'unknown';
  /** Lower case for system variables; with its `@` for user variables; '' where there is none. */
  readonly name: string;
  readonly scope: Scope;
  /** The tokens behind the `=`, or behind NAMES, CHARACTER SET, TRANSACTION. */
  readonly value: Statement;
}
export type Scope = 'default' | 'session' | 'global' | 'persist' | 'persist_only';

const SCOPES: Readonly<Record<string, Scope>> = {
  SESSION: 'session',
  LOCAL: 'session',
  GLOBAL: 'global',
  PERSIST: 'persist',
  PERSIST_ONLY: 'persist_only',
};

/**
 * The assignments of a SET statement, in order. A scope word holds for the assignments behind it that name no scope of
 * their own ("SET Syntax for Variable Assignment" of the MySQL manual); `@@scope.` holds for one.
 */
export function parseAssignments(statement: Statement): Assignment[] {
  let sticky: Scope = 'default';
  const scoped = SCOPES[statement.key(1)];
  const transaction = scoped === undefined ? 1 : 2;
  if (statement.key(transaction) === 'TRANSACTION' && !isAssigned(statement, transaction + 1)) {
    // Its characteristics have commas of their own, and no other assignment may follow.
    return [{ kind: 'transaction', name: '', scope: scoped ?? 'default', value: statement.from(transaction + 1) }];
  }
  return splitAtCommas(statement.from(1)).map((part) => {
    const word = SCOPES[part.key(0)];
    const hasScope = word !== undefined && part.key(1) !== '=' && part.key(1) !== ':' && part.key(1) !== '.';
    if (hasScope) sticky = word;
    return parseAssignment(hasScope ? part.from(1) : part, sticky);
  });
}

function parseAssignment(part: Statement, sticky: Scope): Assignment {
  const first = part.at(0);
  if (first?.kind === TokenKind.userVariable)
    return { kind: 'user-variable', name: first.text, scope: 'session', value: afterEquals(part, 1) };
  if (part.key(0) === 'NAMES' && !isAssigned(part, 1)) return { kind: 'names', name: '', scope: 'session', value: part.from(1) };
  if (isCharacterSet(part)) {
    return { kind: 'character-set', name: '', scope: 'session', value: part.from(part.key(0) === 'CHARSET' ? 1 : 2) };
  }
  return parseSystemVariable(part, sticky);
}

function isCharacterSet(part: Statement): boolean {
  return part.is(0, 'CHARACTER', 'SET') || part.is(0, 'CHAR', 'SET') || (part.key(0) === 'CHARSET' && !isAssigned(part, 1));
}

function parseSystemVariable(part: Statement, sticky: Scope): Assignment {
  let index = part.at(0)?.kind === TokenKind.systemVariable ? 1 : 0;
  let scope: Scope = index === 1 ? 'session' : sticky;
  const named = SCOPES[part.key(index)];
  if (named !== undefined && part.key(index + 1) === '.') {
    scope = named;
    index += 2;
  }
  let name = part.name(index);
  if (name !== null && part.key(index + 1) === '.') {
    name = `${name}.${part.name(index + 2) ?? ''}`;
    index += 2;
  }
  if (name === null || !isAssigned(part, index + 1)) return { kind: 'unknown', name: '', scope, value: part };
  return { kind: 'system-variable', name: name.toLowerCase(), scope, value: afterEquals(part, index + 1) };
}

const isAssigned = (part: Statement, index: number): boolean =>
  part.key(index) === '=' || (part.key(index) === ':' && part.key(index + 1) === '=');

function afterEquals(part: Statement, index: number): Statement {
  return part.from(part.key(index) === ':' ? index + 2 : index + 1);
}

function splitAtCommas(statement: Statement): Statement[] {
  const parts: Statement[] = [];
  let from = 0;
  for (;;) {
    const comma = statement.find(from, ',');
    if (comma === -1) return [...parts, statement.from(from)];
    parts.push(new Statement(statement.tokens.slice(from, comma)));
    from = comma + 1;
  }
}

/** SET in all its forms but SET STATEMENT. */
export function judgeSet(statement: Statement, mode: LexModes, findings: Findings): void {
  findings.command = 'SET';
  findings.write('set', 'SET');
  if (judgeIdentity(statement, findings)) return;
  for (const assignment of parseAssignments(statement)) judgeAssignment(assignment, mode, findings);
}

/** A password and default roles are the account's: the session stays what it is. */
function judgeIdentity(statement: Statement, findings: Findings): boolean {
  const isPassword = statement.key(1) === 'PASSWORD';
  const isDefaultRole = statement.is(1, 'DEFAULT', 'ROLE');
  const isSession = statement.key(1) === 'ROLE' || statement.is(1, 'RESOURCE', 'GROUP');
  const hasMore = isPassword && statement.find(1, ',') !== -1;
  if (isSession || hasMore) findings.add(Effect.setsIdentity);
  if (isDefaultRole) findings.add(Effect.changesNewSessions).touch(Definitions.changes);
  return isPassword || isDefaultRole || isSession;
}

function judgeAssignment(assignment: Assignment, mode: LexModes, findings: Findings): void {
  switch (assignment.kind) {
    case 'user-variable':
      findings.add(Effect.setsUserVariable);
      break;
    case 'names':
    case 'character-set':
      findings.add(Effect.setsNames);
      break;
    case 'transaction':
      judgeTransaction(assignment, findings);
      break;
    case 'system-variable':
      judgeVariable(assignment, findings);
      break;
    case 'unknown':
      findings.add(Effect.setsVariables | Effect.unknownState).write('unknown-set', assignment.value.at(0)?.text ?? '');
      break;
  }
  scanExpressions(assignment.value, mode, findings);
}

function judgeTransaction(assignment: Assignment, findings: Findings): void {
  if (assignment.scope === 'default') findings.add(Effect.setsNextTransaction);
  else findings.add(assignment.scope === 'session' ? Effect.setsVariables : Effect.changesNewSessions);
}

function judgeVariable(assignment: Assignment, findings: Findings): void {
  if (assignment.scope !== 'default' && assignment.scope !== 'session') {
    findings.add(Effect.changesNewSessions);
    return;
  }
  findings.add(Effect.setsVariables);
  if (/^(character_set_|collation_)/.test(assignment.name)) findings.add(Effect.setsNames);
  if (/^(last_insert_id|insert_id|identity)$/.test(assignment.name)) findings.add(Effect.setsLastInsertId);
}
