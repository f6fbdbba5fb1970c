import { TokenKind } from '../token.js';
import { Definitions, Effect, type LexModes } from '../verdict.js';
import { Findings } from './findings.js';
import { QUERY_WORDS } from './read-statements.js';
import type { Statement } from './statement.js';

type Judge = (statement: Statement, mode: LexModes, findings: Findings) => void;

const CHANGING_WORDS: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE']);

/** Behind MariaDB's ANALYZE; ANALYZE TABLE is another statement, which writes. */
const RUN_BY_ANALYZE: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'VALUES', '(', ...CHANGING_WORDS]);

/**
 * EXPLAIN, DESCRIBE, DESC and MariaDB's ANALYZE statement. With ANALYZE the statement runs, so it is what the statement is.
 * Without it a plan is made: a read, but functions may be evaluated, and the plan of a change or of a locking read is the
 * primary's affair (a read-only server refuses to explain a change).
 */
export function judgeExplain(statement: Statement, mode: LexModes, findings: Findings, judge: Judge): void {
  const isAnalyze = statement.key(0) === 'ANALYZE';
  const { index, runs } = skipOptions(statement, isAnalyze);
  const key = statement.key(index);
  findings.touch(Definitions.reads);
  if (isAnalyze && !RUN_BY_ANALYZE.has(key)) {
    findings.command = 'ANALYZE_TABLE';
    findings.write('admin', 'ANALYZE');
    return;
  }
  findings.command = isAnalyze ? 'ANALYZE_TABLE' : statement.key(0) === 'EXPLAIN' ? 'EXPLAIN' : 'DESCRIBE';
  if (statement.is(index, 'FOR', 'CONNECTION')) findings.primary('state-of-the-server', 'FOR CONNECTION');
  else if (QUERY_WORDS.has(key) || CHANGING_WORDS.has(key)) judgeExplained(statement.from(index), runs, mode, findings, judge);
  else if (isAnalyze || runs || index !== 1)
    findings.add(isAnalyze ? Effect.none : Effect.unknownState).write('admin', statement.at(0)!.text);
  else judgeDescribe(statement, findings);
}

/** Skips ANALYZE, EXTENDED, PARTITIONS, FORMAT = word and FOR SCHEMA name; says whether the statement is run. */
function skipOptions(statement: Statement, isAnalyze: boolean): { index: number; runs: boolean } {
  let index = 1;
  let runs = isAnalyze;
  for (;;) {
    if (statement.key(index) === 'ANALYZE') {
      runs = true;
      index += 1;
    } else if (statement.key(index) === 'FORMAT' && statement.key(index + 1) === '=') index += 3;
    else if (isPlanOption(statement, index)) index += 1;
    else if (statement.is(index, 'FOR', 'SCHEMA') || statement.is(index, 'FOR', 'DATABASE')) index += 3;
    else return { index, runs };
  }
}

/** EXTENDED and PARTITIONS may also be the name of a table that is described. */
function isPlanOption(statement: Statement, index: number): boolean {
  if (statement.key(index) !== 'EXTENDED' && statement.key(index) !== 'PARTITIONS') return false;
  const next = statement.key(index + 1);
  return QUERY_WORDS.has(next) || CHANGING_WORDS.has(next) || next === 'FOR';
}

function judgeExplained(explained: Statement, runs: boolean, mode: LexModes, findings: Findings, judge: Judge): void {
  const inner = new Findings();
  judge(explained, mode, inner);
  findings.add(inner.effects);
  if (inner.readOnly) {
    if (inner.primaryOnly) findings.primary('explains-primary', inner.command);
    return;
  }
  const isPlan = inner.reasons.every((reason) => isOnlyPlanned(reason.code)) && (inner.effects & Effect.setsUserVariable) === 0;
  if (runs || !isPlan) {
    for (const reason of inner.reasons) findings.write(reason.code, reason.token);
  } else {
    // Nothing is inserted or locked, so nothing is left to ask for.
    findings.effects &= ~Effect.leavesRowCount;
    findings.primary('plan-of-a-change', inner.command);
  }
}

const isOnlyPlanned = (code: string): boolean => code === 'dml' || code === 'locking-read';

/** DESC table [column | 'pattern'] and nothing else. */
function judgeDescribe(statement: Statement, findings: Findings): void {
  let index = 1;
  while (statement.name(index) !== null && statement.key(index + 1) === '.') index += 2;
  const hasTable = statement.name(index) !== null;
  const last = statement.at(index + 1);
  const hasFilter = last !== undefined && (last.kind === TokenKind.literal || statement.name(index + 1) !== null);
  if (!hasTable || statement.length !== index + (hasFilter ? 2 : 1)) {
    findings.add(Effect.unknownState).write('unknown-statement', statement.at(0)!.text);
  }
}
