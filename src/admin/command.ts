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
 * Strips what ProxySQL strips. Comments in front are what clients and people put there; `/*!…` of mysqldump is not code here.
 */
export function statementOf(sent: string): AdminStatement {
  let text = sent.trim();
  for (;;) {
    const shorter = text.replace(/^(?:\/\*[\s\S]*?\*\/|--\s[^\n]*(?:\n|$)|#[^\n]*(?:\n|$))\s*/, '').replace(/[;\s\0]+$/, '');
    if (shorter === text) break;
    text = shorter;
  }
  return { text, upper: text.replace(/\s+/g, ' ').toUpperCase() };
}

/** The text of a quoted literal or a bare word. */
export function literalOf(text: string): string {
  const trimmed = text.trim();
  const quote = trimmed[0];
  if (trimmed.length >= 2 && (quote === "'" || quote === '"' || quote === '`') && trimmed.at(-1) === quote) {
    return trimmed
      .slice(1, -1)
      .replaceAll(quote + quote, quote)
      .replace(/\\(.)/g, '$1');
  }
  return trimmed;
}

/** A LIKE pattern as a test of whole names, caseless as SQLite's. */
export function likeTest(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  const regex = new RegExp(`^${source}$`, 'is');
  return (name) => regex.test(name);
}
