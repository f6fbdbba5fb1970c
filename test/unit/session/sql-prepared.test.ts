import { expect, it } from 'vitest';
import { Command } from '../../../src/session/command.js';
import { SqlPrepared } from '../../../src/session/sql-prepared.js';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';
import { Effect } from '../../../src/sql/verdict.js';

const analyzer = new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3 });
const UNKNOWN_STATEMENT = 1243;

/** What remains behind statements; `!` in front of one that fails, `1243` in front of one that is told there is none of the name. */
class Story {
  readonly sql = new SqlPrepared({ analyzer });
  last = new Command();

  constructor(...lines: readonly string[]) {
    for (const line of lines) this.#run(line);
  }

  #run(line: string): void {
    const { errno, schema = 'app', text = '' } = /^(?<errno>!|1243 )?((?<schema>\w+)>)?(?<text>.*)$/s.exec(line)?.groups ?? {};
    const bytes = Buffer.from(text);
    const entry = analyzer.analyse(bytes, 0, bytes.length, 0);
    this.last = Object.assign(new Command(), { entry, effects: entry.verdict.effects, text: bytes });
    this.sql.resolve(this.last, schema);
    this.sql.follow(this.last, schema, errno === undefined ? 0 : errno === '!' ? 1064 : UNKNOWN_STATEMENT);
  }
}

const PREPARE = "PREPARE p FROM 'SELECT 1'";

it.each<readonly [boolean, string[]]>([
  [false, [PREPARE]],
  [true, [PREPARE, 'DEALLOCATE PREPARE p']],
  [true, [PREPARE, 'drop prepare P']],
  [false, [PREPARE, "PREPARE q FROM 'SELECT 2'", 'DEALLOCATE PREPARE p']],
  [true, [PREPARE, PREPARE, 'DEALLOCATE PREPARE p']],
  [true, [`!${PREPARE}`]],
  [false, [PREPARE, "!PREPARE p FROM 'SELEC'"]],
  [true, [PREPARE, "!PREPARE p FROM 'SELEC'", '1243 DEALLOCATE PREPARE p']],
  [false, [PREPARE, '!DEALLOCATE PREPARE p']],
  [true, ['PREPARE p FROM @text', 'DEALLOCATE PREPARE p']],
  [false, ["PREPARE `ä` FROM 'SELECT 1'", 'DEALLOCATE PREPARE `ä`']],
  [false, [`${PREPARE}; SELECT 1`, 'DEALLOCATE PREPARE p']],
  [true, ["EXECUTE IMMEDIATE 'SELECT 1'"]],
  [true, ['1243 EXECUTE p']],
])('none is left (%s) behind %j', (gone, lines) => expect(new Story(...lines).sql.areGone).toBe(gone));

const effectsBehind = (...lines: string[]): number => new Story(...lines).last.effects;

it('takes the effects of what was prepared', () => {
  expect(effectsBehind(PREPARE, 'EXECUTE p') & Effect.unknownState).toBe(0);
  expect(effectsBehind("PREPARE p FROM 'SET @a = ?'", 'EXECUTE p USING @b') & Effect.setsUserVariable).not.toBe(0);
  const story = new Story("PREPARE p FROM 'CREATE TEMPORARY TABLE t (a INT)'", 'EXECUTE p');
  expect(story.last.effects & Effect.createsTemporaryTable).not.toBe(0);
  expect(story.last.text?.toString()).toBe('CREATE TEMPORARY TABLE t (a INT)');
  expect(effectsBehind("PREPARE p FROM 'SHOW WARNINGS'", 'EXECUTE p') & Effect.readsDiagnostics).toBe(0);
  expect(effectsBehind("EXECUTE IMMEDIATE 'SET NAMES latin1'") & Effect.setsNames).not.toBe(0);
  expect(effectsBehind('1243 EXECUTE p')).toBe(Effect.sqlPrepare);
});

it.each([
  ['a text that is not known', ['PREPARE p FROM @text', 'EXECUTE p']],
  ['a procedure', ["PREPARE p FROM 'CALL q()'", 'EXECUTE p']],
  ['another name for a table', ["PREPARE p FROM 'ALTER TABLE t RENAME u'", 'EXECUTE p']],
  ['another schema than then', [PREPARE, 'other>EXECUTE p']],
  ['several statements', [PREPARE, 'EXECUTE p; SELECT 1']],
  ['XA', ["PREPARE p FROM 'XA START 1'", 'EXECUTE p']],
  ['a name that may have been given', ["PREPARE q FROM 'SELECT 1'; SELECT 1", 'EXECUTE p']],
])('knows nothing of %s', (_, lines) => expect(effectsBehind(...lines) & Effect.unknownState).not.toBe(0));
