import { statementOf } from './command.js';

/**
 * Strings, names, comments (each to the end of the text where it is not closed) and what is looked for outside of them. A backslash
 * means nothing, as in SQLite; a doubled quote is two tokens, which makes no difference here.
 */
const TOKENS = /'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[;?]/g;

/** The statements of a query, without blank ones and plain comments behind the last; the text itself when it is one. */
export function splitStatements(text: string): string[] {
  if (!text.includes(';')) return [text];
  const statements: string[] = [];
  let start = 0;
  for (const end of [...positionsOf(text, ';'), text.length]) {
    const statement = text.slice(start, end);
    start = end + 1;
    if (hasContent(statement)) statements.push(statement);
  }
  return statements.length < 2 ? [text] : statements;
}

/** Where the `?` of parameters are: outside of strings, names and comments. */
export function parameterMarks(text: string): number[] {
  return text.includes('?') ? positionsOf(text, '?') : [];
}

/** The text with something else at each mark. */
export function replaceMarks(text: string, marks: readonly number[], replacement: (index: number) => string): string {
  const parts = marks.map((mark, index) => text.slice(index === 0 ? 0 : marks[index - 1]! + 1, mark) + replacement(index));
  return parts.join('') + text.slice(marks.length === 0 ? 0 : marks.at(-1)! + 1);
}

function positionsOf(text: string, wanted: ';' | '?'): number[] {
  const positions: number[] = [];
  for (const token of text.matchAll(TOKENS)) if (token[0] === wanted) positions.push(token.index);
  return positions;
}

/** Version comments are statements to those who send them. */
const hasContent = (text: string): boolean => /\/\*M?!/.test(text) || statementOf(text).text !== '';
