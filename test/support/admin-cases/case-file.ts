import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a statement on the admin port is answered with. A value that begins with `~` is a regular expression for what differs by machine or time. */
export type Answer =
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly ok: number; readonly info?: string; readonly warnings?: readonly string[] }
  | { readonly error: string };

export type AdminCase = { readonly sql: string } & Partial<Answer>;

/** A session: its statements run in order on one connection, on a configuration that was just loaded anew. */
export interface CaseFile {
  readonly about: string;
  /** Default admin. */
  readonly account?: 'admin' | 'stats';
  readonly cases: readonly AdminCase[];
}

const FOLDER = path.join(import.meta.dirname, '../../cases/admin');

export function caseNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort();
}

export function readCases(name: string): CaseFile {
  return JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as CaseFile;
}

/** Writes what was found where it does not fit what is expected, a case a line. Read the difference. */
export function updateCases(name: string, file: CaseFile, found: readonly Answer[]): void {
  const lines = file.cases.map((wanted, position) => {
    const answer = found[position];
    const kept = answer === undefined || mismatch(wanted, answer) === null ? wanted : { sql: wanted.sql, ...answer };
    return `    ${JSON.stringify(kept)}`;
  });
  const account = file.account === undefined ? '' : `  "account": ${JSON.stringify(file.account)},\n`;
  const text = `{\n  "about": ${JSON.stringify(file.about)},\n${account}  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
  writeFileSync(path.join(FOLDER, name), text);
}

/** Why `found` is not what the case wants; null when it is. */
export function mismatch(wanted: AdminCase, found: Partial<Answer>): string | null {
  const expected = Object.entries(wanted).filter(([key]) => key !== 'sql');
  const names = new Set([...expected.map(([key]) => key), ...Object.keys(found)]);
  for (const key of names) {
    const difference = differs((wanted as Record<string, unknown>)[key], (found as Record<string, unknown>)[key]);
    if (difference) return `${wanted.sql}\n  wanted ${JSON.stringify({ ...wanted, sql: undefined })}\n  found  ${JSON.stringify(found)}`;
  }
  return expected.length === 0 ? `${wanted.sql}: the case expects nothing` : null;
}

function differs(wanted: unknown, found: unknown): boolean {
  if (typeof wanted === 'string' && typeof found === 'string' && wanted.startsWith('~'))
    return !new RegExp(wanted.slice(1), 's').test(found);
  if (!Array.isArray(wanted) || !Array.isArray(found)) return wanted !== found;
  return wanted.length !== found.length || wanted.some((value, position) => differs(value, found[position]));
}
