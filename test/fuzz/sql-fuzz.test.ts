import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StatementAnalyzer } from '../../src/sql/analyzer.js';
import { LexMode } from '../../src/sql/verdict.js';

/** Seeded: the same statements in each run; a failure names the seed's statement. */
class Random {
  constructor(private state: number) {}

  /** 0 to below `limit`. */
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) | 0;
    return (this.state >>> 8) % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

interface FuzzCase {
  readonly statement: string;
  readonly encoding?: 'latin1';
  readonly mode?: readonly (keyof typeof LexMode)[];
  readonly readOnly: boolean;
}

const FOLDER = new URL('../cases/classify/', import.meta.url);
const cases = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as FuzzCase[]);
const bytesOf = (one: FuzzCase): Buffer => Buffer.from(one.statement, one.encoding ?? 'utf8');
const modeOf = (one: FuzzCase): number => (one.mode ?? []).reduce((mode, name) => mode | LexMode[name], 0);
const newAnalyzer = () => new StatementAnalyzer({ maxEntries: 500, maxDigestLength: 2048, groupingLimit: 3, checkSeed: 7 });
const judge = (analyzer: StatementAnalyzer, text: Buffer, mode: number) => analyzer.analyse(text, 0, text.length, mode).verdict;

const FRAGMENTS = [
  "'",
  '"',
  '`',
  '/*',
  '*/',
  '/*!',
  '/*!50000',
  '/*M!',
  '-- ',
  '#',
  '\\',
  ';',
  '(',
  ')',
  ',',
  '@',
  ':=',
  '\0',
  '\n',
  '.',
  '\xbf',
  '\xa0',
  'FOR UPDATE',
  ' INTO @a ',
  '1e5',
  '?',
];

describe('fuzz: sql', () => {
  it('never throws, and judges the same text the same twice', () => {
    const random = new Random(20_260_101);
    const analyzer = newAnalyzer();
    for (let round = 0; round < 2000; round++) {
      const one = random.pick(cases);
      const text = mutate(bytesOf(one), random);
      const mode = random.below(128);
      const first = judge(analyzer, text, mode);
      const again = judge(newAnalyzer2, text, mode);
      expect(again, text.toString('latin1')).toEqual(first);
    }
  });

  it('a write stays a write behind what changes nothing', () => {
    const random = new Random(42);
    const analyzer = newAnalyzer();
    // The end of a text that is not closed would swallow what is put around it.
    const writes = cases.filter(
      (one) => !one.readOnly && !/^(\s|;|\/\*.*\*\/|--.*|#.*)*$/.test(one.statement) && !one.mode?.includes('unknown') && isCode(one),
    );
    const before = [
      '',
      ' ',
      '/* x */',
      '/*x*/\n',
      '-- x\n',
      '#x\n',
      ';',
      'SELECT 1;',
      '/* weir:reader */',
      '/*!50000 */',
      'START TRANSACTION READ ONLY;',
    ];
    const after = ['', ' ', ';', ' ; ', '\n', '\n-- x', '\n# x', '\n/* x */', '\n;SELECT 1', '\n;;SELECT (1);'];
    for (let round = 0; round < 3000; round++) {
      const one = random.pick(writes);
      const text = Buffer.concat([Buffer.from(random.pick(before)), bytesOf(one), Buffer.from(random.pick(after))]);
      expect(judge(analyzer, text, modeOf(one)).readOnly, text.toString('latin1')).toBe(false);
    }
  });

  it('a write stays a write when its blanks are comments and its letters change case', () => {
    const random = new Random(4711);
    const analyzer = newAnalyzer();
    const writes = cases.filter(
      (one) =>
        !one.readOnly && one.encoding === undefined && one.mode === undefined && /^[A-Za-z0-9 *,()=.;]*[A-Za-z]$/.test(one.statement),
    );
    for (let round = 0; round < 3000; round++) {
      const statement = random.pick(writes).statement;
      const spaced = statement.replace(/ /g, () =>
        random.pick([' ', '\n', '\t', '/**/', '/* */ ', ' -- x\n', ' # x\n', '\f', '/*+ x */', '/*!50000 */']),
      );
      const text = Buffer.from(
        spaced.replace(/[a-z]/gi, (letter) => (random.below(2) === 0 ? letter.toLowerCase() : letter.toUpperCase())),
      );
      expect(judge(analyzer, text, 0).readOnly, text.toString()).toBe(false);
    }
  });

  it('a write hidden in a version comment is a write', () => {
    const random = new Random(99);
    const analyzer = newAnalyzer();
    const writes = cases.filter(
      (one) => !one.readOnly && one.encoding === undefined && one.mode === undefined && /^[A-Za-z0-9 *,()=.]+$/.test(one.statement),
    );
    for (let round = 0; round < 3000; round++) {
      const words = random.pick(writes).statement.split(' ');
      const from = random.below(words.length);
      const to = from + 1 + random.below(words.length - from);
      const opening = random.pick(['/*!', '/*!50000', '/*!99999', '/*M!', '/*M!100100', '/*!080000']);
      const text = [...words.slice(0, from), opening, ...words.slice(from, to), '*/', ...words.slice(to)].join(' ');
      expect(judge(analyzer, Buffer.from(text), 0).readOnly, text).toBe(false);
    }
  });

  it('values of literals never change a verdict', () => {
    const random = new Random(5);
    const values = [
      "'a'",
      "'it''s'",
      "'FOR UPDATE'",
      "'; DELETE FROM t'",
      "'*/'",
      "'-- '",
      "'\\\\'",
      "''",
      '1',
      '0',
      '1.5',
      '1e5',
      '.5',
      '0x4D',
      "X'4D'",
      "N'x'",
    ];
    for (const one of cases) {
      if (one.encoding !== undefined || one.mode !== undefined || /[@"`\\#]|--|\/\*|'[^']*$|[0-9]\.|\.[0-9]/.test(one.statement)) continue;
      const expected = judge(newAnalyzer2, Buffer.from(one.statement), 0);
      const changed = one.statement.replace(/(?<![\w.$'])(?:'[^']*'|\d+)(?![\w.$'(])/g, () => random.pick(values));
      const got = judge(newAnalyzer(), Buffer.from(changed), 0);
      expect({ readOnly: got.readOnly, effects: got.effects, primaryOnly: got.primaryOnly }, changed).toEqual({
        readOnly: expected.readOnly,
        effects: expected.effects,
        primaryOnly: expected.primaryOnly,
      });
    }
  });
});

const newAnalyzer2 = newAnalyzer();

function isCode(one: FuzzCase): boolean {
  return !/[/]\*(?!.*\*\/)/s.test(one.statement);
}

function mutate(source: Buffer, random: Random): Buffer {
  let text = source;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(text.length + 1);
    const cut = random.below(4) === 0 ? random.below(8) : 0;
    const insert = random.below(3) === 0 ? Buffer.from([random.below(256)]) : Buffer.from(random.pick(FRAGMENTS), 'latin1');
    text = Buffer.concat([text.subarray(0, at), insert, text.subarray(Math.min(text.length, at + cut))]);
  }
  return text;
}
