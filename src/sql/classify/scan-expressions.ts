import { TokenKind } from '../token.js';
import { Definitions, Effect, LexMode, type LexModes } from '../verdict.js';
import type { Findings } from './findings.js';
import {
  isPrimaryFunction,
  isReadFunction,
  isSpaceSensitive,
  KEYWORDS_BEFORE_PARENTHESIS,
  KEYWORDS_BEFORE_QUERY,
  WRITE_FUNCTIONS,
} from './functions.js';
import type { Statement } from './statement.js';

/** Looks at every function call, variable and assignment of a statement. What is called and not known to be harmless is a write. */
export function scanExpressions(statement: Statement, mode: LexModes, findings: Findings): void {
  for (let index = 0; index < statement.length; index++) {
    const token = statement.at(index)!;
    switch (token.kind) {
      case TokenKind.word:
      case TokenKind.quotedName:
        if (statement.key(index + 1) === '(') scanCall(statement, index, mode, findings);
        scanSequence(statement, index, mode, findings);
        break;
      case TokenKind.userVariable:
        findings.add(Effect.readsUserVariable);
        break;
      case TokenKind.systemVariable:
        scanSystemVariable(statement, index, findings);
        break;
      case TokenKind.punctuation:
        if (token.key === ':' && statement.key(index + 1) === '=') findings.add(Effect.setsUserVariable).write('assignment', ':=');
        break;
      default:
        break;
    }
  }
}

/** Only what is known to have an effect on the session; for statements that write anyway and where `name (` may be a column list. */
export function scanEffects(statement: Statement, findings: Findings): void {
  for (let index = 0; index < statement.length; index++) {
    const token = statement.at(index)!;
    if (token.kind === TokenKind.userVariable) addUserVariable(statement, index, findings);
    else if (token.kind === TokenKind.systemVariable) scanSystemVariable(statement, index, findings);
    else if (token.key === ':' && statement.key(index + 1) === '=') findings.add(Effect.setsUserVariable);
    else if (statement.key(index + 1) === '(') addFunctionEffects(statement, index, findings);
  }
}

/** In `'user'@'host'` and, in statements about accounts, `user@host` the `@` is no variable. */
function addUserVariable(statement: Statement, index: number, findings: Findings): void {
  const before = statement.at(index - 1);
  const namesAccounts = ['ALTER', 'CREATE', 'DROP', 'GRANT', 'RENAME', 'REVOKE', 'SET'].includes(statement.key(0));
  const touchesName = namesAccounts && statement.at(index)!.spaced === false && statement.name(index - 1) !== null;
  if (before?.kind !== TokenKind.literal && !touchesName) findings.add(Effect.readsUserVariable);
}

function scanCall(statement: Statement, index: number, mode: LexModes, findings: Findings): void {
  const token = statement.at(index)!;
  if (isColumnList(statement, index)) return;
  if (statement.isQualified(index) || token.kind === TokenKind.quotedName) {
    findings.add(Effect.unknownState).write('unknown-function', token.text);
    return;
  }
  if (isKeyword(statement, index, mode)) return;
  addFunctionEffects(statement, index, findings);
  judgeFunction(token.key, statement.at(index + 1)!.spaced, mode, findings);
  if (token.key === 'LAST_INSERT_ID' && statement.key(index + 2) !== ')') findings.write('sets-last-insert-id', token.text);
}

function judgeFunction(name: string, spaced: boolean, mode: LexModes, findings: Findings): void {
  const mayBeStored = spaced && (mode & LexMode.ignoreSpace) === 0 && isSpaceSensitive(name, mode);
  if (mayBeStored) findings.add(Effect.unknownState).write('stored-function-possible', `${name} (`);
  else if (WRITE_FUNCTIONS.has(name)) findings.write('writing-function', name);
  else if (isPrimaryFunction(name, mode)) findings.primary('function-of-the-primary', name);
  else if (!isReadFunction(name, mode)) findings.add(Effect.unknownState).write('unknown-function', name);
}

const SESSION_FUNCTIONS: Readonly<Record<string, number>> = {
  CONNECTION_ID: Effect.readsConnectionId,
  FOUND_ROWS: Effect.readsDiagnostics,
  ROW_COUNT: Effect.readsDiagnostics,
  GET_LOCK: Effect.takesUserLock,
  SERVICE_GET_READ_LOCKS: Effect.takesUserLock,
  SERVICE_GET_WRITE_LOCKS: Effect.takesUserLock,
  RELEASE_LOCK: Effect.releasesUserLock,
  RELEASE_ALL_LOCKS: Effect.releasesUserLock,
  SERVICE_RELEASE_LOCKS: Effect.releasesUserLock,
  // Their answer is kept in the session for LASTVAL.
  NEXTVAL: Effect.unknownState,
  LASTVAL: Effect.unknownState,
};

function addFunctionEffects(statement: Statement, index: number, findings: Findings): void {
  const name = (statement.name(index) ?? '').toUpperCase();
  if (statement.at(index)!.kind === TokenKind.quotedName) {
    // Servers call what is built in by its quoted name too, apart from what is sensitive to blanks.
    if (name === 'LAST_INSERT_ID' || Object.hasOwn(SESSION_FUNCTIONS, name)) findings.add(Effect.unknownState);
  } else if (name === 'LAST_INSERT_ID') {
    findings.add(statement.key(index + 2) === ')' ? Effect.readsLastInsertId : Effect.setsLastInsertId);
  } else if (Object.hasOwn(SESSION_FUNCTIONS, name)) {
    findings.add(SESSION_FUNCTIONS[name]!);
  }
}

function isKeyword(statement: Statement, index: number, mode: LexModes): boolean {
  const key = statement.key(index);
  if (KEYWORDS_BEFORE_PARENTHESIS.has(key)) return true;
  if (key === 'OVER') return statement.key(index - 1) === ')' || statement.key(index - 1) === 'NULLS';
  // JSON_TABLE: COLUMNS follows the path, which is a string.
  if (key === 'COLUMNS') return statement.at(index - 1)?.kind === TokenKind.literal;
  if (key === 'OF') return statement.key(index - 1) === 'MEMBER';
  // Reserved in MariaDB alone.
  if (key === 'RETURNING') return (mode & LexMode.mariadb) !== 0;
  if (!KEYWORDS_BEFORE_QUERY.has(key)) return false;
  return ['SELECT', 'WITH', 'TABLE', 'VALUES'].includes(statement.key(index + 2));
}

/**
 * `cte (a, b) AS (`, `AS t (a, b)`, `(…) t (a, b)`: names with a list of columns, not calls. No expression may begin
 * directly behind AS or a closing parenthesis, and no call is followed by `AS (`.
 */
function isColumnList(statement: Statement, index: number): boolean {
  if (statement.isQualified(index)) return false;
  const before = statement.key(index - 1);
  if (before === 'AS' || before === ')') return true;
  const closing = statement.closing(index + 1);
  return closing !== -1 && statement.key(closing + 1) === 'AS' && statement.key(closing + 2) === '(';
}

/** NEXT VALUE FOR, PREVIOUS VALUE FOR and, with MariaDB's sql_mode=ORACLE, s.nextval: elsewhere that is a column. */
function scanSequence(statement: Statement, index: number, mode: LexModes, findings: Findings): void {
  const key = statement.key(index);
  const next = key === 'VALUE' && statement.key(index + 1) === 'FOR';
  const oracle = (mode & LexMode.oracle) !== 0 && (key === 'NEXTVAL' || key === 'CURRVAL') && statement.key(index - 1) === '.';
  if (next || oracle) findings.add(Effect.unknownState).write('sequence', statement.at(index)!.text);
}

const SYSTEM_VARIABLE_EFFECTS: Readonly<Record<string, number>> = {
  LAST_INSERT_ID: Effect.readsLastInsertId,
  IDENTITY: Effect.readsLastInsertId,
  WARNING_COUNT: Effect.readsDiagnostics,
  ERROR_COUNT: Effect.readsDiagnostics,
  LAST_GTID: Effect.readsDiagnostics,
  PSEUDO_THREAD_ID: Effect.readsConnectionId,
  CHARACTER_SET_DATABASE: Effect.readsSchemaDefaults,
  COLLATION_DATABASE: Effect.readsSchemaDefaults,
};

/** What SHOW MASTER STATUS and its kind tell too: how far a server is, and whether it takes writes. */
const PRIMARY_VARIABLES = /^(GTID_(EXECUTED|PURGED|OWNED|BINLOG_POS|BINLOG_STATE|CURRENT_POS|SLAVE_POS)|(SUPER_|INNODB_)?READ_ONLY)$/;

function scanSystemVariable(statement: Statement, index: number, findings: Findings): void {
  const qualified = statement.key(index + 2) === '.';
  const name = (statement.name(qualified ? index + 3 : index + 1) ?? '').toUpperCase();
  if (PRIMARY_VARIABLES.test(name)) findings.primary('state-of-the-server', name.toLowerCase());
  if (!Object.hasOwn(SYSTEM_VARIABLE_EFFECTS, name)) return;
  const effect = SYSTEM_VARIABLE_EFFECTS[name]!;
  findings.add(effect);
  if (effect === Effect.readsSchemaDefaults) findings.touch(Definitions.reads);
}
