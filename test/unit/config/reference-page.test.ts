import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderReferencePage } from '../../../src/config/reference-page.js';

/** WEIR_UPDATE_REFERENCE=1 writes the page anew. */
test('docs/reference.md is what the records say', () => {
  const path = join(import.meta.dirname, '../../../docs/reference.md');
  if (process.env['WEIR_UPDATE_REFERENCE']) writeFileSync(path, renderReferencePage());
  expect(readFileSync(path, 'utf8')).toBe(renderReferencePage());
});
