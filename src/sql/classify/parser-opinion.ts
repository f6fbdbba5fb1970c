import mariadb from 'node-sql-parser/build/mariadb.js';
import mysql from 'node-sql-parser/build/mysql.js';
import { parserText } from '../digest-text.js';
import type { LexModes } from '../verdict.js';
import type { Findings } from './findings.js';
import { isPrimaryFunction, isReadFunction, KEYWORDS_BEFORE_PARENTHESIS } from './functions.js';
import type { Statement } from './statement.js';

/** Longer or deeper statements are judged by tokens alone: the parser's time grows faster than the text. */
const MAX_PARSED_TOKENS = 600;
const MAX_PARSED_DEPTH = 10;

const PARSERS = [new mysql.Parser(), new mariadb.Parser()] as const;

/**
 * Asks node-sql-parser for the tree of a statement that the tokens call a read, MySQL's grammar first. A tree that changes,
 * locks, assigns or calls something unknown makes the statement a write; a statement that both grammars refuse stays what the tokens say.
 */
export function askParser(statement: Statement, mode: LexModes, findings: Findings): void {
  if (statement.length > MAX_PARSED_TOKENS || depthOf(statement) > MAX_PARSED_DEPTH) return;
  const tree = parse(parserText(statement.tokens));
  if (tree === null) return;
  const objection = findObjection(tree, mode, findings.primaryOnly);
  if (objection !== null) findings.write(objection.code, objection.token, 'parser');
}

function depthOf(statement: Statement): number {
  let depth = 0;
  let deepest = 0;
  for (const token of statement.tokens) {
    if (token.key === '(') deepest = Math.max(deepest, ++depth);
    else if (token.key === ')') depth -= 1;
  }
  return deepest;
}

function parse(text: string): unknown {
  for (const parser of PARSERS) {
    try {
      return parser.astify(text);
    } catch {
      // Refused by this grammar, which knows less than the server: the next one is asked.
    }
  }
  return null;
}

interface Objection {
  readonly code: string;
  readonly token: string;
}

const READING_TYPES: ReadonlySet<string> = new Set(['select', 'union', 'show', 'desc', 'explain', 'values', 'table']);
const CHANGING_TYPES: ReadonlySet<string> = new Set([
  'insert',
  'replace',
  'update',
  'delete',
  'create',
  'alter',
  'drop',
  'truncate',
  'rename',
  'call',
  'use',
  'lock',
  'unlock',
  'load_data',
  'grant',
  'revoke',
  'set',
  'execute',
  'transaction',
  'analyze',
]);

/** @param primaryOnly the statement goes to the primary anyway: plans of changes are no objection */
function findObjection(tree: unknown, mode: LexModes, primaryOnly: boolean): Objection | null {
  const roots: readonly unknown[] = Array.isArray(tree) ? tree : [tree];
  for (const root of roots) {
    const type = isNode(root) ? String(root['type'] ?? '') : '';
    if (CHANGING_TYPES.has(type)) return { code: 'changes-by-tree', token: type };
    if (!READING_TYPES.has(type)) return { code: 'unknown-tree', token: type };
    if (primaryOnly && type === 'explain') continue;
    const found = walk(root, mode);
    if (found !== null) return found;
  }
  return null;
}

type TreeNode = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is TreeNode => typeof value === 'object' && value !== null;

function walk(value: unknown, mode: LexModes): Objection | null {
  if (!isNode(value)) return null;
  if (!Array.isArray(value)) {
    const objection = objectTo(value, mode);
    if (objection !== null) return objection;
  }
  for (const child of Object.values(value)) {
    const found = walk(child, mode);
    if (found !== null) return found;
  }
  return null;
}

function objectTo(node: TreeNode, mode: LexModes): Objection | null {
  const type = node['type'];
  if (node['locking_read']) return { code: 'locking-read', token: String(node['locking_read']) };
  const into = node['into'];
  if (isNode(into) && (into['type'] === 'into' || into['expr'])) return { code: 'into', token: String(into['keyword'] ?? '') };
  if (type === 'assign') return { code: 'assignment', token: ':=' };
  if (type === 'function') return objectToFunction(node, mode);
  if (typeof type === 'string' && node['ast'] === undefined && ['insert', 'replace', 'update', 'delete'].includes(type)) {
    return { code: 'changes-by-tree', token: type };
  }
  return null;
}

/** Names as the parser gives them: `{ name: [{ value }], schema: { value } }`. */
function objectToFunction(node: TreeNode, mode: LexModes): Objection | null {
  const name = node['name'];
  if (!isNode(name)) return null;
  const parts = Array.isArray(name['name']) ? name['name'] : [];
  const text = parts.map((part: unknown) => (isNode(part) ? String(part['value'] ?? '') : '')).join('.');
  const key = text.toUpperCase();
  const isKnown = isReadFunction(key, mode) || isPrimaryFunction(key, mode) || KEYWORDS_BEFORE_PARENTHESIS.has(key);
  if (name['schema'] === undefined && isKnown) return null;
  return { code: 'unknown-function', token: text };
}
