import { TokenKind } from '../token.js';
import { Definitions, Effect, type LexModes, SHOWS_SESSION_VARIABLES } from '../verdict.js';
import type { Findings } from './findings.js';
import { scanExpressions } from './scan-expressions.js';
import type { Statement } from './statement.js';

/** What queries begin with. */
export const QUERY_WORDS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'TABLE', 'VALUES', '(']);

/** Reserved words of both servers that no reading query contains outside of names. */
export const NEVER_IN_A_READ: ReadonlySet<string> = new Set([
  'ALTER',
  'CALL',
  'CREATE',
  'DELETE',
  'DROP',
  'DUMPFILE',
  'GRANT',
  'INSERT',
  'INTO',
  'LOAD',
  'LOCK',
  'OUTFILE',
  'PROCEDURE',
  'RELEASE',
  'RENAME',
  'REPLACE',
  'REVOKE',
  'TRIGGER',
  'UNLOCK',
  'UPDATE',
]);

/** SELECT, TABLE, VALUES, WITH and what stands in parentheses: reads unless something in it says otherwise. */
export function judgeQuery(statement: Statement, mode: LexModes, findings: Findings): void {
  findings.command = 'SELECT';
  const body = bodyKeyword(statement);
  if (body === null) findings.write('not-a-query', statement.at(0)?.text ?? '');
  // MySQL's WITH … UPDATE and WITH … DELETE.
  if (body === null && statement.find(0, 'UPDATE', 'DELETE') > 0) findings.add(Effect.leavesRowCount);
  scanClauses(statement, findings);
  scanExpressions(statement, mode, findings);
  scanTables(statement, findings);
}

/** The word that says what the query does, behind parentheses and common table expressions; null when it is no query. */
function bodyKeyword(statement: Statement): string | null {
  let index = 0;
  while (statement.key(index) === '(') index += 1;
  if (statement.key(index) === 'WITH') index = afterCommonTables(statement, index + 1);
  while (statement.key(index) === '(') index += 1;
  const key = statement.key(index);
  return key === 'SELECT' || key === 'TABLE' || key === 'VALUES' || (key === 'WITH' && index > 0) ? key : null;
}

/** Index behind `name [(columns)] AS (query)[, …]`; the length of the statement when it is not of this form. */
function afterCommonTables(statement: Statement, from: number): number {
  let index = statement.key(from) === 'RECURSIVE' ? from + 1 : from;
  for (;;) {
    if (statement.name(index) === null) return statement.length;
    index += 1;
    if (statement.key(index) === '(') index = endOfGroup(statement, index);
    if (statement.key(index) !== 'AS' || statement.key(index + 1) !== '(') return statement.length;
    index = endOfGroup(statement, index + 1);
    index = afterCycleClause(statement, index);
    if (statement.key(index) !== ',') return index;
    index += 1;
  }
}

/** MariaDB: `CYCLE a, b RESTRICT`. */
function afterCycleClause(statement: Statement, index: number): number {
  if (statement.key(index) !== 'CYCLE') return index;
  const end = statement.find(index, 'RESTRICT');
  return end === -1 ? statement.length : end + 1;
}

function endOfGroup(statement: Statement, open: number): number {
  const closing = statement.closing(open);
  return closing === -1 ? statement.length : closing + 1;
}

function scanClauses(statement: Statement, findings: Findings): void {
  for (let index = 0; index < statement.length; index++) {
    const token = statement.at(index)!;
    if (token.kind !== TokenKind.word || statement.isQualified(index)) continue;
    if (token.key === 'SQL_CALC_FOUND_ROWS') findings.add(Effect.calculatesFoundRows);
    if (token.key === 'FOR') scanFor(statement, index, findings);
    else if (token.key === 'LOCK') locking(findings, 'LOCK');
    else if (NEVER_IN_A_READ.has(token.key)) scanForbidden(statement, index, findings);
  }
}

function scanForbidden(statement: Statement, index: number, findings: Findings): void {
  const key = statement.key(index);
  const isFunction = (key === 'INSERT' || key === 'REPLACE') && statement.key(index + 1) === '(';
  if (isFunction) return;
  if (key === 'UPDATE' && statement.key(index - 1) === 'FOR') return;
  if (key === 'INTO' && statement.at(index + 1)?.kind === TokenKind.userVariable) findings.add(Effect.setsUserVariable);
  findings.write(key === 'INTO' ? 'into' : 'writing-keyword', key);
}

/** FOR also stands in SUBSTRING(a FROM 1 FOR 2), FOR SYSTEM_TIME and index hints. */
function scanFor(statement: Statement, index: number, findings: Findings): void {
  const next = statement.key(index + 1);
  if (next === 'UPDATE' || next === 'SHARE') locking(findings, `FOR ${next}`);
}

function locking(findings: Findings, token: string): void {
  findings.command = 'SELECT_FOR_UPDATE';
  findings.write('locking-read', token);
}

/** Tables that describe the server, or the session on it, and not the data: their rows differ between primary and replica. */
const SERVER_TABLES =
  /^(processlist|innodb_(?!tables$|columns$|indexes$|fields$|foreign|virtual|ft_default|sys_).*|(global|session)_status|(user|client|index|table)_statistics|metadata_lock_info|wsrep_.*|profiling|optimizer_trace|user_variables|thread_?pool_.*|query_response_time.*|events)$/i;
/** The state of events and of replication, and logs. */
const SERVER_LOGS = /^(general_log|slow_log|gtid_slave_pos|gtid_executed|slave_.*_info|event)$/i;

const BEFORE_TABLES: ReadonlySet<string> = new Set(['FROM', 'JOIN', 'STRAIGHT_JOIN', 'TABLE']);

/** `sys` in `SELECT sys.id FROM systems sys`. */
function isAlias(statement: Statement, index: number): boolean {
  if (BEFORE_TABLES.has(statement.key(index - 1))) return false;
  const name = statement.name(index);
  return statement.tokens.some((_, at) => statement.name(at) === name && statement.key(at - 1) !== '.' && statement.key(at + 1) !== '.');
}

function scanTables(statement: Statement, findings: Findings): void {
  for (let index = 0; index < statement.length; index++) {
    const table = statement.name(index);
    if (table === null) continue;
    if (/^session_variables$/i.test(table)) findings.add(SHOWS_SESSION_VARIABLES);
    const schema = statement.key(index - 1) === '.' ? statement.name(index - 2)?.toLowerCase() : undefined;
    if (schema === undefined) continue;
    if (schema === 'information_schema' || schema === 'mysql') findings.touch(Definitions.reads);
    const isServerTable =
      (schema === 'information_schema' && SERVER_TABLES.test(table)) ||
      schema === 'performance_schema' ||
      (schema === 'sys' && !isAlias(statement, index - 2)) ||
      (schema === 'mysql' && SERVER_LOGS.test(table));
    if (isServerTable) findings.primary('table-of-the-server', `${schema}.${table}`);
  }
}
