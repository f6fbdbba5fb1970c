import { TokenKind } from '../token.js';
import { Definitions, Effect, type Effects, type LexModes } from '../verdict.js';
import type { Findings } from './findings.js';
import { scanEffects, scanExpressions } from './scan-expressions.js';
import type { Statement } from './statement.js';

interface Rule {
  readonly words: readonly string[];
  readonly command: string;
  readonly code: string;
  readonly effects: Effects;
}

const rule = (words: string, command: string, code: string, effects: Effects = Effect.none): Rule => ({
  words: words.split(' '),
  command,
  code,
  effects,
});

const E = Effect;
/** Statements by their first words; the first that fits decides, so longer forms stand first. `?` stands for OR REPLACE. */
const RULES: readonly Rule[] = [
  rule('INSERT', 'INSERT', 'dml', E.leavesRowCount),
  rule('REPLACE', 'REPLACE', 'dml', E.leavesRowCount),
  rule('UPDATE', 'UPDATE', 'dml', E.leavesRowCount),
  rule('DELETE', 'DELETE', 'dml', E.leavesRowCount),
  rule('LOAD DATA', 'LOAD', 'dml', E.leavesRowCount | E.readsSchemaDefaults),
  rule('LOAD XML', 'LOAD', 'dml', E.leavesRowCount | E.readsSchemaDefaults),
  rule('LOAD', 'LOAD', 'dml', E.leavesRowCount),
  rule('IMPORT TABLE', 'LOAD', 'ddl'),
  rule('TRUNCATE', 'TRUNCATE_TABLE', 'ddl'),
  rule('CALL', 'CALL', 'call', E.unknownState | E.leavesRowCount),
  rule('DO', 'DO', 'do'),
  rule('COMMIT AND CHAIN', 'COMMIT', 'transaction', E.endsTransaction | E.startsTransaction),
  rule('COMMIT WORK AND CHAIN', 'COMMIT', 'transaction', E.endsTransaction | E.startsTransaction),
  rule('COMMIT', 'COMMIT', 'transaction', E.endsTransaction),
  rule('ROLLBACK TO', 'ROLLBACK_SAVEPOINT', 'transaction'),
  rule('ROLLBACK WORK TO', 'ROLLBACK_SAVEPOINT', 'transaction'),
  rule('ROLLBACK AND CHAIN', 'ROLLBACK', 'transaction', E.endsTransaction | E.startsTransaction),
  rule('ROLLBACK WORK AND CHAIN', 'ROLLBACK', 'transaction', E.endsTransaction | E.startsTransaction),
  rule('ROLLBACK', 'ROLLBACK', 'transaction', E.endsTransaction),
  rule('SAVEPOINT', 'SAVEPOINT', 'transaction'),
  rule('RELEASE SAVEPOINT', 'RELEASE_SAVEPOINT', 'transaction'),
  rule('XA', 'XA', 'xa', E.xa),
  rule('USE', 'USE', 'use', E.changesSchema),
  rule('KILL', 'KILL', 'kill', E.kill),
  rule('PREPARE', 'PREPARE', 'sql-prepare', E.sqlPrepare),
  rule('EXECUTE', 'EXECUTE', 'sql-prepare', E.sqlPrepare | E.unknownState | E.leavesRowCount),
  rule('DEALLOCATE PREPARE', 'DEALLOCATE', 'sql-prepare', E.sqlDeallocate),
  rule('DROP PREPARE', 'DEALLOCATE', 'sql-prepare', E.sqlDeallocate),
  rule('HANDLER', 'HANDLER', 'handler'),
  // These outlive UNLOCK TABLES, and their ends do not end LOCK TABLES.
  rule('LOCK INSTANCE', 'LOCK_TABLE', 'lock', E.unknownState),
  rule('UNLOCK INSTANCE', 'UNLOCK_TABLES', 'lock', E.unknownState),
  rule('BACKUP', 'UNKNOWN', 'lock', E.unknownState),
  rule('LOCK TABLE', 'LOCK_TABLE', 'lock', E.locksTables),
  rule('LOCK TABLES', 'LOCK_TABLE', 'lock', E.locksTables),
  rule('UNLOCK', 'UNLOCK_TABLES', 'lock', E.unlocksTables),
  rule('FLUSH', 'FLUSH', 'admin'),
  rule('CREATE TABLE', 'CREATE_TABLE', 'ddl', E.readsSchemaDefaults),
  rule('CREATE TEMPORARY', 'CREATE_TEMPORARY', 'ddl', E.createsTemporaryTable | E.readsSchemaDefaults),
  rule('CREATE DATABASE', 'CREATE_DATABASE', 'ddl'),
  rule('CREATE SCHEMA', 'CREATE_DATABASE', 'ddl'),
  rule('CREATE INDEX', 'CREATE_INDEX', 'ddl'),
  rule('CREATE UNIQUE', 'CREATE_INDEX', 'ddl'),
  rule('CREATE FULLTEXT', 'CREATE_INDEX', 'ddl'),
  rule('CREATE SPATIAL', 'CREATE_INDEX', 'ddl'),
  rule('CREATE USER', 'CREATE_USER', 'dcl', E.changesNewSessions),
  rule('CREATE ROLE', 'UNKNOWN', 'dcl', E.changesNewSessions),
  rule('CREATE', 'UNKNOWN', 'ddl', E.readsSchemaDefaults),
  rule('ALTER TABLE', 'ALTER_TABLE', 'ddl', E.readsSchemaDefaults),
  rule('ALTER ONLINE TABLE', 'ALTER_TABLE', 'ddl', E.readsSchemaDefaults),
  rule('ALTER IGNORE TABLE', 'ALTER_TABLE', 'ddl', E.readsSchemaDefaults),
  rule('ALTER VIEW', 'ALTER_VIEW', 'ddl'),
  rule('ALTER USER', 'UNKNOWN', 'dcl', E.changesNewSessions),
  rule('ALTER', 'UNKNOWN', 'ddl', E.readsSchemaDefaults),
  rule('DROP TABLE', 'DROP_TABLE', 'ddl', E.dropsTable),
  rule('DROP TABLES', 'DROP_TABLE', 'ddl', E.dropsTable),
  rule('DROP TEMPORARY', 'DROP_TABLE', 'ddl', E.dropsTable),
  rule('DROP DATABASE', 'DROP_DATABASE', 'ddl'),
  rule('DROP SCHEMA', 'DROP_DATABASE', 'ddl'),
  rule('DROP INDEX', 'DROP_INDEX', 'ddl'),
  rule('DROP TRIGGER', 'DROP_TRIGGER', 'ddl'),
  rule('DROP USER', 'DROP_USER', 'dcl', E.changesNewSessions),
  rule('DROP VIEW', 'DROP_VIEW', 'ddl'),
  rule('DROP ROLE', 'UNKNOWN', 'dcl', E.changesNewSessions),
  rule('DROP', 'UNKNOWN', 'ddl'),
  rule('RENAME TABLE', 'RENAME_TABLE', 'ddl'),
  rule('RENAME TABLES', 'RENAME_TABLE', 'ddl'),
  rule('RENAME', 'UNKNOWN', 'dcl', E.changesNewSessions),
  rule('GRANT', 'GRANT', 'dcl', E.changesNewSessions),
  rule('REVOKE', 'REVOKE', 'dcl', E.changesNewSessions),
  rule('ANALYZE', 'ANALYZE_TABLE', 'admin'),
  rule('OPTIMIZE', 'OPTIMIZE', 'admin'),
  rule('REPAIR', 'UNKNOWN', 'admin'),
  rule('CHECK', 'UNKNOWN', 'admin'),
  rule('PURGE', 'PURGE', 'admin'),
  rule('RESET MASTER', 'RESET_MASTER', 'admin'),
  rule('RESET BINARY', 'RESET_MASTER', 'admin'),
  rule('RESET SLAVE', 'RESET_SLAVE', 'admin'),
  rule('RESET REPLICA', 'RESET_SLAVE', 'admin'),
  rule('CHANGE', 'CHANGE_MASTER', 'admin'),
  rule('GET', 'UNKNOWN', 'diagnostics', E.readsDiagnostics | E.setsUserVariable),
  rule('SIGNAL', 'UNKNOWN', 'signal'),
  rule('RESIGNAL', 'UNKNOWN', 'signal'),
  // The first one describes the format of those that follow.
  rule('BINLOG', 'UNKNOWN', 'admin', E.unknownState),
  ...['CACHE', 'CLONE', 'INSTALL', 'RESET', 'RESTART', 'SHUTDOWN', 'START', 'STOP', 'UNINSTALL'].map((word) =>
    rule(word, 'UNKNOWN', 'admin'),
  ),
];

/** Every statement that is no query, no SHOW, EXPLAIN or SET: a write, with the effects that its session must know. */
export function judgeOther(statement: Statement, mode: LexModes, findings: Findings): void {
  const found = RULES.find((candidate) => matches(statement, candidate.words));
  const expressions = startOfExpressions(statement);
  scanEffects(statement.slice(0, expressions), findings);
  scanExpressions(statement.from(expressions), mode, findings);
  if (found === undefined) {
    findings.add(Effect.unknownState).write('unknown-statement', statement.at(0)?.text ?? '');
    return;
  }
  findings.command = found.command;
  if (changesDefinitions(found) || readsAccountsAnew(statement)) findings.touch(Definitions.changes);
  findings.add(found.effects | specialEffects(statement)).write(found.code, found.words.join(' '));
}

/** From there on an unknown name with a parenthesis is a call, as in a query: what has a list of columns stands before. */
function startOfExpressions(statement: Statement): number {
  switch (statement.key(0)) {
    case 'DO':
    case 'UPDATE':
    case 'DELETE':
      return 1;
    case 'INSERT':
    case 'REPLACE':
      return behindTable(statement);
    case 'CREATE':
      return copiesRows(statement) ? statement.tokens.findIndex(({ key }) => key === 'SELECT') : statement.length;
    case 'LOAD':
      return lastAssignments(statement);
    default:
      return statement.length;
  }
}

const MODIFIERS: ReadonlySet<string> = new Set(['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO']);

/** Of INSERT and REPLACE. */
function behindTable(statement: Statement): number {
  let index = 1;
  while (MODIFIERS.has(statement.key(index))) index += 1;
  return statement.key(index + 1) === '.' ? index + 3 : index + 1;
}

/** Of LOAD DATA: behind the list of columns and variables. */
function lastAssignments(statement: Statement): number {
  const last = statement.tokens.findLastIndex(({ key }, index) => key === 'SET' && statement.key(index - 1) !== 'CHARACTER');
  return last === -1 ? statement.length : last;
}

/** FLUSH [NO_WRITE_TO_BINLOG | LOCAL] PRIVILEGES: somebody has written into the grant tables. */
function readsAccountsAnew(statement: Statement): boolean {
  return statement.key(0) === 'FLUSH' && statement.has('PRIVILEGES');
}

/** A temporary table is not in the definitions that replicas get. */
function changesDefinitions({ code, words, effects }: Rule): boolean {
  if (code !== 'ddl' && code !== 'dcl') return false;
  return (effects & Effect.createsTemporaryTable) === 0 && words[1] !== 'TEMPORARY';
}

/** Words of a rule at the start; OR REPLACE behind CREATE, WORK and MariaDB's OR … are skipped. */
function matches(statement: Statement, words: readonly string[]): boolean {
  if (statement.key(0) !== words[0]) return false;
  const offset = statement.is(1, 'OR', 'REPLACE') ? 2 : 0;
  return words.slice(1).every((word, index) => statement.key(1 + offset + index) === word);
}

function specialEffects(statement: Statement): Effects {
  switch (statement.key(0)) {
    case 'HANDLER':
      return handlerEffects(statement);
    case 'FLUSH':
      return flushEffects(statement);
    case 'LOAD':
      return statement.tokens.some((token) => token.kind === TokenKind.userVariable) ? Effect.setsUserVariable : Effect.none;
    case 'CREATE':
      return createEffects(statement);
    case 'EXECUTE':
      return statement.key(1) === 'IMMEDIATE' ? Effect.unknownState : Effect.none;
    default:
      return intoVariable(statement);
  }
}

function createEffects(statement: Statement): Effects {
  return copiesRows(statement) ? Effect.leavesRowCount : Effect.none;
}

/** CREATE TABLE … SELECT */
function copiesRows(statement: Statement): boolean {
  return statement.has('SELECT') && (statement.has('TABLE') || statement.has('TEMPORARY'));
}

function handlerEffects(statement: Statement): Effects {
  if (statement.has('CLOSE')) return Effect.closesHandler;
  return statement.has('OPEN') ? Effect.opensHandler : Effect.none;
}

function flushEffects(statement: Statement): Effects {
  // SHOW STATUS is to tell of what the session does from now on.
  if (statement.has('STATUS')) return Effect.unknownState;
  if (readsAccountsAnew(statement)) return Effect.changesNewSessions;
  const locks = statement.find(0, 'WITH') !== -1 && statement.has('READ') && statement.has('LOCK');
  return locks || statement.has('EXPORT') ? Effect.locksTables : Effect.none;
}

function intoVariable(statement: Statement): Effects {
  const into = statement.find(0, 'INTO');
  return into !== -1 && statement.at(into + 1)?.kind === TokenKind.userVariable ? Effect.setsUserVariable : Effect.none;
}
