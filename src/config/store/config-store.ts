import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import type { LoadedConfig } from '../cnf-loader.js';
import { collationRows } from '../collations.js';
import { type ConfigModule, type ConfigRow, type ConfigRows, configModules, type SqlValue, type TableDefinition } from '../table-types.js';
import { coredumpFilters } from '../tables/others.js';
import { configTables, createTableSql, quoteIdentifier, tablesOfModule } from '../tables.js';
import { modulePrefix } from '../variable-load.js';
import { variableTable } from '../variables.js';
import { attachDisk, createDiskSchema } from './disk-schema.js';
import { reasonOf, StoreError } from './store-error.js';

export { StoreError } from './store-error.js';

export interface OpenStoreOptions {
  /** Directory of `weir.db`; made when it is not there. */
  readonly datadir: string;
  /** The file's rows replace those of an existing `weir.db`, of which a copy stays as `weir.db.bak`. */
  readonly initial: boolean;
  /** Rows of the configuration file; asked for only when they are needed. */
  readonly fromFile: () => Pick<LoadedConfig, 'rows' | 'variables'>;
}

export interface OpenedStore {
  readonly store: ConfigStore;
  /** Where the memory rows came from. */
  readonly origin: 'disk' | 'file';
}

/**
 * Opens `weir.db` and fills the memory schema: from disk where the file exists, as in ProxySQL, otherwise from the
 * configuration file, whose rows are then saved to disk.
 * @throws StoreError when the file can not be used; it is never overwritten then
 */
export function openStore(options: OpenStoreOptions): OpenedStore {
  return ConfigStore.open(options);
}

/** The editable configuration: schema `main` in memory, schema `disk` in `weir.db`. Each method takes effect whole or not at all. */
export class ConfigStore {
  private constructor(
    /** For admin SQL; `main` is the default schema. */
    readonly database: Database,
    readonly path: string,
  ) {}

  static open(options: OpenStoreOptions): OpenedStore {
    const path = resolve(join(options.datadir, 'weir.db'));
    const database = new SqliteDatabase(':memory:');
    try {
      const state = attachDisk(database, path);
      for (const table of configTables) database.exec(createTableSql(table, `main.${table.name}`));
      const store = new ConfigStore(database, path);
      return { store, origin: store.fill(state, options) };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private fill(state: 'new' | 'existing', options: OpenStoreOptions): 'disk' | 'file' {
    this.putDefaults();
    if (state === 'existing' && !options.initial) {
      this.loadFromDisk(configModules);
      this.writeMemory(() => this.copyTable(coredumpFilters, 'disk', 'main'));
      return 'disk';
    }
    const file = options.fromFile();
    this.loadFromConfig(file, configModules);
    this.writeMemory(() => this.insertRows(coredumpFilters, file.rows[coredumpFilters.name] ?? []));
    if (state === 'existing') this.backup();
    this.writeDisk(() => {
      // Tables and first rows in one transaction: an empty weir.db would win over the file at the next start.
      if (state === 'new') createDiskSchema(this.database);
      for (const table of configTables) this.copyTable(table, 'main', 'disk');
    });
    return 'file';
  }

  /** memory → disk. Returns when the rows would survive a power loss. */
  saveToDisk(modules: readonly ConfigModule[]): void {
    this.writeDisk(() => {
      for (const module of modules) this.copyModule(module, 'main', 'disk');
    });
  }

  /** disk → memory; variables that the disk does not know get their defaults. */
  loadFromDisk(modules: readonly ConfigModule[]): void {
    this.writeMemory(() => {
      for (const module of modules) this.copyModule(module, 'disk', 'main');
      this.putDefaults();
    });
  }

  /** File → memory. Rows of the file replace rows with the same key, others stay, as in ProxySQL. */
  loadFromConfig(loaded: Pick<LoadedConfig, 'rows' | 'variables'>, modules: readonly ConfigModule[]): void {
    this.writeMemory(() => {
      for (const module of modules) {
        for (const table of tablesOfModule(module)) this.insertRows(table, loaded.rows[table.name] ?? []);
        this.insertVariables(module, loaded.variables);
      }
    });
  }

  /** Every row of the memory schema, tables and rows in their own order. */
  memoryRows(): ConfigRows {
    return Object.fromEntries(configTables.map((table) => [table.name, this.rowsOf(table)]));
  }

  /** Values of the memory schema by full name. */
  memoryVariables(): Map<string, string> {
    const rows = this.database.prepare<[], { variable_name: string; variable_value: string }>('SELECT * FROM main.global_variables').all();
    return new Map(rows.map((row) => [row.variable_name, row.variable_value]));
  }

  /**
   * Opens `weir.db` anew, after it was replaced by hand. Where it is gone it is made again from memory: an empty one would win over the
   * configuration file at the next start.
   * @throws StoreError when the file can not be used; the one that was open stays open then
   */
  reopenDisk(): 'new' | 'existing' {
    const trial = new SqliteDatabase(':memory:');
    try {
      attachDisk(trial, this.path);
    } finally {
      trial.close();
    }
    this.database.exec('DETACH DATABASE disk');
    const state = attachDisk(this.database, this.path);
    if (state === 'new') this.writeNewDisk();
    return state;
  }

  close(): void {
    this.database.close();
  }

  private writeNewDisk(): void {
    this.writeDisk(() => {
      createDiskSchema(this.database);
      for (const table of configTables) this.copyTable(table, 'main', 'disk');
    });
  }

  private putDefaults(): void {
    const insert = this.database.prepare('INSERT OR IGNORE INTO main.global_variables VALUES (?, ?)');
    for (const record of variableTable) insert.run(record.name, record.default);
    const collation = this.database.prepare('INSERT OR IGNORE INTO main.mysql_collations VALUES (?, ?, ?, ?)');
    for (const row of collationRows) collation.run(...row);
  }

  /** A copy of the file as it is on disk, beside it. */
  private backup(): void {
    const copy = `${this.path}.bak`;
    this.guard(() => {
      rmSync(copy, { force: true });
      this.database.prepare('VACUUM disk INTO ?').run(copy);
    });
  }

  private writeDisk(change: () => void): void {
    this.guard(() => this.database.transaction(change).immediate());
  }

  private writeMemory(change: () => void): void {
    this.database.transaction(change)();
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw new StoreError(this.path, `could not be written (${reasonOf(error)})`, 'What it held before is unchanged', error);
    }
  }

  private copyModule(module: ConfigModule, from: 'main' | 'disk', to: 'main' | 'disk'): void {
    for (const table of tablesOfModule(module)) this.copyTable(table, from, to);
    const prefix = modulePrefix(module);
    if (prefix === null) return;
    this.database.prepare(`DELETE FROM ${to}.global_variables WHERE variable_name LIKE ?`).run(`${prefix}%`);
    this.database
      .prepare(`INSERT INTO ${to}.global_variables SELECT * FROM ${from}.global_variables WHERE variable_name LIKE ?`)
      .run(`${prefix}%`);
  }

  private copyTable(table: TableDefinition, from: 'main' | 'disk', to: 'main' | 'disk'): void {
    const columns = columnList(table);
    this.database.exec(`DELETE FROM ${to}.${table.name}`);
    this.database.exec(`INSERT INTO ${to}.${table.name} (${columns}) SELECT ${columns} FROM ${from}.${table.name} ORDER BY rowid`);
  }

  private insertRows(table: TableDefinition, rows: readonly ConfigRow[]): void {
    const marks = table.columns.map(() => '?').join(', ');
    const insert = this.database.prepare(`INSERT OR REPLACE INTO main.${table.name} (${columnList(table)}) VALUES (${marks})`);
    for (const row of rows) insert.run(table.columns.map((column) => row[column.name] ?? null));
  }

  private insertVariables(module: ConfigModule, values: ReadonlyMap<string, string>): void {
    const prefix = modulePrefix(module);
    if (prefix === null) return;
    const insert = this.database.prepare('INSERT OR REPLACE INTO main.global_variables VALUES (?, ?)');
    for (const [name, value] of values) if (name.startsWith(prefix)) insert.run(name, value);
  }

  private rowsOf(table: TableDefinition): ConfigRow[] {
    return this.database.prepare<[], Record<string, SqlValue>>(`SELECT ${columnList(table)} FROM main.${table.name} ORDER BY rowid`).all();
  }
}

function columnList(table: TableDefinition): string {
  return table.columns.map((column) => quoteIdentifier(column.name)).join(', ');
}
