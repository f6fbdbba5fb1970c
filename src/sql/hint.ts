import type { Hint } from './verdict.js';

const WRITER: Hint = { target: 'writer' };
const READER: Hint = { target: 'reader' };
const WEIR_HINT = /^\s*weir:(writer|reader)\s*$/i;
const MAX_HINT_LENGTH = 512;

/**
 * The hint in one plain block comment, given with its slashes and stars; null when there is none.
 * `weir:writer` and `weir:reader` stand alone; `hostgroup=N` may stand among `key=value;key=value` as ProxySQL reads its first comment.
 */
export function parseHint(comment: string, isFirst: boolean): Hint | null {
  if (comment.length > MAX_HINT_LENGTH) return null;
  const content = comment.slice(2, -2);
  const weir = WEIR_HINT.exec(content);
  if (weir !== null) return weir[1]!.toLowerCase() === 'writer' ? WRITER : READER;
  return isFirst ? hostgroupHint(content) : null;
}

function hostgroupHint(content: string): Hint | null {
  for (const pair of content.split(';')) {
    const match = /^\s*hostgroup\s*=\s*(\d{1,9})\s*$/i.exec(pair);
    if (match !== null) return { hostgroup: Number(match[1]) };
  }
  return null;
}
