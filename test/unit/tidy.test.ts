import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type SourceFile, sourceFiles } from '../support/sources.js';

const LONGEST_FILE_LINES = 400;
/** Files that may be longer, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'src/protocol/reply-tracker.ts': 'one state machine over every reply shape; its states call each other',
};

const source = sourceFiles('src');
const all = [...source, ...sourceFiles('test', ['.ts', '.mjs']), ...sourceFiles('bench', ['.ts', '.mjs'])];
const texts = [...all, ...['deploy', 'docs', 'rules', '.ci'].flatMap((folder) => sourceFiles(folder, ['']))];

/** Runs `visit` on every node of a file's tree and collects where it says so. */
function find(file: SourceFile, isWrong: (node: ts.Node) => boolean): string[] {
  const tree = ts.createSourceFile(file.name, file.text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isWrong(node)) found.push(`${file.name}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

describe('tidy', () => {
  it('has no any and no enum', () => {
    const isUnwanted = (node: ts.Node): boolean => node.kind === ts.SyntaxKind.AnyKeyword || ts.isEnumDeclaration(node);
    expect(all.filter((file) => file.name.endsWith('.ts')).flatMap((file) => find(file, isUnwanted))).toEqual([]);
  });

  it('writes to the console nowhere in src', () => {
    const isConsole = (node: ts.Node): boolean =>
      ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'console';
    expect(source.flatMap((file) => find(file, isConsole))).toEqual([]);
  });

  it('has no default export in src', () => {
    expect(source.flatMap((file) => find(file, ts.isExportAssignment))).toEqual([]);
  });

  it('has no long file without a reason', () => {
    const isLong = (file: SourceFile): boolean => file.text.split('\n').length - 1 > LONGEST_FILE_LINES;
    const long = source.filter(isLong).map((file) => file.name);
    expect(long.filter((name) => LONG_FILES[name] === undefined)).toEqual([]);
    const needless = Object.keys(LONG_FILES).filter((name) => !long.includes(name));
    expect(needless, 'no longer long: take them off the list').toEqual([]);
  });

  it('leaves nothing for later', () => {
    // Written in two pieces so that this file passes its own test.
    const marker = new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\bX', 'XX\\b'].join(''));
    expect(texts.filter((file) => marker.test(file.text)).map((file) => file.name)).toEqual([]);
  });

  it('names no place of the machine that it was written on', () => {
    const place = new RegExp(['/wo', 'rk/|/tmp/pl', 'an|farm-[a-z]|\\.libr', 'ary/'].join(''));
    expect(texts.filter((file) => place.test(file.text)).map((file) => file.name)).toEqual([]);
  });

  it('ends every file with one line end and has no tabs or trailing blanks in code', () => {
    const isUntidy = (file: SourceFile): boolean => !/[^\n]\n$/.test(file.text) || /[ \t]+$/m.test(file.text) || /^\t/m.test(file.text);
    expect(all.filter((file) => file.text !== '' && isUntidy(file)).map((file) => file.name)).toEqual([]);
  });
});
