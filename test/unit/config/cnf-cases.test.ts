import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatProblem, loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import { CnfError } from '../../../src/config/cnf-types.js';
import type { ConfigRow, ConfigRows } from '../../../src/config/table-types.js';
import { findTable } from '../../../src/config/tables.js';

/** Each `name.cnf` stands beside `name.json`: what it loads to, with every message. WEIR_UPDATE_CASES=1 writes the latter; read the difference. */
const folder = join(import.meta.dirname, '../../cases/cnf');
const names = readdirSync(folder).filter((name) => name.endsWith('.cnf'));

function checkPattern(pattern: string): string | null {
  try {
    new RegExp(pattern);
    return null;
  } catch {
    return 'not a regular expression';
  }
}

/** Columns with the default of their table are left out, so that a case shows what its file says. */
function withoutDefaults(table: string, row: ConfigRow): ConfigRow {
  const columns = findTable(table)!.columns;
  return Object.fromEntries(
    columns.filter((column) => row[column.name] !== (column.default ?? null)).map((column) => [column.name, row[column.name]!]),
  );
}

function shortRows(rows: ConfigRows): ConfigRows {
  return Object.fromEntries(Object.entries(rows).map(([table, list]) => [table, list.map((row) => withoutDefaults(table, row))]));
}

function outcome(name: string): unknown {
  try {
    const loaded = loadCnf(parseCnf(readFileSync(join(folder, name), 'utf8'), name), { checkPattern });
    return {
      errors: loaded.errors.map(formatProblem),
      warnings: loaded.warnings.map(formatProblem),
      settings: loaded.settings,
      variables: Object.fromEntries(loaded.variables),
      rows: shortRows(loaded.rows),
    };
  } catch (error) {
    if (error instanceof CnfError) return { syntaxError: String(error) };
    throw error;
  }
}

describe('configuration files', () => {
  test.each(names)('%s', (name) => {
    const path = join(folder, name.replace(/\.cnf$/, '.json'));
    const found = outcome(name);
    if (process.env['WEIR_UPDATE_CASES']) writeFileSync(path, `${JSON.stringify(found, null, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(path, 'utf8')));
  });
});
