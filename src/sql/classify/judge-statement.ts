import { DiagnosticsUse, Effect, LexMode, type LexModes } from '../verdict.js';
import { asksSqlRowCount, diagnosticsUse } from './diagnostics-use.js';
import { judgeExplain } from './explain-statements.js';
import { Findings } from './findings.js';
import { objectToHiddenKeywords } from './hidden-keywords.js';
import { judgeOther } from './other-statements.js';
import { askParser } from './parser-opinion.js';
import { judgeQuery, QUERY_WORDS } from './read-statements.js';
import { scanEffects, scanExpressions } from './scan-expressions.js';
import { judgeSet } from './set-statements.js';
import { judgeShow } from './show-statements.js';
import type { Statement } from './statement.js';

const PARSED: ReadonlySet<string> = new Set([...QUERY_WORDS, 'SHOW', 'EXPLAIN', 'DESC', 'DESCRIBE']);

/** What one statement is. Where the tokens find a read, the parser is asked too and may object. */
export function judgeStatement(statement: Statement, mode: LexModes): Findings {
  const findings = new Findings();
  judgeTokens(statement, mode, findings);
  findings.diagnostics = diagnosticsUse(statement);
  if ((mode & LexMode.oracle) !== 0 && asksSqlRowCount(statement)) {
    findings.add(Effect.readsDiagnostics);
    findings.diagnostics |= DiagnosticsUse.readsRowCount | DiagnosticsUse.readsFoundRows;
  }
  if (findings.readOnly) objectToHiddenKeywords(statement, findings);
  if (findings.readOnly && PARSED.has(statement.key(0))) askParser(statement, mode, findings);
  return findings;
}

/** The tokens' word alone. */
function judgeTokens(statement: Statement, mode: LexModes, findings: Findings): void {
  const key = statement.key(0);
  if (QUERY_WORDS.has(key)) {
    judgeQuery(statement, mode, findings);
    return;
  }
  switch (key) {
    case 'SHOW':
      judgeShow(statement, mode, findings);
      return;
    case 'EXPLAIN':
    case 'DESC':
    case 'DESCRIBE':
    case 'ANALYZE':
      judgeExplain(statement, mode, findings, judgeTokens);
      return;
    case 'SET':
      if (statement.key(1) === 'STATEMENT') judgeSetStatement(statement, mode, findings);
      else judgeSet(statement, mode, findings);
      return;
    case 'BEGIN':
    case 'START':
      judgeTransactionStart(statement, mode, findings);
      return;
    case 'CHECKSUM':
      judgeChecksum(statement, mode, findings);
      return;
    case 'HELP':
      findings.command = 'UNKNOWN';
      if (statement.length > 2) findings.write('unknown-statement', 'HELP');
      return;
    default:
      judgeOther(statement, mode, findings);
  }
}

/** MariaDB's SET STATEMENT variable = value, … FOR statement: the variables come back after the statement. */
function judgeSetStatement(statement: Statement, mode: LexModes, findings: Findings): void {
  const end = statement.find(2, 'FOR');
  if (end === -1 || end + 1 >= statement.length) {
    findings.command = 'SET';
    findings.add(Effect.unknownState).write('unknown-set', 'SET STATEMENT');
    return;
  }
  judgeTokens(statement.from(end + 1), mode, findings);
  for (let index = 2; index < end; index++) {
    if (/^(SQL_MODE|CHARACTER_SET|COLLATION|TX_READ_ONLY|TRANSACTION_READ_ONLY|SQL_LOG_BIN)/.test(statement.key(index))) {
      findings.write('set-statement', statement.key(index));
    }
  }
  const settings = statement.slice(2, end);
  scanExpressions(settings, mode, findings);
}

function judgeTransactionStart(statement: Statement, mode: LexModes, findings: Findings): void {
  if (statement.key(0) === 'BEGIN') {
    const isPlain = statement.length === 1 || (statement.length === 2 && statement.key(1) === 'WORK');
    findings.command = 'BEGIN';
    findings.add(isPlain ? Effect.startsTransaction : Effect.unknownState).write(isPlain ? 'transaction' : 'compound-statement', 'BEGIN');
    scanEffects(statement, findings);
    return;
  }
  if (statement.key(1) !== 'TRANSACTION') {
    judgeOther(statement, mode, findings);
    return;
  }
  findings.command = 'START_TRANSACTION';
  if (isReadOnlyStart(statement)) findings.add(Effect.startsReadOnlyTransaction);
  else findings.add(Effect.startsTransaction).write('transaction', 'START TRANSACTION');
}

/** START TRANSACTION with READ ONLY among its characteristics, and with nothing that the grammar does not know. */
function isReadOnlyStart(statement: Statement): boolean {
  let isReadOnly = false;
  for (let index = 2; index < statement.length; index++) {
    if (statement.is(index, 'READ', 'ONLY')) {
      isReadOnly = true;
      index += 1;
    } else if (statement.is(index, 'WITH', 'CONSISTENT', 'SNAPSHOT')) index += 2;
    else if (statement.key(index) !== ',') return false;
  }
  return isReadOnly;
}

function judgeChecksum(statement: Statement, mode: LexModes, findings: Findings): void {
  findings.command = 'UNKNOWN';
  if (statement.key(1) !== 'TABLE' && statement.key(1) !== 'TABLES')
    findings.add(Effect.unknownState).write('unknown-statement', 'CHECKSUM');
  scanExpressions(statement, mode, findings);
}
