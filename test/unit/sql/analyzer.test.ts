import { describe, expect, it } from 'vitest';
import { type DigestEntry, StatementAnalyzer } from '../../../src/sql/analyzer.js';

const newAnalyzer = (
  options: { maxEntries?: number; maxDigestLength?: number; checkSeed?: number; onForget?: (entry: DigestEntry) => void } = {},
) => new StatementAnalyzer({ maxEntries: 1000, maxDigestLength: 2048, groupingLimit: 3, ...options });
const analyse = (analyzer: StatementAnalyzer, text: string, mode = 0): DigestEntry => {
  const bytes = Buffer.from(text);
  return analyzer.analyse(bytes, 0, bytes.length, mode);
};
const digestText = (text: string): string => analyse(newAnalyzer(), text).digestText;

describe('digest text', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['SELECT c FROM sbtest1 WHERE id=5021', 'SELECT c FROM sbtest1 WHERE id=?'],
    ['select  \'a\',\n\t"b" , 1.5,-2', 'select ?,?,?,?'],
    ['select * from t where id in (1,2,3,4)', 'select * from t where id in (?,?,?,?)'],
    ['select * from t where id in (1,2,3,4,5)', 'select * from t where id in (?,?,?,...)'],
    ['select * from t where id in (1,2,3,4,5,6,7)', 'select * from t where id in (?,?,?,...)'],
    [
      "INSERT INTO db.t ( c1, c2,c3,c4, c5 ) VALUES ('v',1, 2,3,'f', 5+10, 6-9)",
      'INSERT INTO db.t (c1,c2,c3,c4,c5) VALUES (?,?,?,...,?+?,?-?)',
    ],
    ['SELECT id IN (1,2,3,4,5,a,6)', 'SELECT id IN (?,?,?,...,a,?)'],
    ['INSERT INTO t VALUES (1,2),(3,4)', 'INSERT INTO t VALUES (?,?),(?,?)'],
    [`INSERT INTO t VALUES ${Array(30).fill('(1,2)').join(', ')}`, `INSERT INTO t VALUES ${Array(10).fill('(?,?)').join(',')},...`],
    [
      `INSERT INTO t VALUES ${Array(12).fill('(1)').join(',')} ON DUPLICATE KEY UPDATE a=1`,
      `INSERT INTO t VALUES ${Array(10).fill('(?)').join(',')},... ON DUPLICATE KEY UPDATE a=?`,
    ],
    [
      `INSERT INTO t VALUES ${Array(12).fill('(1)').join(',')},(f(1))`,
      `INSERT INTO t VALUES ${Array(10).fill('(?)').join(',')},...,(f(?))`,
    ],
    ['SELECT /* c */ 1 -- x\n + /* d */2 # y', 'SELECT ? + ?'],
    ['SELECT /*!50000 SQL_NO_CACHE */ a', 'SELECT /*!50000 SQL_NO_CACHE */ a'],
    ['SELECT COUNT (*), COUNT(*)', 'SELECT COUNT (*),COUNT(*)'],
    ["SELECT N'a', _utf8'b', X'4D', 0x4D, \\N", 'SELECT ?,_utf8?,?,?,?'],
    ['SELECT `a b`.`c`, @v, @@x FROM `é`', 'SELECT `a b`.`c`,@v,@@x FROM `é`'],
    ['SELECT 1 ; SELECT 2', 'SELECT ? ; SELECT ?'],
    ['SELECT t.1a, 1st, t.5 FROM t', 'SELECT t.1a,1st,t.5 FROM t'],
  ];
  for (const [text, digest] of rows) it(text.slice(0, 70), () => expect(digestText(text)).toBe(digest));

  it('is cut at a character', () => {
    expect(analyse(newAnalyzer({ maxDigestLength: 10 }), 'SELECT `éé` FROM t').digestText).toBe('SELECT `é');
    expect(Buffer.byteLength(analyse(newAnalyzer({ maxDigestLength: 9 }), 'SELECT `éé` FROM t').digestText)).toBe(8);
  });
});

describe('digest', () => {
  it('is the same for other literals, blanks and comments, and after a restart', () => {
    const first = analyse(newAnalyzer({ checkSeed: 1 }), "SELECT a FROM t WHERE b = 1 AND c = 'x'");
    const second = analyse(newAnalyzer({ checkSeed: 99 }), 'SELECT  a\nFROM /* x */ t WHERE b = 22.5e3 AND c = "y\'z"');
    expect(second.digest).toBe(first.digest);
    expect(first.digest).toMatch(/^0x[0-9A-F]{16}$/);
    // Changing the hash would break rules with a digest column.
    expect(analyse(newAnalyzer(), 'SELECT 1').digest).toBe('0x772A470A82C0E153');
  });

  it('differs where tokens differ', () => {
    const texts = [
      'SELECT ab',
      'SELECT a b',
      'SELECT `ab`',
      'SELECT @ab',
      'SELECT 1',
      'SELECT (1)',
      'SELECT 1,1',
      'select ab',
      'SELECT f(1)',
      'SELECT f (1)',
      "SELECT 'a",
      'SELECT a.b',
      'SELECT a . b',
    ];
    expect(new Set(texts.map((text) => analyse(newAnalyzer(), text).digest)).size).toBe(texts.length);
  });
});

describe('StatementAnalyzer', () => {
  it('remembers a digest and counts hits', () => {
    const analyzer = newAnalyzer();
    const first = analyse(analyzer, 'SELECT 1');
    expect(analyse(analyzer, 'SELECT 2')).toBe(first);
    expect([analyzer.hits, analyzer.misses, analyzer.size]).toEqual([1, 1, 1]);
  });

  it('keeps the modes apart', () => {
    const analyzer = newAnalyzer();
    expect(analyse(analyzer, 'SELECT 1', 1)).not.toBe(analyse(analyzer, 'SELECT 1', 2));
  });

  it('reads only the given part of the buffer', () => {
    const frame = Buffer.from('xxxxxSELECT 1; DELETE FROM t');
    expect(newAnalyzer().analyse(frame, 5, 13, 0).digestText).toBe('SELECT ?');
  });

  it('is bounded and forgets what was not used', () => {
    const forgotten: string[] = [];
    const analyzer = newAnalyzer({ maxEntries: 4, onForget: (entry) => forgotten.push(entry.digestText) });
    for (const name of ['a', 'b', 'c', 'd']) analyse(analyzer, `SELECT ${name}`);
    const kept = analyse(analyzer, 'SELECT a');
    for (const name of ['e', 'f', 'g']) analyse(analyzer, `SELECT ${name}`);
    expect(analyzer.size).toBe(4);
    expect(forgotten).toEqual(['SELECT b', 'SELECT c', 'SELECT d']);
    expect(analyse(analyzer, 'SELECT a')).toBe(kept);
    expect([...analyzer.entries()].map((entry) => entry.digestText).sort()).toEqual(['SELECT a', 'SELECT e', 'SELECT f', 'SELECT g']);
    for (let index = 0; index < 1000; index++) analyse(analyzer, `SELECT c${index}`);
    expect(analyzer.size).toBe(4);
  });

  it('finds hints in comments only', () => {
    const analyzer = newAnalyzer();
    const hintOf = (text: string) => {
      analyse(analyzer, text);
      return analyzer.hint;
    };
    expect(hintOf('SELECT 1')).toBeNull();
    expect(hintOf('/* hostgroup=7 */ SELECT 1')).toEqual({ hostgroup: 7 });
    expect(hintOf('SELECT /*cache_ttl=5;hostgroup=7;min_gtid=x*/ 1')).toEqual({ hostgroup: 7 });
    expect(hintOf('/* a */ SELECT /* hostgroup=7 */ 1')).toBeNull();
    expect(hintOf('/* a */ SELECT /* weir:reader */ 1')).toEqual({ target: 'reader' });
    expect(hintOf('/*WEIR:WRITER*/ SELECT 1')).toEqual({ target: 'writer' });
    expect(hintOf("SELECT '/* weir:writer */'")).toBeNull();
    expect(hintOf('/* hostgroup=x */ SELECT 1')).toBeNull();
    expect(hintOf('/* traceparent=00-1 */ SELECT 1')).toBeNull();
    expect(hintOf('SELECT 1')).toBeNull();
  });

  it('judges a huge INSERT without keeping it', () => {
    const text = `INSERT INTO t VALUES ${Array(60_000).fill("(1,'x',ABS(2))").join(',')}`;
    const entry = analyse(newAnalyzer(), text);
    expect(entry.verdict).toMatchObject({ readOnly: false, command: 'INSERT', effects: 1 << 27 });
    expect(entry.digestText.length).toBeLessThanOrEqual(2048);
  });

  it('does not prove a huge SELECT', () => {
    const text = `SELECT 1 FROM t WHERE ${Array(20_000).fill('a=1').join(' OR ')} FOR UPDATE`;
    expect(analyse(newAnalyzer(), text).verdict).toMatchObject({ readOnly: false });
  });

  it('answers within a bounded time for nested text', () => {
    const started = performance.now();
    for (const text of [
      `SELECT ${'('.repeat(3000)}1${')'.repeat(3000)}`,
      `SELECT ${'IF('.repeat(10)}1${',2,3)'.repeat(10)}`,
      `SELECT ${'CASE WHEN '.repeat(100)}1${' THEN 2 END'.repeat(100)}`,
      `SELECT * FROM ${'(SELECT * FROM '.repeat(10)}t${') a'.repeat(10)}`,
      `SELECT ${'a+'.repeat(280)}1`,
      `SELECT ${'NOT '.repeat(400)}1`,
      `SELECT ${'-'.repeat(300)}1`,
      `SELECT 1 WHERE ${'a=1 AND ('.repeat(9)}1${')'.repeat(9)}`,
    ]) {
      analyse(newAnalyzer(), text);
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
