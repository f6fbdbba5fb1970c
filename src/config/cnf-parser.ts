import { type CnfPunctuation, type CnfToken, tokenizeCnf } from './cnf-lexer.js';
import {
  type CnfArray,
  CnfError,
  type CnfGroup,
  type CnfList,
  type CnfScalar,
  type CnfSetting,
  type CnfValue,
  describeCnfValue,
} from './cnf-types.js';

/** Gives the text and the full name of a file that `@include "path"` in `fromFile` names. Throws what the file system throws. */
export type CnfIncludeReader = (path: string, fromFile: string) => { readonly file: string; readonly text: string };

/** As in libconfig; also what ends a file that includes itself. */
const maxIncludeDepth = 10;
/** libconfig is bounded by its parser's stack; a configuration needs three levels. */
const maxNesting = 100;

/**
 * Parses libconfig text: settings `name = value` or `name : value` with `;`, `,` or nothing behind them.
 * Every name and value knows its file and line. The same name twice in a group is left for the reader of the group to report.
 * @param file name for messages
 * @throws CnfError at the first text that is not libconfig
 */
export function parseCnf(text: string, file: string, readInclude?: CnfIncludeReader): CnfGroup {
  const parser = new CnfParser(expandIncludes(tokenizeCnf(text, file), readInclude, 1));
  return { type: 'group', settings: parser.settings('end'), file, line: 1 };
}

function expandIncludes(tokens: readonly CnfToken[], read: CnfIncludeReader | undefined, depth: number): CnfToken[] {
  return tokens.flatMap((token) => (token.kind === 'include' ? includedTokens(token, read, depth) : [token]));
}

function includedTokens(token: CnfToken, read: CnfIncludeReader | undefined, depth: number): CnfToken[] {
  if (read === undefined) throw new CnfError(token, `'@include "${token.text}"' is not accepted here`);
  if (depth > maxIncludeDepth) throw new CnfError(token, `'@include "${token.text}"' is nested more than ${maxIncludeDepth} deep`);
  const included = readIncluded(token, read);
  return expandIncludes(tokenizeCnf(included.text, included.file), read, depth + 1).slice(0, -1);
}

function readIncluded(token: CnfToken, read: CnfIncludeReader): { readonly file: string; readonly text: string } {
  try {
    return read(token.text, token.file);
  } catch (error) {
    throw new CnfError(token, `can not read the included file "${token.text}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

class CnfParser {
  private position = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly CnfToken[]) {}

  settings(closing: '}' | 'end'): CnfSetting[] {
    const result: CnfSetting[] = [];
    while (!this.isAt(closing)) result.push(this.setting(closing));
    return result;
  }

  private peek(): CnfToken {
    return this.tokens[this.position]!;
  }

  private isAt(wanted: CnfPunctuation | 'end'): boolean {
    const token = this.peek();
    return wanted === 'end' ? token.kind === 'end' : token.kind === 'punctuation' && token.text === wanted;
  }

  private take(wanted: CnfPunctuation): boolean {
    if (!this.isAt(wanted)) return false;
    this.position += 1;
    return true;
  }

  private setting(closing: '}' | 'end'): CnfSetting {
    const name = this.peek();
    if (name.kind !== 'name') throw this.unexpected(closing === 'end' ? 'the name of a setting' : "the name of a setting, or '}'");
    this.position += 1;
    if (!this.take('=')) throw this.unexpected(`'=' or ':' after "${name.text}"`);
    const value = this.value(`the value of "${name.text}"`);
    if (!this.take(';')) this.take(',');
    return { name: name.text, value, file: name.file, line: name.line };
  }

  private value(wanted: string): CnfValue {
    const token = this.peek();
    if (token.kind !== 'punctuation') return this.scalar(wanted);
    if (token.text === '{') return this.nested(() => this.group(token));
    if (token.text === '(') return this.nested(() => this.list(token));
    if (token.text === '[') return this.nested(() => this.array(token));
    throw this.unexpected(wanted);
  }

  private nested<Value>(parse: () => Value): Value {
    if (this.depth >= maxNesting) throw new CnfError(this.peek(), `nested more than ${maxNesting} deep`);
    this.depth += 1;
    this.position += 1;
    const value = parse();
    this.depth -= 1;
    return value;
  }

  private group({ file, line }: CnfToken): CnfGroup {
    const settings = this.settings('}');
    this.position += 1;
    return { type: 'group', settings, file, line };
  }

  private list({ file, line }: CnfToken): CnfList {
    return { type: 'list', items: this.items(')', () => this.value("a value, or ')'")), file, line };
  }

  private array({ file, line }: CnfToken): CnfArray {
    const items = this.items(']', () => this.scalar("a simple value, or ']'"));
    const odd = items.find((item) => item.type !== items[0]!.type);
    if (odd) throw new CnfError(odd, `found ${describeCnfValue(odd)} in an array; accepted are values of one type, here ${items[0]!.type}`);
    return { type: 'array', items, file, line };
  }

  /** Commas stand between values; one more behind the last is accepted. */
  private items<Item extends CnfValue>(closing: ')' | ']', parse: () => Item): Item[] {
    const items: Item[] = [];
    while (!this.take(closing)) {
      items.push(parse());
      if (this.take(',')) continue;
      if (!this.isAt(closing)) throw this.unexpected(`',' between two values, or '${closing}'`);
    }
    return items;
  }

  private scalar(wanted: string): CnfScalar {
    const token = this.peek();
    const { file, line } = token;
    switch (token.kind) {
      case 'integer':
      case 'float':
        this.position += 1;
        return { type: token.kind, value: token.value, file, line };
      case 'boolean':
        this.position += 1;
        return { type: 'boolean', value: token.value, file, line };
      case 'string':
        return { type: 'string', value: this.adjacentStrings(), file, line };
      case 'name':
      case 'include':
      case 'punctuation':
      case 'end':
        throw this.unexpected(wanted);
    }
  }

  private adjacentStrings(): string {
    let result = '';
    for (let token = this.peek(); token.kind === 'string'; token = this.peek()) {
      result += token.text;
      this.position += 1;
    }
    return result;
  }

  private unexpected(wanted: string): CnfError {
    const token = this.peek();
    // A word where a value should be may be a password that lost its quotes: it is not repeated in a message.
    const isBareWord = token.kind === 'name' && wanted.includes('value');
    const found = isBareWord ? 'a word without quotes' : describeToken(token);
    return new CnfError(token, `found ${found}; accepted: ${wanted}${isBareWord ? ' (a text stands in double quotes)' : ''}`);
  }
}

function describeToken(token: CnfToken): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the file';
    case 'string':
      return 'a text';
    case 'name':
      return `the name "${token.text}"`;
    case 'include':
      return '@include';
    case 'punctuation':
      return `'${token.text}'`;
    case 'integer':
    case 'float':
    case 'boolean':
      return token.text;
  }
}
