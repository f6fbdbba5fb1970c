import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { configTables, createTableSql, diskOnlyTables } from '../tables.js';
import { columnNames, diskMigrations, type Migration, migrate } from './migrations.js';
import { reasonOf, StoreError } from './store-error.js';

/** `WEIR` in ASCII; SQLite keeps it at offset 68 of the file, where `file` and others look for it. */
export const applicationId = 0x57454952;
/** Of the tables as this weir has them. */
const newestVersion = (migrations: readonly Migration[]): number => migrations.length + 1;
export const schemaVersion = newestVersion(diskMigrations);

const moveAway = 'Move the file away to start from the configuration file, or name another directory with --datadir';

/**
 * Attaches the file as schema `disk`. A file that is not there is made, readable by its owner only since passwords are in it. One of an
 * older weir is brought up to date.
 * @returns whether the file is new, that is without any table
 * @throws StoreError when it can not be opened, is damaged, or is not weir's
 */
export function attachDisk(database: Database, path: string, migrations: readonly Migration[] = diskMigrations): 'new' | 'existing' {
  prepareFile(path);
  try {
    database.prepare('ATTACH DATABASE ? AS disk').run(path);
    // First of all: the pragmas below would write into a file of another program.
    const version = inspect(database, path, newestVersion(migrations));
    // EXTRA also syncs the directory after the journal is removed: a SAVE that was answered survives a power loss.
    database.pragma('disk.journal_mode = DELETE');
    database.pragma('disk.synchronous = EXTRA');
    if (version === null) return 'new';
    if (version < newestVersion(migrations)) migrate(database, path, version, migrations);
    checkTables(database, path);
    return 'existing';
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(path, `can not be used (${reasonOf(error)})`, moveAway, error);
  }
}

function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw new StoreError(
      path,
      `can not be opened for writing (${reasonOf(error)})`,
      'Make the directory writable, or name another one with --datadir',
      error,
    );
  }
}

/** The version of the file, or null for one without any table. */
function inspect(database: Database, path: string, newest: number): number | null {
  const id = pragmaNumber(database, 'disk.application_id');
  const version = pragmaNumber(database, 'disk.user_version');
  const tables = tableNames(database);
  if (tables.length === 0 && id === 0 && version === 0) return null;
  if (id !== applicationId) throw new StoreError(path, 'is a SQLite database of another program', moveAway);
  if (version > newest) {
    throw new StoreError(path, `has version ${version}, this weir knows ${newest}`, `Start the newer weir that wrote it. ${moveAway}`);
  }
  // The first line only names the schema; a message is one line.
  const damage = String(database.pragma('disk.quick_check(1)', { simple: true }))
    .split('\n')
    .at(-1)!;
  if (damage !== 'ok') throw new StoreError(path, `is damaged (${damage})`, moveAway);
  return version;
}

/** Somebody else may have changed the tables. */
function checkTables(database: Database, path: string): void {
  for (const table of diskTables()) {
    const columns = columnNames(database, table.name);
    if (columns.length === 0) throw new StoreError(path, `lacks the table ${table.name}`, moveAway);
    const missing = table.columns.find((column) => !columns.includes(column.name));
    if (missing) throw new StoreError(path, `lacks the column ${missing.name} of ${table.name}`, moveAway);
  }
}

function pragmaNumber(database: Database, name: string): number {
  return Number(database.pragma(name, { simple: true }));
}

function tableNames(database: Database): string[] {
  return database
    .prepare<[], { name: string }>("SELECT name FROM disk.sqlite_master WHERE type = 'table'")
    .all()
    .map((row) => row.name);
}

function diskTables() {
  return [...configTables, ...diskOnlyTables];
}

/** Makes the tables of a new file; inside a transaction, so that a file is either new or complete. */
export function createDiskSchema(database: Database): void {
  for (const table of diskTables()) database.exec(createTableSql(table, `disk.${table.name}`));
  database.pragma(`disk.application_id = ${applicationId}`);
  database.pragma(`disk.user_version = ${schemaVersion}`);
}
