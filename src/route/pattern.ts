/**
 * The regular expressions of query rules, written for PCRE or RE2, as JavaScript ones.
 * What means the same is translated; what JavaScript can not do is an error and never a silently different rule.
 */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};

const ESCAPES: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
  z: '(?![\\s\\S])',
  h: '[ \\t]',
  H: '[^ \\t]',
  R: '(?:\\r\\n|[\\n\\v\\f\\r])',
  a: '\\x07',
  e: '\\x1b',
};
const IMPOSSIBLE_ESCAPES = 'GKXCpPg';

/**
 * @param modifiers of CASELESS and GLOBAL; GLOBAL only matters for replacing
 * @throws PatternError saying what can not be translated
 */
export function compilePattern(pattern: string, modifiers: readonly string[]): RegExp {
  const translation = new Translation(pattern);
  const source = translation.run();
  const caseless = translation.caseless ?? modifiers.some((modifier) => modifier.toUpperCase() === 'CASELESS');
  try {
    return new RegExp(source, `${caseless ? 'i' : ''}${translation.multiline ? 'm' : ''}`);
  } catch (cause) {
    throw new PatternError(`not a regular expression: ${(cause as Error).message}`, { cause });
  }
}

/** What is wrong with the pattern of a rule, or null; for those who check configuration. */
export function patternProblem(pattern: string, modifiers: readonly string[]): string | null {
  try {
    compilePattern(pattern, modifiers);
    return null;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

class Translation {
  /** From `(?i)` or `(?-i)` at the start; null when the pattern says nothing. */
  caseless: boolean | null = null;
  multiline = false;
  private dotAll = false;
  private position = 0;
  private output = '';

  constructor(private readonly pattern: string) {}

  run(): string {
    this.leadingFlags();
    while (this.position < this.pattern.length) this.next();
    return this.output;
  }

  private leadingFlags(): void {
    for (;;) {
      const match = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/.exec(this.pattern.slice(this.position));
      if (match === null) return;
      for (const flag of match[1] ?? '') this.setFlag(flag, true);
      for (const flag of match[2] ?? '') this.setFlag(flag, false);
      this.position += match[0].length;
    }
  }

  private setFlag(flag: string, value: boolean): void {
    if (flag === 'i') this.caseless = value;
    else if (flag === 's') this.dotAll = value;
    else if (flag === 'm') this.multiline = value;
    else throw new PatternError(`the flag (?${flag}) is not supported`);
  }

  private next(): void {
    const character = this.pattern[this.position]!;
    if (character === '\\') this.escape();
    else if (character === '[') this.characterClass();
    else if (character === '(') this.group();
    else if (character === '.') this.put(this.dotAll ? '[\\s\\S]' : '[^\\n]', 1);
    else if (character === '$') this.put(this.multiline ? '$' : '(?=\\n?(?![\\s\\S]))', 1);
    else if ('*+?}'.includes(character)) this.quantifier(character);
    else this.put(character, 1);
  }

  private put(text: string, consumed: number): void {
    this.output += text;
    this.position += consumed;
  }

  private quantifier(character: string): void {
    const follower = this.pattern[this.position + 1];
    const isCount = character !== '}' || /\{\d+(,\d*)?\}$/.test(this.pattern.slice(0, this.position + 1));
    if (follower === '+' && isCount) throw new PatternError(`the possessive quantifier ${character}+ is not supported`);
    if (follower === '?' && isCount) this.put(`${character}?`, 2);
    else this.put(character, 1);
  }

  private escape(): void {
    const letter = this.pattern[this.position + 1];
    if (letter === undefined) throw new PatternError('a backslash stands at the end');
    if (letter === 'Q') {
      this.quoted();
      return;
    }
    if (IMPOSSIBLE_ESCAPES.includes(letter)) throw new PatternError(`\\${letter} is not supported`);
    this.put(Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter]! : `\\${letter}`, 2);
  }

  /** \Q…\E */
  private quoted(): void {
    const end = this.pattern.indexOf('\\E', this.position);
    const text = this.pattern.slice(this.position + 2, end === -1 ? undefined : end);
    this.put(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), text.length + (end === -1 ? 2 : 4));
  }

  private characterClass(): void {
    let index = this.position + 1;
    let text = '[';
    if (this.pattern[index] === '^') text += this.pattern[index++]!;
    // A bracket directly behind the opening is a character of the class.
    if (this.pattern[index] === ']') {
      text += '\\]';
      index += 1;
    }
    for (;;) {
      const character = this.pattern[index];
      if (character === undefined) throw new PatternError('a character class is not closed');
      if (character === ']') break;
      const part = this.classPart(index);
      text += part.text;
      index += part.length;
    }
    this.put(`${text}]`, index + 1 - this.position);
  }

  private classPart(index: number): { text: string; length: number } {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.pattern.slice(index));
    if (posix !== null) {
      const members = POSIX_CLASSES[posix[2]!];
      if (members === undefined || posix[1] === '^') throw new PatternError(`the class ${posix[0]} is not supported`);
      return { text: members, length: posix[0].length };
    }
    if (this.pattern[index] === '[') return { text: '\\[', length: 1 };
    if (this.pattern[index] !== '\\') return { text: this.pattern[index]!, length: 1 };
    const letter = this.pattern[index + 1] ?? '';
    if (letter === 'h') return { text: ' \\t', length: 2 };
    if (letter === 'e') return { text: '\\x1b', length: 2 };
    if (letter === 'a') return { text: '\\x07', length: 2 };
    if (letter !== '' && 'QERHpPNX'.includes(letter)) throw new PatternError(`\\${letter} in a class is not supported`);
    return { text: `\\${letter}`, length: 2 };
  }

  private group(): void {
    const rest = this.pattern.slice(this.position);
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment !== null) {
      this.put('', comment[0].length);
      return;
    }
    const named = /^\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest);
    if (named !== null) {
      this.put(`(?<${named[1] ?? named[2]}>`, named[0].length);
      return;
    }
    const known = /^\(\?(?:[:=!]|<[=!])/.exec(rest);
    if (known !== null) this.put(known[0], known[0].length);
    else if (rest.startsWith('(?') || rest.startsWith('(*')) throw new PatternError(`the group ${rest.slice(0, 4)}… is not supported`);
    else this.put('(', 1);
  }
}
