import { describe, expect, test } from 'vitest';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import type { CnfValue } from '../../../src/config/cnf-types.js';

/** Names, values and lines in short: `{ a: 1 }`, with `name@line` where lines matter. */
function plain(value: CnfValue): unknown {
  if (value.type === 'group') return Object.fromEntries(value.settings.map((setting) => [setting.name, plain(setting.value)]));
  if (value.type === 'list' || value.type === 'array') return value.items.map(plain);
  return value.value;
}
const parse = (text: string): unknown => plain(parseCnf(text, 'f.cnf'));

describe('values', () => {
  test.each([
    ['a=1', 1],
    ['a=-12', -12],
    ['a=+7', 7],
    ['a=0', 0],
    ['a=0x1F', 31],
    ['a=0XffL', 255],
    ['a=0b101', 5],
    ['a=0o17', 15],
    ['a=0q17LL', 15],
    ['a=017', 15],
    ['a=5000000000', 5_000_000_000],
    ['a=5LL', 5],
    ['a=1.5', 1.5],
    ['a=-.5', -0.5],
    ['a=1.', 1],
    ['a=1e3', 1000],
    ['a=2.5E-1', 0.25],
    ['a=true', true],
    ['a=FaLsE', false],
    ['a=""', ''],
    ['a="x"', 'x'],
    ['a="x" "y"\n"z"', 'xyz'],
    ['a="it\'s # // /* no comment */"', "it's # // /* no comment */"],
    ['a="line\nbreak"', 'line\nbreak'],
    ['a="\\n\\r\\t\\f\\\\\\""', '\n\r\t\f\\"'],
    ['a="\\x41\\xc3\\xa4"', 'Aä'],
    ['a="\\\\x41"', '\\x41'],
    ['a="\\s\\d\\b\\."', '\\s\\d\\b\\.'],
    ['a=[1,2,3]', [1, 2, 3]],
    ['a=[]', []],
    ['a=(1,"x",{b=2})', [1, 'x', { b: 2 }]],
    ['a=(1,2,)', [1, 2]],
    ['a=["x","y",]', ['x', 'y']],
    ['a=((1),[2],())', [[1], [2], []]],
    ['a={}', {}],
  ])('%j', (text, value) => expect(parse(text)).toEqual({ a: value }));
});

describe('separators and comments', () => {
  test.each([
    'a=1 b=2',
    'a=1; b=2;',
    'a=1, b=2,',
    'a:1\nb:2',
    '\uFEFFa=1\r\nb=2\r\n',
    'a = 1 # one\nb = 2 // two',
    '/* a\n * b */ a=1 /**/ b=2',
    'a=1/*x*/b=2',
  ])('%j', (text) => expect(parse(text)).toEqual({ a: 1, b: 2 }));

  test('names may have -, _ and *', () =>
    expect(parse('mysql-threads=1 *x*=2 true_a=3')).toEqual({ 'mysql-threads': 1, '*x*': 2, true_a: 3 }));
  test('an empty file', () => expect(parse(' \n# nothing\n')).toEqual({}));
  test('keeps a name that stands there twice', () => expect(parseCnf('a=1 a=2', 'f').settings).toHaveLength(2));
});

test('lines of names and values', () => {
  const root = parseCnf('# one\na =\n  1\nb = ( {\n c="x\ny" d=2 } )', 'f');
  expect(root.settings.map((setting) => [setting.name, setting.line, setting.value.line])).toEqual([
    ['a', 2, 3],
    ['b', 4, 4],
  ]);
  const list = root.settings[1]!.value;
  const group = list.type === 'list' ? list.items[0]! : null;
  expect(group?.type === 'group' && group.settings.map((setting) => [setting.name, setting.line])).toEqual([
    ['c', 5],
    ['d', 6],
  ]);
});

describe('what is not libconfig', () => {
  test.each([
    ['a', "f.cnf:1: found the end of the file; accepted: '=' or ':' after \"a\""],
    ['a==1', 'f.cnf:1: found \'=\'; accepted: the value of "a"'],
    ['\na=', 'f.cnf:2: found the end of the file; accepted: the value of "a"'],
    ['a=secret', 'f.cnf:1: found a word without quotes; accepted: the value of "a" (a text stands in double quotes)'],
    ["a='x'", 'f.cnf:1: found "\'"; accepted: texts stand in double quotes'],
    ['a=1\nb=@', 'f.cnf:2: found "@"; accepted: a name, a value, or one of = : , ; { } ( ) [ ]'],
    ['\n\na="x', "f.cnf:3: a text that is never closed; accepted is '\"' at its end"],
    ['a=1 /* x', "f.cnf:1: a comment '/*' that is never closed; accepted is '*/' at its end"],
    ['a={b=1', "f.cnf:1: found the end of the file; accepted: the name of a setting, or '}'"],
    ['a=1}', "f.cnf:1: found '}'; accepted: the name of a setting"],
    ['a=(1 2)', "f.cnf:1: found 2; accepted: ',' between two values, or ')'"],
    ['a=({b=1}\n{b=2})', "f.cnf:2: found '{'; accepted: ',' between two values, or ')'"],
    ['a=(,)', "f.cnf:1: found ','; accepted: a value, or ')'"],
    ['a=[1,"x"]', 'f.cnf:1: found a text in an array; accepted are values of one type, here integer'],
    ['a=[{b=1}]', "f.cnf:1: found '{'; accepted: a simple value, or ']'"],
    ['true=1', 'f.cnf:1: found true; accepted: the name of a setting'],
    ['5=1', 'f.cnf:1: found 5; accepted: the name of a setting'],
    ['a=1;;', "f.cnf:1: found ';'; accepted: the name of a setting"],
    ['a=089', 'f.cnf:1: found 089: a leading zero makes it octal; accepted are the digits 0 to 7, or no leading zero'],
    ['a=99999999999999999999', 'f.cnf:1: found 99999999999999999999; accepted are integers of at most 9007199254740991'],
    ['@include "x"', 'f.cnf:1: \'@include "x"\' is not accepted here'],
    ['a=1 @include "x"', "f.cnf:1: '@include' in the middle of a line; accepted at the beginning of a line"],
  ])('%j', (text, message) => {
    let found = '';
    try {
      parse(text);
    } catch (error) {
      found = String(error);
    }
    expect(found).toBe(message);
  });

  test('nesting has a limit', () => expect(() => parse('a='.concat('('.repeat(5000)))).toThrow('nested more than 100 deep'));
});

describe('@include', () => {
  const files: Record<string, string> = { b: 'x=1\n@include "c"\n', c: 'y=2', self: '@include "self"', bad: '\nz=' };
  const read = (path: string): { file: string; text: string } => {
    if (!Object.hasOwn(files, path)) throw new Error('no such file');
    return { file: path, text: files[path]! };
  };

  test('stands for the text of the file, inside groups too', () => {
    const root = parseCnf('g={\n  @include "b"\n}\nw=3', 'a', read);
    expect(plain(root)).toEqual({ g: { x: 1, y: 2 }, w: 3 });
    const group = root.settings[0]!.value;
    expect(group.type === 'group' && group.settings.map((setting) => `${setting.file}:${setting.line}`)).toEqual(['b:1', 'c:1']);
    expect(root.settings[1]!.line).toBe(4);
  });

  test.each([
    ['@include "none"', 'a:1: can not read the included file "none": no such file'],
    ['\n@include "self"', 'self:1: \'@include "self"\' is nested more than 10 deep'],
    // The included file ends in front of its value, so the next token is the includer's.
    ['@include "bad"\n', 'a:2: found the end of the file; accepted: the value of "z"'],
  ])('%j', (text, message) => {
    expect(() => parseCnf(text, 'a', read)).toThrow(message.replace(/^\w+:\d+: /, ''));
    try {
      parseCnf(text, 'a', read);
    } catch (error) {
      expect(String(error)).toBe(message);
    }
  });
});
