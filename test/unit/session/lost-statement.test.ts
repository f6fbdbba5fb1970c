import { describe, expect, it } from 'vitest';
import { ReplyKind } from '../../../src/protocol/reply-tracker.js';
import { type Kept, type LossOutcome, type LossPhase, type LostCommand, outcomeOf } from '../../../src/session/lost-statement.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';
import { Effect, LexMode } from '../../../src/sql/verdict.js';

const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3, groupsGroupingLimit: 10 });

function commandOf(sql: string | null): LostCommand {
  if (sql === null) return { entry: null, effects: Effect.changesSchema, replyKind: ReplyKind.simple };
  const bytes = Buffer.from(sql);
  const entry = analyzer.analyse(bytes, 0, bytes.length, LexMode.standard);
  return { entry, effects: entry.verdict.effects, replyKind: ReplyKind.query };
}

type Row = readonly [sql: string | null, phase: LossPhase, kept: Kept, outcome: LossOutcome, session?: 'autocommit=0' | 'in transaction'];

/** `kept` transaction and its kin imply an open one; 'state' does not. */
function outcome([sql, phase, kept, , session]: Row): LossOutcome {
  const inTransaction = session === 'in transaction' || (kept !== 'nothing' && kept !== 'state');
  return outcomeOf({ phase, kept, inTransaction, autocommit: session !== 'autocommit=0', command: commandOf(sql) });
}

const READ = 'SELECT a FROM t WHERE b = 1';
const WRITE = 'INSERT INTO t VALUES (1)';

const TABLE: readonly Row[] = [
  // Nothing was kept.
  [READ, 'unsent', 'nothing', 'again'],
  [WRITE, 'unsent', 'nothing', 'again'],
  ['CALL p()', 'unsent', 'nothing', 'again'],
  [WRITE, 'refused', 'nothing', 'again'],
  [READ, 'unanswered', 'nothing', 'again'],
  ['SHOW TABLES', 'unanswered', 'nothing', 'again'],
  [WRITE, 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT a FROM t FOR UPDATE', 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT f(1)', 'unanswered', 'nothing', 'fateUnknown'],
  ['CALL p()', 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT 1; INSERT INTO t VALUES (1)', 'unanswered', 'nothing', 'fateUnknown'],
  ['ALTER TABLE t ADD c INT', 'unanswered', 'nothing', 'fateUnknown'],
  ['SET GLOBAL x = 1', 'unanswered', 'nothing', 'fateUnknown'],
  ["SET PASSWORD = 'new' RETAIN CURRENT PASSWORD", 'unanswered', 'nothing', 'fateUnknown'],
  ["SET PASSWORD = 'new'", 'unanswered', 'transaction', 'commitUnknown'],
  ["SET PASSWORD = 'new'", 'unanswered', 'nothing', 'fateUnknown', 'autocommit=0'],
  ['SET DEFAULT ROLE r TO u', 'unanswered', 'transaction', 'commitUnknown'],
  ['SET GLOBAL x = 1', 'unanswered', 'transaction', 'transactionLost'],
  ['SET @a = f(1)', 'unanswered', 'nothing', 'fateUnknown'],
  ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t", 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT a INTO @v FROM t', 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT @a := @a + 1', 'unanswered', 'nothing', 'fateUnknown'],
  ["SELECT GET_LOCK('a', 1)", 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT NEXTVAL(s)', 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT a FROM t WHERE b = f(1)', 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT 1 /*! , f(1) */', 'unanswered', 'nothing', 'fateUnknown'],
  ['WITH x AS (SELECT f(1)) SELECT * FROM x', 'unanswered', 'nothing', 'fateUnknown'],
  ['ANALYZE UPDATE t SET a = 1', 'unanswered', 'nothing', 'fateUnknown'],
  ['INSERT INTO t VALUES (1) RETURNING a', 'unanswered', 'nothing', 'fateUnknown'],
  ['EXECUTE s', 'unanswered', 'nothing', 'fateUnknown'],
  ['SELECT 1; SELECT 2', 'unanswered', 'nothing', 'again'],
  // What only concerns the session is done again where the session goes on.
  [null, 'unanswered', 'nothing', 'again'],
  ['USE other', 'unanswered', 'nothing', 'again'],
  ['BEGIN', 'unanswered', 'nothing', 'again'],
  ['START TRANSACTION READ ONLY', 'unanswered', 'nothing', 'again'],
  ['SET NAMES utf8mb4', 'unanswered', 'nothing', 'again'],
  ['SET autocommit = 0', 'unanswered', 'nothing', 'again'],
  ['COMMIT', 'unanswered', 'nothing', 'again'],
  ['ROLLBACK', 'unanswered', 'nothing', 'again'],
  // Without autocommit nothing is committed by a statement.
  [READ, 'unanswered', 'nothing', 'again', 'autocommit=0'],
  [WRITE, 'unanswered', 'nothing', 'transactionLost', 'autocommit=0'],
  ['CREATE TABLE u (a INT)', 'unanswered', 'nothing', 'fateUnknown', 'autocommit=0'],
  // A transaction.
  [READ, 'unsent', 'transaction', 'transactionLost'],
  [WRITE, 'unsent', 'transaction', 'transactionLost'],
  [WRITE, 'refused', 'transaction', 'transactionLost'],
  ['COMMIT', 'unsent', 'transaction', 'transactionLost'],
  ['COMMIT', 'refused', 'transaction', 'transactionLost'],
  [READ, 'unanswered', 'transaction', 'transactionLost'],
  [WRITE, 'unanswered', 'transaction', 'transactionLost'],
  ['SET sql_mode = ANSI', 'unanswered', 'transaction', 'transactionLost'],
  ['SAVEPOINT s', 'unanswered', 'transaction', 'transactionLost'],
  ['ROLLBACK TO s', 'unanswered', 'transaction', 'transactionLost'],
  ['ROLLBACK', 'unsent', 'transaction', 'again'],
  ['ROLLBACK', 'unanswered', 'transaction', 'again'],
  ['COMMIT', 'unanswered', 'transaction', 'commitUnknown'],
  ['COMMIT AND CHAIN', 'unanswered', 'transaction', 'commitUnknown'],
  ['BEGIN', 'unanswered', 'transaction', 'commitUnknown'],
  ['SET autocommit = 1', 'unanswered', 'transaction', 'commitUnknown'],
  ['TRUNCATE t', 'unanswered', 'transaction', 'commitUnknown'],
  ['CALL p()', 'unanswered', 'transaction', 'commitUnknown'],
  ['INSERT INTO t (a) VALUES (f(1))', 'unanswered', 'transaction', 'transactionLost'],
  ['INSERT INTO t (a) VALUES (f(1)); COMMIT', 'unanswered', 'transaction', 'commitUnknown'],
  ['UPDATE t SET a = 1; COMMIT', 'unanswered', 'transaction', 'commitUnknown'],
  ['SELECT 1; SELECT 2', 'unanswered', 'transaction', 'transactionLost'],
  ['SELECT 1; COMMIT', 'unanswered', 'transaction', 'commitUnknown'],
  ['SELECT 1; SELECT f(1)', 'unanswered', 'transaction', 'commitUnknown'],
  ['SELECT a FROM t FOR UPDATE', 'unanswered', 'transaction', 'transactionLost'],
  // A READ ONLY transaction.
  [READ, 'unsent', 'freshReadOnly', 'againReadOnly'],
  [READ, 'unanswered', 'freshReadOnly', 'againReadOnly'],
  ['COMMIT', 'unanswered', 'freshReadOnly', 'again'],
  [READ, 'unanswered', 'readOnlyTransaction', 'transactionLost'],
  [READ, 'unsent', 'readOnlyTransaction', 'transactionLost'],
  ['COMMIT', 'unanswered', 'readOnlyTransaction', 'again'],
  ['ROLLBACK', 'unsent', 'readOnlyTransaction', 'again'],
  // Temporary tables, user variables, locks.
  [READ, 'unsent', 'state', 'stateLost'],
  [READ, 'unanswered', 'state', 'stateLost'],
  [WRITE, 'refused', 'state', 'stateLost'],
  [WRITE, 'unanswered', 'state', 'fateUnknown'],
  [WRITE, 'unanswered', 'state', 'stateLost', 'in transaction'],
  ['ROLLBACK', 'unanswered', 'state', 'stateLost', 'in transaction'],
  ['COMMIT', 'unanswered', 'state', 'commitUnknown', 'in transaction'],
];

describe('a statement whose server was lost', () => {
  for (const row of TABLE) {
    const [sql, phase, kept, wanted, session] = row;
    it(`${sql ?? 'COM_INIT_DB'}, ${phase}, kept ${kept}${session === undefined ? '' : `, ${session}`}: ${wanted}`, () => {
      expect(outcome(row)).toBe(wanted);
    });
  }

  it('whose digest text does not show all of it is taken for what it may be', () => {
    const short = new StatementAnalyzer({ maxEntries: 10, maxDigestLength: 24, groupingLimit: 3 });
    const lossOf = (sql: string, inTransaction: boolean) => {
      const bytes = Buffer.from(sql);
      const entry = short.analyse(bytes, 0, bytes.length, LexMode.standard);
      const command = { entry, effects: entry.verdict.effects, replyKind: ReplyKind.query };
      const kept = inTransaction ? 'transaction' : 'nothing';
      return outcomeOf({ phase: 'unanswered', kept, inTransaction, autocommit: true, command });
    };
    expect(lossOf('SET @a = 1', false)).toBe('again');
    expect(lossOf('SET @a = 1, @b = 2, @c = writes_something(3)', false)).toBe('fateUnknown');
    expect(lossOf('SET sort_buffer_size = 131072, autocommit = 1', true)).toBe('commitUnknown');
  });

  it('of which only the PREPARE was under way is prepared elsewhere', () => {
    const command = { ...commandOf(WRITE), effects: Effect.none, replyKind: ReplyKind.prepare };
    expect(outcomeOf({ phase: 'unanswered', kept: 'nothing', inTransaction: false, autocommit: true, command })).toBe('again');
    expect(outcomeOf({ phase: 'unanswered', kept: 'transaction', inTransaction: true, autocommit: true, command })).toBe('transactionLost');
  });
});
