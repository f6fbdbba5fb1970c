import { CnfError, type CnfPlace } from './cnf-types.js';

export type CnfPunctuation = '=' | ',' | ';' | '{' | '}' | '(' | ')' | '[' | ']';
export type CnfToken = CnfPlace &
  (
    | { readonly kind: 'punctuation'; readonly text: CnfPunctuation }
    | { readonly kind: 'name'; readonly text: string }
    | { readonly kind: 'string'; readonly text: string }
    | { readonly kind: 'include'; readonly text: string }
    | { readonly kind: 'integer' | 'float'; readonly text: string; readonly value: number }
    | { readonly kind: 'boolean'; readonly text: string; readonly value: boolean }
    | { readonly kind: 'end'; readonly text: '' }
  );

const blanks = /[ \t\r\f\n]+/y;
const lineComment = /(?:#|\/\/)[^\n]*/y;
const namePattern = /[A-Za-z*][-A-Za-z0-9_*]*/y;
const includeOpen = /@include[ \t]+"/y;
const basedInteger = /0(?:[xX][0-9A-Fa-f]+|[bB][01]+|[oOqQ][0-7]+)(?:LL?)?/y;
const floatNumber = /[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)/y;
const decimalInteger = /[-+]?[0-9]+(?:LL?)?/y;
const simpleEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', '\\': '\\', '"': '"' };

/** The tokens of one text; the last one is `end`. Lexical rules are those of libconfig 1.7, which ProxySQL uses. */
export function tokenizeCnf(text: string, file: string): CnfToken[] {
  return new CnfLexer(text, file).tokens();
}

class CnfLexer {
  private position: number;
  private line = 1;
  private readonly result: CnfToken[] = [];

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {
    this.position = text.startsWith('\uFEFF') ? 1 : 0;
  }

  tokens(): CnfToken[] {
    while (this.skipBlank()) this.result.push(this.next());
    this.result.push({ kind: 'end', text: '', ...this.place() });
    return this.result;
  }

  private place(): CnfPlace {
    return { file: this.file, line: this.line };
  }

  /** Skips blanks and comments; false at the end of the text. */
  private skipBlank(): boolean {
    for (;;) {
      if (this.take(blanks) !== null || this.take(lineComment) !== null || this.takeBlockComment()) continue;
      return this.position < this.text.length;
    }
  }

  private takeBlockComment(): boolean {
    if (!this.text.startsWith('/*', this.position)) return false;
    const end = this.text.indexOf('*/', this.position + 2);
    if (end < 0) throw new CnfError(this.place(), "a comment '/*' that is never closed; accepted is '*/' at its end");
    this.advance(end + 2);
    return true;
  }

  private next(): CnfToken {
    const place = this.place();
    const character = this.text[this.position]!;
    if (character === '"') return { kind: 'string', text: unescapeText(this.takeQuoted(this.position + 1)), ...place };
    const include = this.take(includeOpen);
    if (include !== null) return this.finishInclude(place);
    const punctuation = this.takePunctuation();
    if (punctuation !== null) return { kind: 'punctuation', text: punctuation, ...place };
    return this.takeNumber(place) ?? this.takeWord(place) ?? this.refuse(place, character);
  }

  private finishInclude(place: CnfPlace): CnfToken {
    const before = this.text.slice(this.text.lastIndexOf('\n', this.position - 1) + 1, this.position);
    if (!/^[ \t]*@include/.test(before))
      throw new CnfError(place, "'@include' in the middle of a line; accepted at the beginning of a line");
    return { kind: 'include', text: this.takeQuoted(this.position).replace(/\\([\\"])/g, '$1'), ...place };
  }

  private takePunctuation(): CnfPunctuation | null {
    const character = this.text[this.position]!;
    if (!'=:,;{}()[]'.includes(character)) return null;
    this.position += 1;
    return (character === ':' ? '=' : character) as CnfPunctuation;
  }

  private takeWord(place: CnfPlace): CnfToken | null {
    const word = this.take(namePattern);
    if (word === null) return null;
    const lower = word.toLowerCase();
    if (lower === 'true' || lower === 'false') return { kind: 'boolean', text: word, value: lower === 'true', ...place };
    return { kind: 'name', text: word, ...place };
  }

  private takeNumber(place: CnfPlace): CnfToken | null {
    const based = this.take(basedInteger);
    if (based !== null) return { kind: 'integer', text: based, value: integerOf(based, place), ...place };
    const float = this.take(floatNumber);
    if (float !== null) return { kind: 'float', text: float, value: Number(float), ...place };
    const decimal = this.take(decimalInteger);
    return decimal === null ? null : { kind: 'integer', text: decimal, value: integerOf(decimal, place), ...place };
  }

  /** The raw text from `start` up to its closing quote. */
  private takeQuoted(start: number): string {
    for (let index = start; index < this.text.length; index++) {
      const character = this.text[index];
      if (character === '\\') index += 1;
      else if (character === '"') {
        this.advance(index + 1);
        return this.text.slice(start, index);
      }
    }
    throw new CnfError(this.place(), "a text that is never closed; accepted is '\"' at its end");
  }

  private refuse(place: CnfPlace, character: string): never {
    const hint = character === "'" ? 'texts stand in double quotes' : 'a name, a value, or one of = : , ; { } ( ) [ ]';
    throw new CnfError(place, `found ${JSON.stringify(character)}; accepted: ${hint}`);
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return null;
    this.advance(this.position + match[0].length);
    return match[0];
  }

  private advance(to: number): void {
    for (let at = this.text.indexOf('\n', this.position); at >= 0 && at < to; at = this.text.indexOf('\n', at + 1)) this.line += 1;
    this.position = to;
  }
}

/** An unknown escape keeps its backslash, as in libconfig: regular expressions are written so. `\\xNN` are bytes of UTF-8. */
function unescapeText(raw: string): string {
  return raw.replace(/(?:\\[xX][0-9A-Fa-f]{2})+|\\([nrtf\\"])/g, (whole, simple: string | undefined) =>
    simple === undefined ? Buffer.from(whole.replace(/\\[xX]/g, ''), 'hex').toString('utf8') : simpleEscapes[simple]!,
  );
}

/** Hexadecimal, binary, octal (also C's leading zero, as strtoll reads it) and decimal, with or without libconfig's L or LL. */
function integerOf(token: string, place: CnfPlace): number {
  const text = token.replace(/L+$/, '');
  const unsigned = text.replace(/^[-+]/, '');
  const isLeadingZero = /^0[0-9]+$/.test(unsigned);
  if (isLeadingZero && /[89]/.test(unsigned)) {
    throw new CnfError(place, `found ${text}: a leading zero makes it octal; accepted are the digits 0 to 7, or no leading zero`);
  }
  const magnitude = Number(isLeadingZero ? `0o${unsigned}` : unsigned.replace(/^0[qQ]/, '0o'));
  if (!Number.isSafeInteger(magnitude)) {
    throw new CnfError(place, `found ${text}; accepted are integers of at most ${Number.MAX_SAFE_INTEGER}`);
  }
  return text.startsWith('-') && magnitude !== 0 ? -magnitude : magnitude;
}
