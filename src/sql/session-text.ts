import { type Assignment, parseAssignments } from './classify/set-statements.js';
import { type Statement, splitStatements, unquoteName } from './classify/statement.js';
import { tapeOf } from './text-tape.js';
import { LiteralKind, type Token, TokenKind } from './token.js';
import { LexMode, type LexModes } from './verdict.js';

/*
 * What a session needs of the text of a statement whose verdict says that the values matter. Each function answers null
 * when it is not sure; the session then does what is safe. The text is the whole COM_QUERY text.
 */

/** What a SET does to the character set of the connection, one step after the other. */
export type NamesStep =
  | {
      /** SET CHARACTER SET takes the collation of the connection from the current schema, SET NAMES does not. */
      readonly kind: 'names' | 'character-set';
      /** Lower case; `default` for DEFAULT. */
      readonly charset: string;
      /** Lower case, or null when not said. */
      readonly collation: string | null;
    }
  | {
      /** An assignment of character_set_… or collation_…, of the session. */
      readonly kind: 'variable';
      /** Lower case. */
      readonly name: string;
    };

/** The NAMES and CHARACTER SET clauses of a SET, and the variables of character sets that it assigns; other assignments are left out. */
export function parseNamesSteps(text: Uint8Array, mode: LexModes): readonly NamesStep[] | null {
  const steps: NamesStep[] = [];
  for (const assignment of setAssignments(text, mode) ?? [null]) {
    if (assignment === null || assignment.kind === 'unknown') return null;
    if (assignment.kind === 'names' || assignment.kind === 'character-set') {
      const step = namesClause(assignment.kind, assignment.value);
      if (step === null) return null;
      steps.push(step);
    } else if (assignment.kind === 'system-variable' && isOfSession(assignment) && /^(character_set|collation)_/.test(assignment.name)) {
      steps.push({ kind: 'variable', name: assignment.name });
    }
  }
  return steps;
}

function namesClause(kind: 'names' | 'character-set', value: Statement): NamesStep | null {
  const charset = valueText(value.at(0));
  if (charset === null) return null;
  if (value.length === 1) return { kind, charset, collation: null };
  const collation = value.key(1) === 'COLLATE' && value.length === 3 ? valueText(value.at(2)) : null;
  return collation === null ? null : { kind, charset, collation };
}

const isOfSession = ({ scope }: Assignment): boolean => scope === 'session' || scope === 'default';

const NAMES_VARIABLES = ['character_set_client', 'character_set_connection', 'character_set_results'];
const TRANSACTION_VARIABLES = ['transaction_isolation', 'transaction_read_only'];

/**
 * Names (lower case) of the session variables that the SETs of a text change, those behind SESSION TRANSACTION included. NAMES and CHARACTER
 * SET clauses count with their variables, without the collation, which no server reports.
 */
export function assignedSessionVariables(text: Uint8Array, mode: LexModes): readonly string[] | null {
  const assignments = setStatements(text, mode)?.flatMap(parseAssignments);
  if (assignments === undefined) return null;
  if (assignments.some((assignment) => assignment.kind === 'unknown')) return null;
  return [...new Set(assignments.flatMap(variablesOf))];
}

/** The SETs of a text but SET STATEMENT, those in version comments too; null when it has none, or has lexical doubts. */
export function setStatements(text: Uint8Array, mode: LexModes): readonly Statement[] | null {
  const statements = statementsOf(text, mode, true)?.filter((statement) => statement.key(0) === 'SET' && statement.key(1) !== 'STATEMENT');
  return statements === undefined || statements.length === 0 ? null : statements;
}

function variablesOf(assignment: Assignment): readonly string[] {
  switch (assignment.kind) {
    case 'names':
    case 'character-set':
      return NAMES_VARIABLES;
    case 'transaction':
      return assignment.scope === 'session' ? TRANSACTION_VARIABLES : [];
    case 'system-variable':
      return isOfSession(assignment) ? [assignment.name] : [];
    case 'user-variable':
    case 'unknown':
      return [];
  }
}

/** Name (lower case) and verb of PREPARE, EXECUTE, DEALLOCATE PREPARE and DROP PREPARE; null for EXECUTE IMMEDIATE. */
export function parsePreparedName(
  text: Uint8Array,
  mode: LexModes,
): { readonly verb: 'prepare' | 'execute' | 'deallocate'; readonly name: string } | null {
  const statement = single(text, mode);
  if (statement === null) return null;
  const verb = PREPARED_VERBS[statement.key(0)];
  if (verb === undefined || statement.key(1) === 'IMMEDIATE') return null;
  const index = verb === 'deallocate' ? 2 : 1;
  if (verb === 'deallocate' && statement.key(1) !== 'PREPARE') return null;
  const name = decodedName(statement, index);
  return name === null ? null : { verb, name: name.toLowerCase() };
}

const PREPARED_VERBS: Readonly<Record<string, 'prepare' | 'execute' | 'deallocate'>> = {
  PREPARE: 'prepare',
  EXECUTE: 'execute',
  DEALLOCATE: 'deallocate',
  DROP: 'deallocate',
};

export interface TableName {
  readonly schema: string | null;
  readonly name: string;
}

/** The table of CREATE [OR REPLACE] TEMPORARY TABLE [IF NOT EXISTS] name. */
export function parseCreatedTemporaryTable(text: Uint8Array, mode: LexModes): TableName | null {
  const statement = single(text, mode);
  if (statement === null || statement.key(0) !== 'CREATE') return null;
  let index = statement.is(1, 'OR', 'REPLACE') ? 3 : 1;
  if (!statement.is(index, 'TEMPORARY', 'TABLE')) return null;
  index += 2;
  if (statement.is(index, 'IF', 'NOT', 'EXISTS')) index += 3;
  return tableName(statement, index)?.table ?? null;
}

/** The tables of DROP [TEMPORARY] TABLE[S] [IF EXISTS] a, b … */
export function parseDroppedTables(text: Uint8Array, mode: LexModes): readonly TableName[] | null {
  const statement = single(text, mode);
  if (statement === null || statement.key(0) !== 'DROP') return null;
  let index = statement.key(1) === 'TEMPORARY' ? 2 : 1;
  if (statement.key(index) !== 'TABLE' && statement.key(index) !== 'TABLES') return null;
  index += statement.is(index + 1, 'IF', 'EXISTS') ? 3 : 1;
  const tables: TableName[] = [];
  for (;;) {
    const found = tableName(statement, index);
    if (found === null) return null;
    tables.push(found.table);
    if (statement.key(found.next) !== ',') return tables;
    index = found.next + 1;
  }
}

/** `HANDLER [schema.]table OPEN [[AS] alias]` and `HANDLER name CLOSE`; the name is the one that the handler goes by. */
export function parseHandler(text: Uint8Array, mode: LexModes): { readonly verb: 'open' | 'close'; readonly name: string } | null {
  const statement = single(text, mode);
  if (statement === null || statement.key(0) !== 'HANDLER') return null;
  const found = tableName(statement, 1);
  if (found === null) return null;
  const { table, next } = found;
  if (statement.key(next) === 'CLOSE') return next + 1 === statement.length ? { verb: 'close', name: table.name } : null;
  if (statement.key(next) !== 'OPEN') return null;
  const alias = statement.key(next + 1) === 'AS' ? next + 2 : next + 1;
  if (alias >= statement.length) return { verb: 'open', name: table.name };
  const name = decodedName(statement, alias);
  return name === null || alias + 1 !== statement.length ? null : { verb: 'open', name };
}

/** A call that surely takes place, once. */
export interface UserLockCall {
  readonly verb: 'get' | 'release' | 'release-all';
  /** As written, without quotes; '' for RELEASE_ALL_LOCKS(). */
  readonly name: string;
}

const LOCK_VERBS: Readonly<Record<string, UserLockCall['verb']>> = {
  GET_LOCK: 'get',
  RELEASE_LOCK: 'release',
  RELEASE_ALL_LOCKS: 'release-all',
};

/** The calls of a SELECT or DO that has nothing but lock functions with plain names, each with or without an alias; null for everything else. */
export function parseUserLockCalls(text: Uint8Array, mode: LexModes): readonly UserLockCall[] | null {
  const statement = single(text, mode);
  if (statement?.key(0) !== 'SELECT' && statement?.key(0) !== 'DO') return null;
  const calls: UserLockCall[] = [];
  for (let index = 1; ; index++) {
    const call = userLockCall(statement, index);
    if (call === null) return null;
    calls.push(call.call);
    index = behindAlias(statement, call.next);
    if (index === statement.length) return calls;
    if (statement.key(index) !== ',') return null;
  }
}

function userLockCall(statement: Statement, index: number): { readonly call: UserLockCall; readonly next: number } | null {
  const verb = LOCK_VERBS[statement.key(index)];
  if (verb === undefined || statement.key(index + 1) !== '(') return null;
  const close = statement.closing(index + 1);
  const next = close + 1;
  if (verb === 'release-all') return close === index + 2 ? { call: { verb, name: '' }, next } : null;
  const name = plainText(statement.at(index + 2));
  if (name === null) return null;
  if (verb === 'release') return close === index + 3 ? { call: { verb, name }, next } : null;
  // The time to wait: a number, with or without a sign.
  const number = statement.key(index + 4) === '-' ? index + 5 : index + 4;
  const isNumber = statement.at(number)?.kind === TokenKind.literal && close === number + 1;
  return statement.key(index + 3) === ',' && isNumber ? { call: { verb, name }, next } : null;
}

/** A literal without anything that would have to be decoded. */
function plainText(token: Token | undefined): string | null {
  if (token?.kind !== TokenKind.literal) return null;
  if (token.literal === LiteralKind.number) return token.text;
  return token.literal === LiteralKind.string ? (/^'([^'\\]*)'$/.exec(token.text)?.[1] ?? null) : null;
}

function behindAlias(statement: Statement, index: number): number {
  if (statement.key(index) === 'AS') return index + 2;
  const isAlias = statement.name(index) !== null && (index + 1 === statement.length || statement.key(index + 1) === ',');
  return isAlias ? index + 1 : index;
}

function tableName(statement: Statement, index: number): { readonly table: TableName; readonly next: number } | null {
  const first = decodedName(statement, index);
  if (first === null) return null;
  if (statement.key(index + 1) !== '.') return { table: { schema: null, name: first }, next: index + 1 };
  const second = decodedName(statement, index + 2);
  return second === null ? null : { table: { schema: first, name: second }, next: index + 3 };
}

const ANSI_MODES: ReadonlySet<string> = new Set(['ANSI', 'ANSI_QUOTES', 'DB2', 'MAXDB', 'ORACLE', 'POSTGRESQL']);

/** Lexical rules of a sql_mode value (comma-separated names); MariaDB's MSSQL quotes names with brackets, which weir does not know. */
export function lexModesOfSqlMode(sqlMode: string): LexModes {
  let modes: LexModes = LexMode.standard;
  for (const word of sqlMode.toUpperCase().split(',')) {
    const name = word.trim();
    if (name === 'MSSQL') return LexMode.unknown;
    if (ANSI_MODES.has(name)) modes |= LexMode.ansiQuotes;
    if (name === 'ORACLE') modes |= LexMode.oracle;
    if (name === 'NO_BACKSLASH_ESCAPES') modes |= LexMode.noBackslashEscapes;
    if (name === 'IGNORE_SPACE' || (ANSI_MODES.has(name) && name !== 'ANSI_QUOTES')) modes |= LexMode.ignoreSpace;
  }
  return modes;
}

/** All bytes of their other characters are above 0x7F, and none of those is a blank. */
const PLAIN_CHARSETS = /^(utf8|utf8mb3|utf8mb4|binary|ascii)$/;
const ONE_BYTE_CHARSETS =
  /^(armscii8|latin[1257]|cp(1250|1251|1256|1257|850|852|866)|dec8|hp8|koi8[ru]|greek|hebrew|geostd8|keybcs2|mac(ce|roman)|tis620)$/;
const EUC_CHARSETS = /^(ujis|eucjpms|euckr|gb2312)$/;

/** Lexical rules of a character_set_client (a charset's name in any case). */
export function lexModesOfCharset(charset: string): LexModes {
  const name = charset.toLowerCase();
  if (name === 'gbk' || name === 'gb18030') return LexMode.charsetGbk;
  if (name === 'sjis' || name === 'cp932') return LexMode.charsetSjis;
  if (name === 'big5') return LexMode.charsetBig5;
  if (PLAIN_CHARSETS.test(name)) return LexMode.standard;
  if (ONE_BYTE_CHARSETS.test(name)) return LexMode.charsetOneByte;
  return EUC_CHARSETS.test(name) ? LexMode.charsetEuc : LexMode.unknown;
}

/** The assignments of the only statement; null when it is no SET, or one of SET's forms that assign nothing. */
function setAssignments(text: Uint8Array, mode: LexModes): readonly Assignment[] | null {
  const statement = single(text, mode);
  if (statement?.key(0) !== 'SET' || statement.key(1) === 'STATEMENT') return null;
  return parseAssignments(statement);
}

/** The only statement of a text without lexical doubts, with the texts of its literals; null otherwise. */
export function single(text: Uint8Array, mode: LexModes): Statement | null {
  const statements = statementsOf(text, mode);
  return statements?.length === 1 ? statements[0]! : null;
}

/** The statements of such a text; `opened`: version comments are taken for code. */
function statementsOf(text: Uint8Array, mode: LexModes, opened = false): readonly Statement[] | null {
  const tokens = tapeOf(text, mode)?.tokens(text, true);
  if (tokens === undefined) return null;
  if (!opened && tokens.some((token) => token.kind === TokenKind.commentOpen)) return null;
  return splitStatements(tokens.filter(({ kind }) => kind !== TokenKind.commentOpen && kind !== TokenKind.commentClose));
}

/** A word, string or number as plain text in lower case; null for other tokens and for strings with escapes. */
const valueText = (token: Token | undefined): string | null => writtenText(token)?.toLowerCase() ?? null;

function writtenText(token: Token | undefined): string | null {
  if (token === undefined) return null;
  if (token.kind === TokenKind.word) return fromLatin1(token.text);
  if (token.kind === TokenKind.quotedName) return fromLatin1(unquoteName(token.text));
  if (token.kind !== TokenKind.literal) return null;
  if (token.literal === LiteralKind.number) return token.text;
  const quote = token.text[0]!;
  if ((quote !== "'" && quote !== '"') || token.text.includes('\\')) return null;
  return fromLatin1(unquoteName(token.text));
}

function decodedName(statement: Statement, index: number): string | null {
  const name = statement.name(index);
  return name === null ? null : fromLatin1(name);
}

/** Texts of tokens hold one character a byte. */
const fromLatin1 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
