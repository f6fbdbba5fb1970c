import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ErrorName, errorCatalogue } from '../../../src/base/errors.js';
import { sourceFiles } from '../../support/sources.js';

/** What is answered before the greeting has no SQLSTATE in its packet. */
const NO_STATE = 'none, before the greeting';
const CATALOGUE = 'src/base/error-catalogue.ts';

interface Row {
  readonly numbers: readonly number[];
  readonly sqlState: string;
  /** Files and folders below src. */
  readonly places: readonly string[];
  readonly retryable: string;
}

const text = readFileSync('ARCHITECTURE.md', 'utf8');
const table = text.slice(text.indexOf('| errno | SQLSTATE |')).split('\n\n')[0] as string;
const rows: readonly Row[] = table.split('\n').slice(2).map(rowOf);
const names = Object.keys(errorCatalogue) as ErrorName[];

function rowOf(line: string): Row {
  const [numbers = '', sqlState = '', , where = '', retryable = ''] = line
    .split('|')
    .slice(1)
    .map((cell) => cell.trim());
  const places = [...where.matchAll(/`([^`]+)`/g)].map(([, place]) => `src/${place}`);
  return { numbers: numbers.split(',').map(Number), sqlState, places, retryable };
}

function namesOf({ numbers }: Row): ErrorName[] {
  return names.filter((name) => numbers.includes(errorCatalogue[name].errno));
}

function textOf(place: string): string {
  if (!statSync(place).isDirectory()) return readFileSync(place, 'utf8');
  return readdirSync(place)
    .map((file) => textOf(path.join(place, file)))
    .join('\n');
}

describe('the table of errors in ARCHITECTURE.md', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)('$numbers: is in the catalogue as it says', (row) => {
    const entries = namesOf(row).map((name) => errorCatalogue[name]);
    expect(entries.map(({ errno }) => errno).sort()).toEqual([...row.numbers].sort());
    for (const { sqlState, retryable } of entries) {
      if (row.sqlState !== NO_STATE) expect(row.sqlState).toBe(sqlState);
      expect(row.retryable).toBe(retryable ? 'yes' : 'no');
    }
  });

  it.each(rows)('$numbers: arises where it says', (row) => {
    expect(row.places.length).toBeGreaterThan(0);
    expect(row.places.filter((place) => !existsSync(place))).toEqual([]);
    for (const place of row.places) {
      const source = textOf(place);
      expect(
        namesOf(row).some((name) => source.includes(`'${name}'`)),
        place,
      ).toBe(true);
    }
  });

  it('names every error that clients may get from weir', () => {
    const sources = sourceFiles('src').filter(({ name }) => name !== CATALOGUE && !name.startsWith('src/admin/'));
    const raised = names.filter((name) => sources.some((file) => file.text.includes(`'${name}'`)));
    const told = rows.flatMap(namesOf);
    expect(raised.filter((name) => !told.includes(name))).toEqual([]);
  });
});
