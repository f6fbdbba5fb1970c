import SqliteDatabase from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { checkRow, completeRow } from '../../../src/config/row-builder.js';
import type { ColumnDefinition, ConfigRow, SqlValue, TableDefinition } from '../../../src/config/table-types.js';
import { configTables, createTableSql, findTable, quoteIdentifier } from '../../../src/config/tables.js';

/** A row that SQLite takes, made of the least that each column asks for. */
function sampleRow(table: TableDefinition): ConfigRow {
  const given = Object.fromEntries(
    table.columns.map((column, index) => [column.name, sampleValue(column, index)] as const).filter(([, value]) => value !== undefined),
  );
  return completeRow(table, given as ConfigRow);
}

function sampleValue(column: ColumnDefinition, index: number): SqlValue | undefined {
  if (column.default !== undefined && column.default !== null) return undefined;
  if (!column.notNull && column.key === 'none') return undefined;
  const { accepts } = column;
  if (accepts.kind === 'integer') return (accepts.min ?? 0) + 10 * index;
  if (accepts.kind === 'integers') return accepts.values[0]!;
  return accepts.kind === 'choice' ? accepts.values[0]! : 'x';
}

/** Values at and around the bounds of a column. */
function probes(column: ColumnDefinition): SqlValue[] {
  const { accepts } = column;
  switch (accepts.kind) {
    case 'integer':
      return [
        accepts.min ?? 0,
        accepts.max ?? 2_000_000_000,
        ...(accepts.min === null ? [] : [accepts.min - 1]),
        ...(accepts.max === null ? [] : [accepts.max + 1]),
      ];
    case 'integers':
      return [...accepts.values, Math.min(...accepts.values) - 1, Math.max(...accepts.values) + 1];
    case 'choice':
      return [...accepts.values, ...accepts.values.map((value) => value.toLowerCase()), 'nonsense', ''];
    case 'json':
      return ['', '{}', '{"a":1}', '{not json'];
    case 'text':
      return ['', 'x'];
  }
}

function sqliteTakes(table: TableDefinition, row: ConfigRow): boolean {
  const database = new SqliteDatabase(':memory:');
  try {
    database.exec(createTableSql(table));
    const names = Object.keys(row);
    const text = `INSERT INTO ${table.name} (${names.map(quoteIdentifier).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    database.prepare(text).run(names.map((name) => row[name]));
    return true;
  } catch {
    return false;
  } finally {
    database.close();
  }
}

/** Where weir is stricter than ProxySQL's CHECK on purpose. */
const stricter = new Set([
  'mysql_servers.hostname',
  'mysql_servers.port',
  'mysql_users.default_hostgroup',
  'mysql_query_rules.rule_id',
  'mysql_query_rules.client_addr',
  'mysql_query_rules.destination_hostgroup',
  'mysql_query_rules.re_modifiers',
]);

describe.each(configTables.map((table) => [table.name, table] as const))('%s', (_name, table) => {
  test('a plain row passes SQLite and the checks', () => {
    expect(checkRow(table, sampleRow(table))).toEqual([]);
    expect(sqliteTakes(table, sampleRow(table))).toBe(true);
  });

  test('SQLite and the checks agree at every bound', () => {
    for (const column of table.columns.filter((candidate) => !stricter.has(`${table.name}.${candidate.name}`))) {
      for (const value of [...probes(column), null]) {
        // SQLite numbers such a row itself.
        if (value === null && column.key !== 'none' && column.type === 'INTEGER') continue;
        const row = { ...sampleRow(table), [column.name]: value };
        expect([column.name, value, checkRow(table, row).length === 0]).toEqual([column.name, value, sqliteTakes(table, row)]);
      }
    }
  });

  test('names only its own columns', () => {
    const names = table.columns.map((column) => column.name);
    const named = [
      ...table.primaryKey,
      ...table.uniqueKeys.flat(),
      ...table.keptColumns,
      ...table.fileRequired,
      ...Object.values(table.fileAliases),
      ...Object.keys(table.fileDefaults),
      ...table.rules.map((rule) => rule.column),
    ];
    for (const name of named) expect(names).toContain(name);
  });
});

test('CREATE TABLE text', () => {
  expect(createTableSql(findTable('mysql_replication_hostgroups')!, 'runtime_mysql_replication_hostgroups')).toBe(
    [
      'CREATE TABLE runtime_mysql_replication_hostgroups (',
      '    writer_hostgroup INT PRIMARY KEY CHECK (writer_hostgroup>=0) NOT NULL,',
      '    reader_hostgroup INT CHECK (reader_hostgroup<>writer_hostgroup AND reader_hostgroup>=0) NOT NULL,',
      "    check_type VARCHAR CHECK (LOWER(check_type) IN ('read_only','innodb_read_only','super_read_only','read_only|innodb_read_only','read_only&innodb_read_only')) NOT NULL DEFAULT 'read_only',",
      "    comment VARCHAR NOT NULL DEFAULT '',",
      '    UNIQUE (reader_hostgroup)',
      ')',
    ].join('\n'),
  );
});

test('columns stand in the order of ProxySQL', () => {
  expect(
    findTable('mysql_users')!
      .columns.map((column) => column.name)
      .join(' '),
  ).toBe(
    'username password active use_ssl default_hostgroup default_schema schema_locked transaction_persistent fast_forward backend frontend max_connections attributes comment',
  );
  expect(findTable('mysql_query_rules')!.columns).toHaveLength(35);
  expect(findTable('mysql_servers')!.columns).toHaveLength(12);
});
