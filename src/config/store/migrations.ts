import { rmSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { TableDefinition } from '../table-types.js';
import { createTableSql, quoteIdentifier } from '../tables.js';

/**
 * Takes the tables of `weir.db` from one version to the next. Whoever changes a table on disk adds one here, mostly a `rebuildTable`, and
 * a case to test/unit/config/migrations.test.ts.
 */
export type Migration = (database: Database) => void;

/** The first one leads from version 1 to 2. */
export const diskMigrations: readonly Migration[] = [keepWriters];

/**
 * Brings the attached file to the version that the last migration leads to, whole or not at all. The file as it was stays beside it as
 * `weir.db.vN`, so that an older weir can be put back.
 * @throws SqliteError
 */
export function migrate(database: Database, path: string, version: number, migrations: readonly Migration[]): void {
  const copy = `${path}.v${version}`;
  rmSync(copy, { force: true });
  database.prepare('VACUUM disk INTO ?').run(copy);
  database
    .transaction(() => {
      for (const migration of migrations.slice(version - 1)) migration(database);
      database.pragma(`disk.user_version = ${migrations.length + 1}`);
    })
    .immediate();
}

/** `all` was the only value of the variable, and meant what is called `keep` since: what was stored goes on as it did. */
function keepWriters(database: Database): void {
  database.exec(
    "UPDATE disk.global_variables SET variable_value = 'keep' WHERE variable_name = 'mysql-writer_conflict' AND variable_value = 'all'",
  );
}

/** Gives a table its present definition: rows keep the columns that both have, new columns get their defaults. A new table is empty. */
export function rebuildTable(database: Database, table: TableDefinition): void {
  const old = columnNames(database, table.name);
  if (old.length > 0) database.exec(`ALTER TABLE disk.${table.name} RENAME TO old_${table.name}`);
  database.exec(createTableSql(table, `disk.${table.name}`));
  if (old.length === 0) return;
  const shared = table.columns
    .map((column) => column.name)
    .filter((name) => old.includes(name))
    .map(quoteIdentifier)
    .join(', ');
  database.exec(`INSERT INTO disk.${table.name} (${shared}) SELECT ${shared} FROM disk.old_${table.name} ORDER BY rowid`);
  database.exec(`DROP TABLE disk.old_${table.name}`);
}

/** Of a table on disk; none where there is no such table. */
export function columnNames(database: Database, table: string): string[] {
  return (database.pragma(`disk.table_info(${table})`) as { readonly name: string }[]).map((column) => column.name);
}
