import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { historyTableNames } from '../../../src/admin/history/history-tables.js';
import { documentedTables, renderFilledTables } from '../../../src/admin/tables/reference-tables.js';
import { tableDocs } from '../../../src/admin/tables/table-docs.js';
import { renderReferencePage } from '../../../src/config/reference-page.js';

/** WEIR_UPDATE_REFERENCE=1 writes the page anew. */
test('docs/reference.md is what the records say', () => {
  const path = join(import.meta.dirname, '../../../docs/reference.md');
  const page = `${renderReferencePage()}\n${renderFilledTables()}`;
  if (process.env['WEIR_UPDATE_REFERENCE']) writeFileSync(path, page);
  expect(readFileSync(path, 'utf8')).toBe(page);
});

test('every table that weir fills has its sentence in table-docs.ts', () => {
  const names = documentedTables.map((table) => table.name).filter((name) => !/^runtime_(?!checksums)/.test(name));
  expect([...names, ...historyTableNames].filter((name) => tableDocs[name] === undefined)).toEqual([]);
});
