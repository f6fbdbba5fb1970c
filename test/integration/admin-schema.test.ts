import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningWeir, startWeir } from '../support/weir.js';

interface ReferenceColumn {
  readonly name: string;
  readonly type?: string;
  readonly null?: string;
  readonly default?: string;
  readonly check?: string;
}

interface Reference {
  readonly schemas: Readonly<Record<string, readonly string[]>>;
  readonly tables: Readonly<Record<string, { readonly columns: readonly ReferenceColumn[]; readonly keys?: readonly string[] }>>;
}

/** ProxySQL's tables, as far as weir has them: names, types, defaults, checks and keys, in order. */
const reference = JSON.parse(readFileSync(join(import.meta.dirname, '../cases/admin-schema.json'), 'utf8')) as Reference;

const plain = (sql: string): string => sql.toLowerCase().replaceAll(/\s+/g, '').replaceAll(/^'|'$/g, '');
const schemaOf = (table: string): string | undefined =>
  Object.keys(reference.schemas).find((each) => reference.schemas[each]!.includes(table));

describe('tables of ProxySQL', () => {
  let weir: RunningWeir;
  let admin: Connection;

  beforeAll(async () => {
    weir = await startWeir({ servers: [], users: [], mysqlVariables: { monitor_enabled: false, threads: 1 } });
    admin = await weir.connectAdmin();
  });
  afterAll(async () => {
    await admin?.end();
    await weir?.kill();
  });

  async function rowsOf(sql: string): Promise<(string | number | null)[][]> {
    return (await admin.query<RowDataPacket[][]>({ sql, rowsAsArray: true }))[0] as unknown as (string | number | null)[][];
  }

  it.each(Object.entries(reference.schemas))('%s has them all', async (schema, names) => {
    const tables = (await rowsOf(`SHOW TABLES FROM ${schema}`)).map(([name]) => name);
    expect(names.filter((name) => !tables.includes(name))).toEqual([]);
  });

  it.each(Object.entries(reference.tables))('%s', async (table, { columns, keys = [] }) => {
    const schema = schemaOf(table) ?? (table === 'global_settings' ? 'disk' : 'main');
    const [[, created]] = (await rowsOf(`SHOW CREATE TABLE ${schema}.${table}`)) as [[string, string]];
    const described = await rowsOf(`PRAGMA ${schema}.table_info(${table})`);
    expect(described.map(([, name]) => name)).toEqual(columns.map(({ name }) => name));
    for (const [position, column] of columns.entries()) {
      const [, , type, notNull, fallback, key] = described[position]!;
      const about = `${table}.${column.name}`;
      if (column.type !== undefined) expect(type, about).toBe(column.type);
      if (column.null === 'NOT NULL') expect(Number(notNull), about).toBe(1);
      if (column.null?.startsWith('PRIMARY KEY')) expect(Number(key), about).toBe(1);
      if (column.default !== undefined && column.default !== 'NULL')
        expect(plain(String(fallback)).replaceAll(/[()']/g, ''), about).toBe(plain(column.default).replaceAll(/[()']/g, ''));
      if (column.check !== undefined) expect(plain(created), about).toContain(plain(column.check));
    }
    for (const key of keys) expect(plain(created)).toContain(plain(key));
  });
});
