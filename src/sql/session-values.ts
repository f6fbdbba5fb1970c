import { createsRoutine } from './classify/routine-body.js';
import type { Statement } from './classify/statement.js';
import { type PlacedStatement, type PlacedText, placedStatements } from './placed-statements.js';
import { type SelectItem, selectItems } from './select-items.js';
import { TokenKind } from './token.js';
import type { LexModes } from './verdict.js';

/** What a statement reads of its session alone, and what stands for it in the text that a server gets; null: it stays. */
export interface SessionValues {
  /** CONNECTION_ID() */
  readonly connectionId: string | null;
  /** `@@pseudo_thread_id`, `@@session.pseudo_thread_id` */
  readonly pseudoThreadId: string | null;
  /** FOUND_ROWS() */
  readonly foundRows: string | null;
  /** ROW_COUNT() */
  readonly rowCount: string | null;
  /** `@@warning_count`, `@@session.warning_count` */
  readonly warningCount: string | null;
  /** `@@error_count`, `@@session.error_count` */
  readonly errorCount: string | null;
  /** SQL%ROWCOUNT */
  readonly sqlRowCount?: string | null;
  /** DATABASE(), SCHEMA() */
  readonly schema?: string | null;
}

const NO_DIAGNOSTICS = { foundRows: null, rowCount: null, sqlRowCount: null, warningCount: null, errorCount: null } as const;

interface Replacement {
  readonly at: number;
  /** Exclusive. */
  readonly until: number;
  readonly text: string;
}

/** An alias that is longer is refused by both servers. */
const MAX_ALIAS_BYTES = 255;

/**
 * The text with the session's own values in it; columns keep the names that servers would give them. null: nothing is to be replaced, or
 * the text has lexical doubts. Bodies of routines, views and events stay as they are: others execute them.
 */
export function withSessionValues(text: Uint8Array, mode: LexModes, values: SessionValues): Buffer | null {
  const placed = placedStatements(text, mode);
  if (placed === null) return null;
  // A body without BEGIN and END, or with declarations in front, can not be told from statements behind the routine.
  const routine = placed.statements.findIndex(({ statement }) => createsRoutine(statement.tokens));
  const own = routine === -1 ? placed.statements : placed.statements.slice(0, routine);
  // Behind the first statement of a text, diagnostics are those of the one before it.
  const replacements = own.flatMap((one, index) =>
    replacementsOf(text, one, placed, index === 0 ? values : { ...values, ...NO_DIAGNOSTICS }),
  );
  return replacements.length === 0 ? null : replaced(text, replacements);
}

function replacementsOf(text: Uint8Array, placed: PlacedStatement, { marks }: PlacedText, values: SessionValues): Replacement[] {
  const { statement, starts, ends } = placed;
  const found: { first: number; last: number; text: string }[] = [];
  const seesServer = comparesWithServer(statement);
  for (let index = firstReplaceable(statement); index < statement.length; index++) {
    const match = matchAt(statement, index, values, seesServer);
    if (match === null) continue;
    found.push({ first: index, last: match.last, text: match.text });
    index = match.last;
  }
  if (found.length === 0) return [];
  const replacements = found.map(({ first, last, text: by }) => ({ at: starts[first]!, until: ends[last]!, text: by }));
  for (const item of selectItems(statement)) {
    if (!needsAlias(item, found)) continue;
    const name = columnName(text, starts[item.first]!, ends[item.last]!, marks);
    if (name.length > MAX_ALIAS_BYTES) continue;
    const at = ends[item.last]!;
    replacements.push({ at, until: at, text: ` AS \`${name.replaceAll('`', '``')}\`` });
  }
  return replacements;
}

const needsAlias = (item: SelectItem, found: readonly { first: number }[]): boolean =>
  !item.hasAlias && found.some(({ first }) => first >= item.first && first <= item.last);

function columnName(text: Uint8Array, start: number, end: number, marks: PlacedText['marks']): string {
  const source = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  let name = '';
  let from = start;
  for (const mark of marks) {
    if (mark.start < from || mark.end > end) continue;
    name += source.toString('latin1', from, mark.start);
    from = mark.end;
  }
  return name + source.toString('latin1', from, end);
}

/** Index of the first token that this statement itself evaluates; its length: none. */
function firstReplaceable(statement: Statement): number {
  switch (statement.key(0)) {
    case 'CREATE': {
      // Expressions of columns are kept in the table, those of the SELECT behind them are not.
      const isTable = statement.find(1, 'TABLE') !== -1 && statement.find(1, 'TABLE') <= 4;
      const select = statement.tokens.findIndex(({ key }) => key === 'SELECT');
      return isTable && select !== -1 ? select : statement.length;
    }
    case 'ALTER':
    case 'DROP':
    case 'GRANT':
    case 'PREPARE':
    case 'RENAME':
    case 'REVOKE':
      return statement.length;
    default:
      return 1;
  }
}

const SERVER_NUMBERS = /^(IS_USED_LOCK|PS_THREAD_ID|PROCESSLIST|INNODB_TRX|METADATA_LOCK_INFO|PERFORMANCE_SCHEMA|CONNECTION)$/i;

/** Where servers' own numbers of connections are in the statement too, all must be of one kind. */
function comparesWithServer(statement: Statement): boolean {
  return statement.tokens.some((_, index) => {
    const name = statement.name(index) ?? '';
    return SERVER_NUMBERS.test(name) || (/^sys$/i.test(name) && statement.key(index + 1) === '.');
  });
}

function matchAt(statement: Statement, index: number, values: SessionValues, seesServer: boolean): { last: number; text: string } | null {
  const token = statement.at(index)!;
  if (token.kind === TokenKind.systemVariable) return variableAt(statement, index, values, seesServer);
  const { sqlRowCount = null } = values;
  if (sqlRowCount !== null && statement.is(index, 'SQL', '%', 'ROWCOUNT')) return { last: index + 2, text: sqlRowCount };
  const text = ofFunction(token.key, values, seesServer);
  if (text === null || statement.isQualified(index) || statement.key(index + 1) !== '(' || statement.key(index + 2) !== ')') return null;
  return { last: index + 2, text };
}

function ofFunction(key: string, values: SessionValues, seesServer: boolean): string | null {
  switch (key) {
    case 'CONNECTION_ID':
      return seesServer ? null : values.connectionId;
    case 'FOUND_ROWS':
      return values.foundRows;
    case 'ROW_COUNT':
      return values.rowCount;
    case 'DATABASE':
    case 'SCHEMA':
      return values.schema ?? null;
    default:
      return null;
  }
}

function variableAt(
  statement: Statement,
  index: number,
  values: SessionValues,
  seesServer: boolean,
): { last: number; text: string } | null {
  const isScoped = statement.key(index + 2) === '.';
  if (isScoped && statement.key(index + 1) !== 'SESSION' && statement.key(index + 1) !== 'LOCAL') return null;
  const last = isScoped ? index + 3 : index + 1;
  const text = isAssigned(statement, index, last) ? null : ofVariable(statement.name(last) ?? '', values, seesServer);
  return text === null ? null : { last, text };
}

function ofVariable(name: string, values: SessionValues, seesServer: boolean): string | null {
  switch (name.toUpperCase()) {
    case 'PSEUDO_THREAD_ID':
      return seesServer ? null : values.pseudoThreadId;
    case 'WARNING_COUNT':
      return values.warningCount;
    case 'ERROR_COUNT':
      return values.errorCount;
    default:
      return null;
  }
}

/** The left side of an assignment of SET. */
function isAssigned(statement: Statement, first: number, last: number): boolean {
  if (statement.key(0) !== 'SET') return false;
  const begins = first === 1 || statement.key(first - 1) === ',' || statement.key(first - 1) === 'STATEMENT';
  return begins && (statement.key(last + 1) === '=' || statement.key(last + 1) === ':');
}

function replaced(text: Uint8Array, replacements: Replacement[]): Buffer {
  const parts: Uint8Array[] = [];
  let position = 0;
  // An alias stands behind what was replaced at the same place.
  replacements.sort((a, b) => a.at - b.at || a.until - b.until);
  for (const { at, until, text: by } of replacements) {
    parts.push(text.subarray(position, at), Buffer.from(by, 'latin1'));
    position = until;
  }
  parts.push(text.subarray(position));
  return Buffer.concat(parts);
}
