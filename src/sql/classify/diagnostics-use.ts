import { TokenKind } from '../token.js';
import { DiagnosticsUse } from '../verdict.js';
import { QUERY_WORDS } from './read-statements.js';
import type { Statement } from './statement.js';

const D = DiagnosticsUse;
const KEEPS_FOUND_ROWS = D.keepsFoundRowsOnMysql | D.keepsFoundRowsOnMariadb;

/**
 * What a statement has to do with the diagnostics area, ROW_COUNT() and FOUND_ROWS(). None of the bits: it clears the area, and FOUND_ROWS() are the
 * rows of its result, or what they were where it has none. Observed on MariaDB 10.11 and MySQL 9.7.
 */
export function diagnosticsUse(statement: Statement): number {
  return reads(statement) | leaves(statement);
}

const WITHOUT_RESULT: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'DELETE', 'CREATE', 'ALTER', 'DROP', 'RENAME', 'SET']);

const READS_CONDITIONS = D.readsCounts | D.showsConditions | D.showsCount | D.getsDiagnostics;
const NEITHER_CLEARS = D.showsConditions | D.showsCount | D.getsDiagnostics;
const READS = READS_CONDITIONS | D.readsFoundRows | D.readsRowCount | D.readsConnection;

/** Of a text of several statements, by the statements and what each of them has to do with it. */
export function diagnosticsUseOfText(statements: readonly Statement[], uses: readonly number[]): number {
  let kept = D.keepsConditions | KEEPS_FOUND_ROWS;
  let keepsRowCount = true;
  let merged = 0;
  for (const [index, use] of uses.entries()) {
    const reads =
      ((kept & D.keepsConditions) === 0 ? 0 : READS_CONDITIONS) |
      ((kept & KEEPS_FOUND_ROWS) === 0 ? 0 : D.readsFoundRows) |
      (keepsRowCount ? D.readsRowCount | D.readsConnection : 0);
    merged |= use & (~READS | reads);
    kept &= keepsInText(statements[index]!, use);
    keepsRowCount &&= (use & D.getsDiagnostics) !== 0;
  }
  const last = statements.length - 1;
  const hides = (keepsInText(statements[last]!, uses[last]!) & D.keepsConditions) === 0 ? 0 : D.hidesConditions;
  return ((merged | D.leavesOtherFoundRows) & ~(D.keepsConditions | KEEPS_FOUND_ROWS)) | kept | hides;
}

/** What the statements behind this one find as it was before. */
function keepsInText(statement: Statement, use: number): number {
  const isAboutLast = (use & (D.showsConditions | D.getsDiagnostics)) !== 0;
  const hasNoResult = WITHOUT_RESULT.has(statement.key(0)) && (use & D.leavesOtherFoundRows) === 0;
  return (
    (use & (D.keepsConditions | KEEPS_FOUND_ROWS)) |
    (isAboutLast || hasNoResult ? KEEPS_FOUND_ROWS : 0) |
    ((use & NEITHER_CLEARS) === 0 ? 0 : D.keepsConditions) |
    ((use & D.updatesTable) === 0 ? 0 : D.keepsFoundRowsOnMariadb)
  );
}

const VARIABLES: Readonly<Record<string, number>> = {
  WARNING_COUNT: D.readsCounts,
  ERROR_COUNT: D.readsCounts,
  LAST_GTID: D.readsConnection,
};

function reads(statement: Statement): number {
  let use = 0;
  for (let index = 0; index < statement.length; index++) {
    const token = statement.at(index)!;
    if (token.kind === TokenKind.systemVariable) {
      const last = statement.key(index + 2) === '.' ? index + 3 : index + 1;
      use |= VARIABLES[(statement.name(last) ?? '').toUpperCase()] ?? 0;
    } else if (statement.key(index + 1) === '(' && !statement.isQualified(index)) {
      if (token.key === 'FOUND_ROWS') use |= D.readsFoundRows;
      else if (token.key === 'ROW_COUNT') use |= D.readsRowCount;
    }
  }
  return use;
}

const EVALUATED: ReadonlySet<string> = new Set([...QUERY_WORDS, 'DELETE', 'DO', 'INSERT', 'REPLACE', 'SET', 'UPDATE']);

/** `SQL%ROWCOUNT` outside of routines and blocks: ROW_COUNT(), or FOUND_ROWS() where that is -1. */
export function asksSqlRowCount(statement: Statement): boolean {
  return EVALUATED.has(statement.key(0)) && statement.tokens.some((_, index) => statement.is(index, 'SQL', '%', 'ROWCOUNT'));
}

function leaves(statement: Statement): number {
  const key = statement.key(0);
  if (QUERY_WORDS.has(key)) return ofQuery(statement);
  switch (key) {
    case 'SHOW':
      return ofShow(statement);
    case 'GET':
      return D.getsDiagnostics;
    case 'INSERT':
    case 'REPLACE':
      if (statement.has('SELECT') || statement.has('TABLE')) return D.leavesOtherFoundRows;
      return statement.has('RETURNING') ? KEEPS_FOUND_ROWS : 0;
    case 'DELETE':
      if (statement.key(1) !== 'FROM' || statement.has('USING')) return D.leavesOtherFoundRows;
      return statement.has('RETURNING') ? KEEPS_FOUND_ROWS : 0;
    case 'UPDATE':
      return isOfOneTable(statement) ? D.updatesTable : D.leavesOtherFoundRows;
    case 'EXPLAIN':
    case 'DESC':
    case 'DESCRIBE':
      return ofExplain(statement) | (statement.key(1) === 'SELECT' && !namesTable(statement) ? D.keepsConditions : 0);
    case 'CREATE':
      // Of views and routines nothing is executed.
      return (
        (isOfTable(statement) && statement.has('SELECT') ? D.leavesOtherFoundRows | D.keepsFoundRowsOnMysql : 0) |
        (hasTableWord(statement) ? 0 : D.keepsConditions)
      );
    case 'ALTER':
    case 'DROP':
    case 'RENAME':
      return hasTableWord(statement) ? 0 : D.keepsConditions;
    case 'DO':
      return (
        D.leavesOtherFoundRows | (statement.has('SELECT') ? 0 : D.keepsFoundRowsOnMariadb) | (namesTable(statement) ? 0 : D.keepsConditions)
      );
    case 'SET':
      return (
        (statement.has('SELECT') ? D.leavesOtherFoundRows | D.keepsFoundRowsOnMysql : 0) | (namesTable(statement) ? 0 : D.keepsConditions)
      );
    default:
      return ofOther(statement);
  }
}

function isOfTable(statement: Statement): boolean {
  const table = statement.find(1, 'TABLE');
  return table !== -1 && table <= 4;
}

function isOfOneTable(statement: Statement): boolean {
  const set = statement.find(1, 'SET');
  return set !== -1 && set <= 6 && ![',', 'JOIN', '('].some((key) => statement.slice(1, set).has(key)) && !statement.has('SELECT');
}

const WITHOUT_TABLES: ReadonlySet<string> = new Set([
  ...['BEGIN', 'START', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE', 'USE', 'UNLOCK', 'FLUSH', 'XA', 'GRANT', 'REVOKE', 'KILL', 'HELP'],
  ...['PREPARE', 'DEALLOCATE'],
]);
const COUNTS_NO_ROWS: ReadonlySet<string> = new Set([
  ...[...WITHOUT_TABLES, 'TRUNCATE', 'LOCK', 'LOAD', 'SIGNAL', 'RESIGNAL', 'HANDLER', 'CHECK', 'OPTIMIZE', 'REPAIR', 'CHECKSUM'],
]);

function ofOther(statement: Statement): number {
  const key = statement.key(0);
  const countsNoRows = COUNTS_NO_ROWS.has(key) || (key === 'ANALYZE' && hasTableWord(statement) && !statement.has('SELECT'));
  return (WITHOUT_TABLES.has(key) ? D.keepsConditions : 0) | (countsNoRows ? KEEPS_FOUND_ROWS : D.leavesOtherFoundRows);
}

/** Of a table: SHOW COLUMNS. Servers count rows while they explain only where they execute a part. */
function ofExplain(statement: Statement): number {
  const hasInner = statement.tokens.some((_, index) => statement.key(index) === '(' && statement.key(index + 1) === 'SELECT');
  const executes = hasInner || ['ANALYZE', 'FORMAT', 'FOR', 'CONNECTION'].some((key) => statement.has(key));
  const explains = ['SELECT', 'INSERT', 'REPLACE', 'UPDATE', 'DELETE'].includes(statement.key(1));
  if (!explains || executes) return D.leavesOtherFoundRows;
  const hasTables = (namesTable(statement) || statement.key(1) !== 'SELECT') && !SET_OPERATIONS.some((key) => statement.has(key));
  return D.leavesOtherFoundRows | D.keepsFoundRowsOnMysql | (hasTables ? D.keepsFoundRowsOnMariadb : 0);
}

/** A result's rows are counted behind its LIMIT, from before its OFFSET, and by SQL_CALC_FOUND_ROWS without either. */
const OTHER_COUNTS = ['OFFSET', 'SQL_CALC_FOUND_ROWS', 'INTO', 'PROCEDURE', 'FETCH', 'ROWNUM'];
const SET_OPERATIONS = ['UNION', 'EXCEPT', 'INTERSECT', 'MINUS'];

function ofQuery(statement: Statement): number {
  const limit = statement.tokens.findIndex(({ key }) => key === 'LIMIT');
  const hasOffset = statement.tokens.some((_, index) => statement.key(index) === 'LIMIT' && statement.key(index + 2) === ',');
  const isOther =
    hasOffset ||
    OTHER_COUNTS.some((key) => statement.has(key)) ||
    (limit !== -1 && SET_OPERATIONS.some((key) => statement.has(key))) ||
    statement.has('VALUES');
  const isList = statement.key(0) === 'VALUES' && statement.key(1) !== 'ROW';
  return (
    (isOther ? D.leavesOtherFoundRows : 0) | (isList ? D.keepsFoundRowsOnMariadb : 0) | (namesTable(statement) ? 0 : D.keepsConditions)
  );
}

const SHOWS_NO_TABLE: ReadonlySet<string> = new Set([
  ...['GRANTS', 'PROCESSLIST', 'PRIVILEGES', 'MASTER', 'BINARY', 'BINLOG', 'REPLICA', 'SLAVE', 'ALL', 'ENGINE', 'PROFILE', 'PROFILES'],
  ...['AUTHORS', 'CONTRIBUTORS'],
]);

function ofShow(statement: Statement): number {
  let index = 1;
  while (['EXTENDED', 'FULL', 'GLOBAL', 'LOCAL', 'SESSION'].includes(statement.key(index))) index += 1;
  const key = statement.key(index);
  if (key === 'WARNINGS' || key === 'ERRORS') return D.showsConditions;
  if (key === 'COUNT') return D.showsCount;
  if (key === 'PROFILE' || key === 'PROFILES') return D.readsConnection | D.keepsConditions | D.leavesOtherFoundRows;
  if (key === 'CREATE') return KEEPS_FOUND_ROWS | (hasTableWord(statement) ? 0 : D.keepsConditions);
  return SHOWS_NO_TABLE.has(key) ? KEEPS_FOUND_ROWS | D.keepsConditions : D.leavesOtherFoundRows;
}

function hasTableWord(statement: Statement): boolean {
  return ['TABLE', 'TABLES', 'VIEW', 'INDEX', 'TRIGGER', 'SEQUENCE'].some((key) => statement.has(key));
}

/** FROM that belongs to a function: `EXTRACT(YEAR FROM d)`. */
const FROM_FUNCTIONS: ReadonlySet<string> = new Set(['EXTRACT', 'TRIM', 'SUBSTRING', 'SUBSTR', 'MID']);

/** MariaDB clears the area for statements with a table or a derived one. */
function namesTable(statement: Statement): boolean {
  const functions: boolean[] = [];
  for (let index = 0; index < statement.length; index++) {
    const key = statement.key(index);
    if (key === '(') functions.push(FROM_FUNCTIONS.has(statement.key(index - 1)));
    else if (key === ')') functions.pop();
    else if (key === 'TABLE' && index === 0) return true;
    else if (key === 'FROM' && !statement.isQualified(index) && functions.at(-1) !== true && statement.key(index + 1) !== 'DUAL')
      return true;
  }
  return false;
}
