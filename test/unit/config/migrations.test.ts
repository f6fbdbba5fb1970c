import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/config/store/config-store.js';
import { attachDisk } from '../../../src/config/store/disk-schema.js';
import { diskMigrations, type Migration, rebuildTable } from '../../../src/config/store/migrations.js';
import { StoreError } from '../../../src/config/store/store-error.js';
import { defineTable, integerColumn, textColumn } from '../../../src/config/table-types.js';
import { mysqlUsers } from '../../../src/config/tables/users.js';

const version1 = readFileSync(join(import.meta.dirname, '../../cases/weir-db/version-1.sql'), 'utf8');

let datadir: string;
beforeEach(() => {
  datadir = mkdtempSync(join(tmpdir(), 'weir-migrations-'));
  const old = new SqliteDatabase(file());
  old.exec(version1);
  old.close();
});
afterEach(() => rmSync(datadir, { recursive: true }));

const file = (): string => join(datadir, 'weir.db');
const noFile = () => {
  throw new Error('the configuration file was asked for');
};

describe('a weir.db of version 1', () => {
  test('starts this weir with every row', () => {
    const { store, origin } = openStore({ datadir, initial: false, fromFile: noFile });
    expect(origin).toBe('disk');
    const rows = store.memoryRows();
    expect(rows['mysql_servers']).toMatchObject([
      { hostgroup_id: 10, hostname: '10.0.0.1', comment: "it's the writer" },
      { hostgroup_id: 20, hostname: '10.0.0.2', weight: 5 },
    ]);
    expect(rows['mysql_users']).toMatchObject([{ username: 'app', password: 'x', default_hostgroup: 10 }]);
    expect(rows['mysql_query_rules']).toMatchObject([{ rule_id: 5, match_digest: '^SELECT', destination_hostgroup: 20, apply: 1 }]);
    expect(rows['mysql_query_rules_fast_routing']).toHaveLength(1);
    expect(rows['scheduler']).toMatchObject([{ filename: '/bin/true', interval_ms: 1000 }]);
    expect(store.memoryVariables().get('mysql-wait_timeout')).toBe('77000');
    expect(store.database.pragma('disk.user_version', { simple: true })).toBe(diskMigrations.length + 1);
    store.close();
  });

  test('goes on to write to the known writer alone, until somebody chooses all', () => {
    const old = new SqliteDatabase(file());
    old.exec("INSERT INTO global_variables VALUES ('mysql-writer_conflict', 'all')");
    old.close();
    const stored = (): unknown => {
      const { store } = openStore({ datadir, initial: false, fromFile: noFile });
      const value = store.memoryVariables().get('mysql-writer_conflict');
      store.close();
      return value;
    };
    expect(stored()).toBe('keep');
    const chosen = new SqliteDatabase(file());
    chosen.exec("UPDATE global_variables SET variable_value = 'all' WHERE variable_name = 'mysql-writer_conflict'");
    chosen.close();
    expect(stored()).toBe('all');
  });
});

describe('migrations', () => {
  const attach = (migrations: readonly Migration[]) => {
    const database = new SqliteDatabase(':memory:');
    try {
      attachDisk(database, file(), migrations);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  /** mysql_users with a column more, and a table that was not there before. */
  const wider = defineTable({ ...mysqlUsers, columns: [...mysqlUsers.columns, integerColumn('quota', { default: 3 })] });
  const added = defineTable({ name: 'added', module: null, implemented: true, doc: '', columns: [textColumn('name')] });
  const two: readonly Migration[] = [(database) => rebuildTable(database, wider), (database) => rebuildTable(database, added)];

  test('run in their order, once, and leave the old file beside the new one', () => {
    const database = attach(two);
    expect(database.prepare('SELECT username, comment, quota FROM disk.mysql_users').all()).toEqual([
      { username: 'app', comment: '', quota: 3 },
    ]);
    expect(database.prepare('SELECT * FROM disk.added').all()).toEqual([]);
    database.exec("INSERT INTO disk.added VALUES ('kept')");
    database.close();
    const again = attach(two);
    expect(again.pragma('disk.user_version', { simple: true })).toBe(3);
    expect(again.prepare('SELECT name FROM disk.added').all()).toEqual([{ name: 'kept' }]);
    again.close();
    const old = new SqliteDatabase(`${file()}.v1`, { readonly: true });
    expect(old.pragma('user_version', { simple: true })).toBe(1);
    expect(old.prepare('SELECT username FROM mysql_users').all()).toEqual([{ username: 'app' }]);
    old.close();
  });

  test('start where the file stands', () => {
    attach(two.slice(0, 1)).close();
    expect(existsSync(`${file()}.v2`)).toBe(false);
    const database = attach([noFile, two[1]!]);
    expect(database.prepare('SELECT * FROM disk.added').all()).toEqual([]);
    database.close();
    expect(existsSync(`${file()}.v2`)).toBe(true);
  });

  test('that fail leave the file as it was', () => {
    const failing: Migration = () => {
      throw new Error('disk full');
    };
    expect(() => attach([two[0]!, failing])).toThrow(StoreError);
    expect(() => attach([two[0]!, failing])).toThrow('can not be used (disk full)');
    openStore({ datadir, initial: false, fromFile: noFile }).store.close();
  });

  test('a file of a newer weir is refused and not touched', () => {
    attach(two).close();
    const before = readFileSync(file());
    expect(() => openStore({ datadir, initial: false, fromFile: noFile })).toThrow(
      `has version 3, this weir knows ${diskMigrations.length + 1}`,
    );
    expect(readFileSync(file())).toEqual(before);
  });
});
