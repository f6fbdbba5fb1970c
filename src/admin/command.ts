import type { AdminContext, AdminRole, AdminSession } from './context.js';
import type { AdminReply } from './reply.js';

/** A statement as commands look at it. */
export interface AdminStatement {
  /** As sent, without leading blanks and comments, trailing `;` and blanks. */
  readonly text: string;
  /** The same with each run of blanks as one space, upper case: for matching of commands without literals. */
  readonly upper: string;
}

/** One command of the admin port, in a file of its own. */
export interface AdminCommand {
  readonly pattern: RegExp;
  /** Which form of the statement the pattern is for. */
  readonly matches: 'text' | 'upper';
  readonly roles: readonly AdminRole[];
  /** Refused while admin-read_only is true. */
  readonly changes: boolean;
  run(match: RegExpMatchArray, context: AdminContext, session: AdminSession): AdminReply | Promise<AdminReply>;
}

export const everybody: readonly AdminRole[] = ['admin', 'stats'];
export const adminsOnly: readonly AdminRole[] = ['admin'];

/**
 * Strips what ProxySQL strips: blanks, comments in front and at the end, `;` at the end. Comments in front are what clients and people put there, also those
 * of mysqldump with code for servers; within a statement such code is part of it.
 */
export function statementOf(sent: string): AdminStatement {
  let text = sent.trim();
  for (;;) {
    const shorter = withoutLastComment(
      text.replace(/^(?:\/\*[\s\S]*?\*\/|--\s[^\n]*(?:\n|$)|#[^\n]*(?:\n|$))\s*/, '').replace(/[;\s\0]+$/, ''),
    );
    if (shorter === text) break;
    text = shorter;
  }
  text = text.replace(VERSION_CODE, (part, code: string | undefined) => code ?? part);
  return { text, upper: text.replace(/\s+/g, ' ').toUpperCase() };
}

/** Without a comment at the end, where no quote stands in front of it: what follows a quote may be part of a text. */
function withoutLastComment(text: string): string {
  const start = text.endsWith('*/') ? text.lastIndexOf('/*') : -1;
  return start < 0 || text[start + 2] === '!' || /['"`]/.test(text) ? text : text.slice(0, start).trimEnd();
}

/** Strings, which stay; or the code in a version comment. Runs of plain characters are one step: each step of a group costs stack. */
const VERSION_CODE = /'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|"[^"\\]*(?:(?:\\.|"")[^"\\]*)*"|`[^`]*`|\/\*M?!\d*\s*([\s\S]*?)\*\//g;

/** Characters behind a backslash that stand for another one (MySQL manual, String Literals); `\\%` and `\\_` stay, for patterns. */
const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };

/** The text of a quoted literal or a bare word. */
export function literalOf(text: string): string {
  const trimmed = text.trim();
  const quote = trimmed[0];
  if (trimmed.length >= 2 && (quote === "'" || quote === '"' || quote === '`') && trimmed.at(-1) === quote) {
    return trimmed
      .slice(1, -1)
      .replaceAll(quote + quote, quote)
      .replace(/\\([^%_])/gs, (_match, escaped: string) => ESCAPES[escaped] ?? escaped);
  }
  return trimmed;
}

/** A LIKE pattern as a test of whole names, caseless as SQLite's; a backslash takes the meaning off the next character. */
export function likeTest(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\\([\s\S])|[\s\S]/g, (character, escaped: string | undefined) => {
    if (escaped === undefined && character === '%') return '.*';
    if (escaped === undefined && character === '_') return '.';
    return (escaped ?? character).replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  const regex = new RegExp(`^${source}$`, 'is');
  return (name) => regex.test(name);
}
