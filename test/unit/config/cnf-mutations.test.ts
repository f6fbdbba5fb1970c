import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigFile } from '../../../src/config/config-file.js';

const realLife = readFileSync(join(import.meta.dirname, '../../cases/cnf/real-life.cnf'), 'utf8');
const pieces = [
  '"',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '=',
  ':',
  ';',
  ',',
  '\n',
  '/*',
  '*/',
  '#',
  '\\',
  '\\x4',
  '0x',
  '-',
  '1e',
  'true',
  '@include "x"',
  '\0',
  '\uD800',
  '9'.repeat(30),
];

/** xorshift32: the same mutations in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test('a mutilated file ends as a list of problems, never as an exception', () => {
  const pick = random(20260101);
  let refused = 0;
  for (let round = 0; round < 1500; round++) {
    let text = realLife;
    for (let change = 0; change <= pick(3); change++) {
      const at = pick(text.length);
      text = text.slice(0, at) + pieces[pick(pieces.length)]! + text.slice(at + pick(4));
    }
    const loaded = readConfigFile('a.cnf', {}, () => text);
    if (loaded.errors.length > 0) refused += 1;
    for (const problem of loaded.errors) expect(problem.line).toBeGreaterThan(0);
  }
  expect(refused).toBeGreaterThan(500);
});
