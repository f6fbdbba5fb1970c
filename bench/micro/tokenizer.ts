import { StatementAnalyzer } from '../../src/sql/analyzer.js';

/** Cost of one statement whose digest is known, and of one that is seen for the first time. Run with `npx tsx bench/micro/tokenizer.ts`. */
const STATEMENTS: Readonly<Record<string, string>> = {
  'point select, 60 bytes': 'SELECT c FROM sbtest1 WHERE id=5021 AND k=77 ORDER BY c LIMIT',
  'sysbench point select': 'SELECT c FROM sbtest1 WHERE id=5021',
  'sysbench range': 'SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN 5021 AND 5120 ORDER BY c',
  'insert, 150 bytes of text': `INSERT INTO sbtest1 (id, k, c, pad) VALUES (5021, 4096, '${'08566691963-'.repeat(10)}', '67847967377-48000963322')`,
};
const ROUNDS = 1_000_000;

function measure(name: string, text: string): void {
  const analyzer = new StatementAnalyzer({ maxEntries: 10_000, maxDigestLength: 2048, groupingLimit: 3 });
  const bytes = Buffer.from(text);
  const frame = Buffer.concat([Buffer.alloc(5), bytes]);
  for (let round = 0; round < 50_000; round++) analyzer.analyse(frame, 5, frame.length, 0);
  const heapBefore = process.memoryUsage().heapUsed;
  const started = process.hrtime.bigint();
  for (let round = 0; round < ROUNDS; round++) analyzer.analyse(frame, 5, frame.length, 0);
  const nanoseconds = Number(process.hrtime.bigint() - started) / ROUNDS;
  const allocated = (process.memoryUsage().heapUsed - heapBefore) / ROUNDS;
  console.log(
    `${name.padEnd(28)} ${String(bytes.length).padStart(4)} bytes ${nanoseconds.toFixed(0).padStart(6)} ns  ${allocated.toFixed(3)} bytes allocated`,
  );
}

for (const [name, text] of Object.entries(STATEMENTS)) measure(name, text);
