import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import { type ConfigStore, openStore, StoreError } from '../../../src/config/store/config-store.js';
import { schemaVersion } from '../../../src/config/store/disk-schema.js';
import { configTables } from '../../../src/config/tables.js';
import { variableTable } from '../../../src/config/variables.js';

const realLife = readFileSync(join(import.meta.dirname, '../../cases/cnf/real-life.cnf'), 'utf8');
const load = (text: string) => loadCnf(parseCnf(text, 'f.cnf'));

let datadir: string;
let opened: ConfigStore[];
beforeEach(() => {
  datadir = mkdtempSync(join(tmpdir(), 'weir-store-'));
  opened = [];
});
afterEach(() => {
  for (const store of opened) store.close();
  rmSync(datadir, { recursive: true });
});

const file = (): string => join(datadir, 'weir.db');
function open(text: string, initial = false) {
  const result = openStore({ datadir, initial, fromFile: () => load(text) });
  opened.push(result.store);
  return result;
}
function refusal(): StoreError {
  try {
    open('');
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    return error as StoreError;
  }
  throw new Error('the store was opened');
}
const hostnames = (store: ConfigStore): unknown[] => store.memoryRows()['mysql_servers']!.map((row) => row['hostname']);
const server = (name: string): string => `mysql_servers=({address="${name}" hostgroup=1})`;

describe('start', () => {
  test('the first start takes the file and saves it', () => {
    const { store, origin } = open(realLife);
    expect(origin).toBe('file');
    const loaded = load(realLife);
    const rows = store.memoryRows();
    for (const [table, expected] of Object.entries(loaded.rows)) expect(rows[table], table).toEqual(expected);
    for (const [name, value] of loaded.variables) expect(store.memoryVariables().get(name), name).toBe(value);
    expect(store.memoryVariables().size).toBe(variableTable.length);
    expect(store.memoryRows()['global_variables']).toHaveLength(variableTable.length);
  });

  test('the next start takes weir.db, whatever the file says', () => {
    const first = open(realLife).store;
    const rows = first.memoryRows();
    first.close();
    const { store, origin } = openStore({
      datadir,
      initial: false,
      fromFile: () => {
        throw new Error('the file was asked for');
      },
    });
    opened.push(store);
    expect(origin).toBe('disk');
    const byName = (table: string) => (table === 'global_variables' ? [...store.memoryRows()[table]!].sort() : store.memoryRows()[table]);
    for (const table of configTables) if (table.name !== 'global_variables') expect(byName(table.name)).toEqual(rows[table.name]);
    expect(store.memoryVariables().get('mysql-max_connections')).toBe('2048');
  });

  test('--initial takes the file again and leaves a copy of what was', () => {
    open(server('old')).store.close();
    const { store, origin } = open(server('new'), true);
    expect(origin).toBe('file');
    expect(hostnames(store)).toEqual(['new']);
    store.close();
    expect(hostnames(open('').store)).toEqual(['new']);
    const copy = new SqliteDatabase(`${file()}.bak`, { readonly: true });
    expect(copy.prepare('SELECT hostname FROM mysql_servers').all()).toEqual([{ hostname: 'old' }]);
    copy.close();
  });

  test('makes the directory, readable by its owner only', () => {
    const nested = join(datadir, 'a', 'b');
    const { store } = openStore({ datadir: nested, initial: false, fromFile: () => load('') });
    opened.push(store);
    expect(statSync(join(nested, 'weir.db')).mode & 0o777).toBe(0o600);
  });

  test('a file whose making was cut short is made again', () => {
    writeFileSync(file(), '');
    expect(open(server('a')).origin).toBe('file');
  });

  test('when the file has no answer nothing is left that would win over it', () => {
    const fromFile = () => {
      throw new Error('wrong file');
    };
    expect(() => openStore({ datadir, initial: false, fromFile })).toThrow('wrong file');
    expect(open(server('a')).origin).toBe('file');
  });

  test('variables that weir.db does not know have their defaults', () => {
    open('').store.close();
    const disk = new SqliteDatabase(file());
    disk.exec("DELETE FROM global_variables WHERE variable_name = 'mysql-writer_guard'");
    disk.close();
    expect(open('').store.memoryVariables().get('mysql-writer_guard')).toBe('true');
  });
});

describe('modules', () => {
  test('memory to disk and back move one module only', () => {
    const { store } = open(`${server('a')} mysql_users=({username="u" default_hostgroup=1})`);
    store.database.exec("UPDATE mysql_servers SET hostname = 'b'; UPDATE mysql_users SET username = 'v'");
    store.saveToDisk(['MYSQL SERVERS']);
    store.loadFromDisk(['MYSQL SERVERS', 'MYSQL USERS']);
    expect(hostnames(store)).toEqual(['b']);
    expect(store.memoryRows()['mysql_users']![0]!['username']).toBe('u');
  });

  test('variables by prefix', () => {
    const { store } = open('');
    const set = (name: string, value: string) =>
      store.database.prepare('UPDATE global_variables SET variable_value = ? WHERE variable_name = ?').run(value, name);
    set('mysql-max_connections', '5');
    set('admin-restapi_port', '7000');
    store.saveToDisk(['ADMIN VARIABLES']);
    store.loadFromDisk(['MYSQL VARIABLES', 'ADMIN VARIABLES']);
    expect(store.memoryVariables().get('mysql-max_connections')).toBe('10000');
    expect(store.memoryVariables().get('admin-restapi_port')).toBe('7000');
  });

  test('the file replaces rows of the same key and leaves others', () => {
    const { store } = open('mysql_servers=({address="a" hostgroup=1 weight=1},{address="b" hostgroup=1})');
    store.loadFromConfig(load('mysql_servers=({address="a" hostgroup=1 weight=9}) mysql_users=({username="u" default_hostgroup=1})'), [
      'MYSQL SERVERS',
    ]);
    const rows = store.memoryRows();
    expect(rows['mysql_servers']!.map((row) => [row['hostname'], row['weight']]).sort()).toEqual([
      ['a', 9],
      ['b', 1],
    ]);
    expect(rows['mysql_users']).toEqual([]);
  });

  test('a move that fails changes nothing', () => {
    const { store } = open(server('a'));
    store.database.exec("INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (2, 'b')");
    store.database.exec(
      "CREATE TEMP TRIGGER stop BEFORE INSERT ON disk.mysql_replication_hostgroups BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    store.database.exec('INSERT INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (1, 2)');
    expect(() => store.saveToDisk(['MYSQL SERVERS'])).toThrow(/weir\.db: could not be written \(full\)\. What it held before is unchanged/);
    store.loadFromDisk(['MYSQL SERVERS']);
    expect(hostnames(store)).toEqual(['a']);
  });

  test('the memory schema refuses what the tables forbid', () => {
    const { database } = open('').store;
    expect(() => database.exec("INSERT INTO mysql_servers (hostname, port) VALUES ('a', 70000)")).toThrow('CHECK constraint failed');
  });
});

describe('files that are not weir.db', () => {
  test('no database at all', () => {
    writeFileSync(file(), 'my notes, not a database, but longer than a header of a hundred bytes would be, so that SQLite looks at it');
    const before = readFileSync(file());
    expect(refusal().message).toBe(
      `${file()}: can not be used (file is not a database). Move the file away to start from the configuration file, or name another directory with --datadir`,
    );
    expect(readFileSync(file())).toEqual(before);
  });

  test.each(['delete', 'wal'])('the database of another program (%s)', (mode) => {
    const foreign = new SqliteDatabase(file());
    foreign.pragma(`journal_mode = ${mode}`);
    foreign.exec('CREATE TABLE notes (text); PRAGMA user_version = 7');
    foreign.close();
    const before = readFileSync(file());
    expect(refusal().message).toContain('is a SQLite database of another program');
    expect(() => open('', true)).toThrow(StoreError);
    expect(readFileSync(file())).toEqual(before);
  });

  test('a newer weir.db', () => {
    open('').store.close();
    const disk = new SqliteDatabase(file());
    disk.pragma('user_version = 99');
    disk.close();
    expect(refusal().message).toContain(`has version 99, this weir knows ${schemaVersion}. Start the newer weir that wrote it`);
  });

  test('a damaged one', () => {
    open(realLife).store.close();
    const bytes = readFileSync(file());
    bytes.fill(0xff, 4096 * 2, 4096 * 4);
    writeFileSync(file(), bytes);
    expect(refusal().message).toMatch(/weir\.db: (is damaged|can not be used) \(.+\)\. Move the file away/);
    expect(readFileSync(file())).toEqual(bytes);
  });

  test('one that lacks a table', () => {
    open('').store.close();
    const disk = new SqliteDatabase(file());
    disk.exec('DROP TABLE mysql_users');
    disk.close();
    expect(refusal().message).toContain('lacks the table mysql_users');
  });

  test('one whose table was changed by hand', () => {
    open('').store.close();
    const disk = new SqliteDatabase(file());
    disk.exec('ALTER TABLE mysql_users DROP COLUMN comment');
    disk.close();
    expect(refusal().message).toContain('lacks the column comment of mysql_users');
  });

  test('a truncated one', () => {
    open(realLife).store.close();
    const bytes = readFileSync(file());
    for (const length of [50, 100, 4096, Math.floor(bytes.length / 2), bytes.length - 4096]) {
      writeFileSync(file(), bytes.subarray(0, length));
      expect(refusal().message, `${length} bytes`).toMatch(/weir\.db: .+\. Move the file away/);
      expect(() => open('', true), `${length} bytes, --initial`).toThrow(StoreError);
      expect(readFileSync(file()), `${length} bytes`).toEqual(bytes.subarray(0, length));
    }
  });

  test('a directory of that name', () => {
    mkdirSync(file());
    expect(refusal().message).toMatch(/weir\.db: can not be opened for writing \(EISDIR.*Make the directory writable/);
  });

  test('a datadir that is no directory', () => {
    writeFileSync(join(datadir, 'plain'), '');
    expect(() => openStore({ datadir: join(datadir, 'plain'), initial: false, fromFile: () => load('') })).toThrow(
      /can not be opened for writing .*Make the directory writable/,
    );
  });
});

test('a SAVE that is cut short by a crash is rolled back at the next start', () => {
  open(server('before')).store.close();
  // Another process dies in the middle of its transaction, after its pages have reached the file.
  const script = `
    const Database = require('better-sqlite3');
    const d = new Database(${JSON.stringify(file())});
    d.pragma('cache_size = 1'); d.pragma('cache_spill = 1');
    d.exec("BEGIN IMMEDIATE; UPDATE mysql_servers SET hostname = 'after'");
    const insert = d.prepare('INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (9, ?)');
    for (let i = 0; i < 5000; i++) insert.run('h' + i + 'x'.repeat(200));
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawnSync(process.execPath, ['-e', script], { cwd: join(import.meta.dirname, '../../..') });
  expect(child.signal).toBe('SIGKILL');
  expect(existsSync(`${file()}-journal`)).toBe(true);
  copyFileSync(file(), `${file()}.copy`);
  expect(hostnames(open('').store)).toEqual(['before']);
});
