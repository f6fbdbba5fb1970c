import { describe, expect, it } from 'vitest';
import { compilePattern, patternProblem } from '../../../src/route/pattern.js';

const matches = (pattern: string, text: string, modifiers: readonly string[] = ['CASELESS']): boolean =>
  compilePattern(pattern, modifiers).test(text);

describe('patterns of rules', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['^SELECT', 'select 1', true],
    ['^SELECT.*FOR UPDATE$', 'SELECT 1 FOR UPDATE', true],
    ['FOR UPDATE$', 'SELECT 1 FOR UPDATE\n', true],
    ['FOR UPDATE$', 'SELECT 1 FOR UPDATE\n\n', false],
    ['a.b', 'a\nb', false],
    ['a.b', 'a\rb', true],
    ['(?s)a.b', 'a\nb', true],
    ['(?m)^b$', 'a\nb\nc', true],
    ['(?-i)^select', 'SELECT', false],
    ['(?i)^select', 'SELECT', true],
    ['\\Aselect\\z', 'select', true],
    ['\\Aselect\\z', 'select\n', false],
    ['\\Aselect\\Z', 'select\n', true],
    ['[[:alpha:]_]+[[:digit:]]', 'abc_1', true],
    ['[]a]', ']', true],
    ['[^]a]', ']', false],
    ['[[]', '[', true],
    ['\\Qa.b(\\E+', 'a.b((', true],
    ['\\Qa.b(\\E', 'axb(', false],
    ['a(?#comment)b', 'ab', true],
    ['(?P<x>a)b', 'ab', true],
    ["(?'x'a)b", 'ab', true],
    ['a\\hb', 'a\tb', true],
    ['a{2,3}?b', 'aab', true],
    ['(?!x)a', 'a', true],
    ['(?<!x)a', 'xa', false],
    ['\\bbilling\\.', 'SELECT * FROM billing.t', true],
    ['\\$', 'a$', true],
    ['^\\(?SELECT', '(SELECT 1)', true],
  ];
  for (const [pattern, text, answer] of rows)
    it(`${pattern} on ${JSON.stringify(text)}`, () => expect(matches(pattern, text)).toBe(answer));

  it('are case-sensitive without CASELESS', () => {
    expect(matches('^select', 'SELECT', [])).toBe(false);
    expect(matches('^select', 'SELECT', ['caseless', 'GLOBAL'])).toBe(true);
  });

  it('are refused with a reason when JavaScript can not do them', () => {
    for (const pattern of [
      'a++',
      '(?>a)',
      '(?R)',
      '\\Ka',
      '\\Ga',
      '(?x) a',
      '(?(1)a|b)',
      '(a',
      '[a',
      'a\\',
      '(*UTF8)a',
      '[[:nothing:]]',
      '*a',
    ]) {
      expect(patternProblem(pattern, []), pattern).toEqual(expect.any(String));
    }
    expect(patternProblem('a++', [])).toBe('the possessive quantifier ++ is not supported');
    expect(patternProblem('^SELECT', [])).toBeNull();
  });
});
