import type { TextValue } from '../../protocol/packets/text-row.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import type { AdminContext, AdminSession } from '../context.js';
import { AdminError, rows } from '../reply.js';
import { SESSION_FUNCTIONS, systemVariable } from '../session-values.js';

const VARIABLE = String.raw`@@(?:global\.|session\.|local\.)?[\w-]+`;
const FUNCTION = String.raw`(?:${Object.keys(SESSION_FUNCTIONS).join('|')})\s*\(\s*\)|CURRENT_USER`;
const LITERAL = String.raw`-?\d+|'[^'\\]*(?:''[^'\\]*)*'|NULL`;
const EXPRESSION = String.raw`(?:${VARIABLE}|${FUNCTION}|${LITERAL}|\$\$)(?:\s+(?:AS\s+)?(?:"[^"]*"|'[^']*'|\x60[^\x60]*\x60|[A-Za-z_]\w*))?`;
/** One item of the list, with its alias. */
const ITEM = new RegExp(
  String.raw`(${VARIABLE}|${FUNCTION}|${LITERAL}|\$\$)(?:\s+(?:AS\s+)?("[^"]*"|'[^']*'|\x60[^\x60]*\x60|[A-Za-z_]\w*))?\s*(?:,|$)`,
  'giy',
);

/** SELECT of variables, functions about the session and plain values, each with or without alias; LIMIT and FROM DUAL may follow. */
export const selectSessionValue: AdminCommand = {
  pattern: new RegExp(`^SELECT\\s+(${EXPRESSION}(?:\\s*,\\s*${EXPRESSION})*)(?:\\s+FROM\\s+DUAL)?(?:\\s+LIMIT\\s+\\d+)?$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, list], context, session) {
    const items = itemsOf(list!).map(([expression, alias]) => ({
      column: alias === undefined ? expression : literalOf(alias),
      value: valueOfItem(expression, context, session),
    }));
    return rows(
      items.map((item) => item.column),
      [items.map((item) => item.value)],
    );
  },
};

function itemsOf(list: string): [string, string | undefined][] {
  const text = list.trim();
  const items: [string, string | undefined][] = [];
  ITEM.lastIndex = 0;
  while (ITEM.lastIndex < text.length) {
    const match = ITEM.exec(text);
    if (match === null) throw new AdminError(`can not read ${text}`);
    items.push([match[1]!, match[2]]);
    while (/\s/.test(text[ITEM.lastIndex] ?? '')) ITEM.lastIndex++;
  }
  return items;
}

function valueOfItem(expression: string, context: AdminContext, session: AdminSession): TextValue {
  // The mysql client asks at its start whether $$ is a quote, and does not read the rows of an answer.
  if (expression === '$$') throw new AdminError("Unknown column '$$' in 'field list'");
  if (expression.startsWith('@@')) return systemVariable(expression.slice(2).replace(/^(?:global|session|local)\./i, ''), context, session);
  if (/^NULL$/i.test(expression)) return null;
  if (/^-?\d+$/.test(expression)) return expression;
  if (expression.startsWith("'")) return literalOf(expression);
  const name = expression.replace(/\s*\(.*$/, '').toUpperCase();
  return SESSION_FUNCTIONS[name]!(context, session);
}
