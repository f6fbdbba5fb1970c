import type { Token } from '../token.js';
import { Statement } from './statement.js';

const ROUTINES: ReadonlySet<string> = new Set(['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT', 'PACKAGE']);
/** Behind them, names and columns may be called like a routine. */
const OTHER_OBJECTS: ReadonlySet<string> = new Set(['TABLE', 'VIEW', 'INDEX', 'DATABASE', 'SCHEMA', 'SEQUENCE', 'USER', 'ROLE', 'SERVER']);

/** The statement, or the beginning of one that was taken apart at a `;` of its body, makes a procedure or something of its kind. */
export function createsRoutine(tokens: readonly Token[]): boolean {
  if (tokens[0]?.key !== 'CREATE') return false;
  const object = tokens.find(({ key }) => ROUTINES.has(key) || OTHER_OBJECTS.has(key));
  return object !== undefined && ROUTINES.has(object.key);
}

/** Behind END they close what `depth` does not count. */
const UNCOUNTED: ReadonlySet<string> = new Set(['IF', 'LOOP', 'REPEAT', 'WHILE']);

/**
 * The head of a text that is nothing but CREATE PROCEDURE, FUNCTION, TRIGGER or EVENT with a body from BEGIN to the END of the text; its `;` do not
 * separate statements ("Compound Statements" of the manuals). null for everything else, and where the blocks do not come out even: BEGIN
 * and END may be names, too.
 */
export function routineHead(tokens: readonly Token[]): Statement | null {
  const begin = tokens.findIndex(({ key }) => key === 'BEGIN' || key === ';');
  if (tokens[begin]?.key !== 'BEGIN') return null;
  const head = tokens.slice(0, begin);
  if (!createsRoutine(head)) return null;
  const end = endOfBlock(tokens, begin);
  if (end === -1) return null;
  const rest = tokens.slice(end + 1).filter(({ key }) => key !== ';');
  // A label may stand behind it.
  return rest.length === 0 || (rest.length === 1 && tokens[end + 1] === rest[0]) ? new Statement(head) : null;
}

/** Index of the END that closes the block at `begin`; -1: none does. */
function endOfBlock(tokens: readonly Token[], begin: number): number {
  let depth = 0;
  for (let index = begin; index < tokens.length; index++) {
    const { key } = tokens[index]!;
    if (key === 'BEGIN' || key === 'CASE') depth += 1;
    if (key !== 'END') continue;
    const next = tokens[index + 1]?.key ?? '';
    if (UNCOUNTED.has(next)) continue;
    depth -= 1;
    if (depth === 0) return index;
    if (next === 'CASE') index += 1;
  }
  return -1;
}
