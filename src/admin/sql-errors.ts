import type { Database } from 'better-sqlite3';
import { nearestName } from '../base/nearest-name.js';
import { describeAccepts } from '../config/table-types.js';
import { configTables } from '../config/tables.js';
import { allTables, columnsOf, suggestion } from './catalog.js';
import { SQL_VERBS, STATEMENT_FORMS } from './statement-forms.js';

/** What SQLite says of a statement, with the nearest name that exists or what is accepted. SQLite's own words come first: tools match them. */
export function explainSqlError(message: string, text: string, database: Database): string {
  const table = /^no such table: (?:\w+\.)?([\w-]+)$/.exec(message)?.[1];
  if (table !== undefined) {
    return message + suggestion(table, new Set(allTables(database).map(({ name }) => name)));
  }
  const column = columnOf(message);
  if (column !== undefined) return message + suggestion(column, columnsNamedIn(text, database));
  const check = /^CHECK constraint failed: ([\s\S]*)$/.exec(message)?.[1];
  if (check !== undefined) return message + acceptedBy(check, text);
  const required = /^NOT NULL constraint failed: (\w+)\.(\w+)$/.exec(message);
  if (required !== null) return `${message}; ${required[2]} needs a value`;
  if (/^near "[\s\S]*": syntax error$|^unrecognized token|^incomplete input/.test(message)) return message + nearestForm(text);
  const called = /^no such function: (\w+)$/.exec(message)?.[1];
  if (called !== undefined) return message + suggestion(called, functionsOf(database));
  return message;
}

function columnOf(message: string): string | undefined {
  const quoted = /^no such column: "?([^"\s]+)"?/.exec(message)?.[1] ?? /^table \S+ has no column named (\S+)$/.exec(message)?.[1];
  return quoted?.split('.').at(-1);
}

/** Columns of all tables whose names stand in the statement. */
function columnsNamedIn(text: string, database: Database): Set<string> {
  const words = new Set(text.toLowerCase().match(/\w+/g));
  const named = allTables(database).filter(({ name }) => words.has(name.toLowerCase()));
  return new Set(named.flatMap((table) => columnsOf(database, table).map(({ name }) => name)));
}

/** The rule in words, where the expression is one of a column. */
function acceptedBy(check: string, text: string): string {
  const words = new Set(text.toLowerCase().match(/\w+/g));
  const tables = [...configTables].sort((a, b) => Number(words.has(b.name)) - Number(words.has(a.name)));
  for (const table of tables) {
    const column = table.columns.find((each) => each.check === check);
    if (column === undefined) continue;
    const others = table.columns.filter(({ name }) => name !== column.name && new RegExp(`\\b${name}\\b`).test(check));
    const rule =
      others.length === 0 ? `accepted: ${describeAccepts(column.accepts)}` : `must fit ${others.map(({ name }) => name).join(', ')}`;
    return `; ${table.name}.${column.name}: ${rule}`;
  }
  return '';
}

function functionsOf(database: Database): string[] {
  return (database.pragma('function_list') as { name: string }[]).map(({ name }) => name);
}

/** For what is neither SQL nor a command. */
function nearestForm(text: string): string {
  const upper = text.replace(/\s+/g, ' ').toUpperCase();
  const first = /^[A-Z]+/.exec(upper)?.[0] ?? '';
  if (/^INSERT\b.*\bON DUPLICATE KEY\b/.test(upper)) return '; accepted: INSERT … ON CONFLICT (key) DO UPDATE SET …, or REPLACE INTO …';
  if (/^INSERT INTO \S+ SET\b/.test(upper)) return '; accepted: INSERT INTO t (columns) VALUES (values)';
  if (SQL_VERBS.includes(first)) return '';
  const begun = STATEMENT_FORMS.find((each) => each.startsWith(`${upper} `)) ?? nearestName(upper, STATEMENT_FORMS);
  if (begun !== null) return `; did you mean ${begun}?`;
  const siblings = STATEMENT_FORMS.filter((each) => each.startsWith(`${first} `));
  if (siblings.length > 0) return `; unknown command, accepted: ${siblings.join(', ')}`;
  const verb = nearestName(first, [...SQL_VERBS, ...new Set(STATEMENT_FORMS.map((each) => each.split(' ')[0]!))]);
  return verb === null || verb === first || verb[0] !== first[0] ? '; unknown command' : `; unknown command, did you mean ${verb} …?`;
}
