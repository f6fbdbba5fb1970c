import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StatementAnalyzer } from '../../../src/sql/analyzer.js';
import { Effect, LexMode } from '../../../src/sql/verdict.js';

/** One case of test/cases/classify; `encoding: latin1` means one byte a character. */
interface ClassifyCase {
  readonly statement: string;
  readonly encoding?: 'latin1';
  readonly mode?: readonly (keyof typeof LexMode)[];
  readonly readOnly: boolean;
  readonly primaryOnly?: boolean;
  readonly command: string;
  readonly effects: readonly (keyof typeof Effect)[];
}

const FOLDER = new URL('../../cases/classify/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const casesOf = (file: string): ClassifyCase[] => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as ClassifyCase[];
const modeOf = (names: ClassifyCase['mode']): number => (names ?? []).reduce((mode, name) => mode | LexMode[name], 0);
const effectNames = (effects: number): string[] =>
  Object.entries(Effect)
    .filter(([, bit]) => bit !== 0 && (effects & bit) !== 0)
    .map(([name]) => name)
    .sort();

describe('classification cases', () => {
  it('are many and distinct', () => {
    const keys = files.flatMap((file) => casesOf(file).map((one) => `${modeOf(one.mode)} ${one.statement}`));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThanOrEqual(500);
  });

  for (const file of files) {
    describe(file, () => {
      const analyzer = new StatementAnalyzer({ maxEntries: 10_000, maxDigestLength: 2048, groupingLimit: 3 });
      for (const one of casesOf(file)) {
        it(`${(one.mode ?? []).join(' ')} ${JSON.stringify(one.statement)}`, () => {
          const bytes = Buffer.from(one.statement, one.encoding ?? 'utf8');
          const { verdict } = analyzer.analyse(bytes, 0, bytes.length, modeOf(one.mode));
          expect(
            {
              readOnly: verdict.readOnly,
              primaryOnly: verdict.primaryOnly,
              command: verdict.command,
              effects: effectNames(verdict.effects),
            },
            JSON.stringify(verdict.reasons),
          ).toEqual({
            readOnly: one.readOnly,
            primaryOnly: one.primaryOnly ?? false,
            command: one.command,
            effects: [...one.effects].sort(),
          });
          expect(verdict.reasons.length).toBeGreaterThan(0);
        });
      }
    });
  }
});
