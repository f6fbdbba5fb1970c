import { StatementAnalyzer } from '../../src/sql/analyzer.js';

/** Cost of a digest that is seen for the first time: text, classification and parser. Run with `npx tsx bench/micro/digest.ts`. */
const ROUNDS = 2_000;
const SHAPES: Readonly<Record<string, (round: number) => string>> = {
  'new point select': (round) => `SELECT c${round} FROM sbtest1 WHERE id=1`,
  'new insert': (round) => `INSERT INTO t${round} (a, b, c) VALUES (1, 'x', NOW())`,
  'new join': (round) => `SELECT a, COUNT(*) FROM t${round} JOIN u USING (id) WHERE x IN (1,2,3) AND y='x' GROUP BY a ORDER BY 2 LIMIT 10`,
};

for (const [name, shape] of Object.entries(SHAPES)) {
  const analyzer = new StatementAnalyzer({ maxEntries: 100_000, maxDigestLength: 2048, groupingLimit: 3 });
  const statements = Array.from({ length: ROUNDS }, (_, round) => Buffer.from(shape(round)));
  const started = process.hrtime.bigint();
  for (const statement of statements) analyzer.analyse(statement, 0, statement.length, 0);
  const microseconds = Number(process.hrtime.bigint() - started) / 1000 / ROUNDS;
  console.log(`${name.padEnd(20)} ${microseconds.toFixed(1).padStart(8)} µs`);
}
