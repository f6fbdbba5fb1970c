import { type ConfigVersion, configVersion } from '../base/ids.js';
import type { LoadedConfig } from '../config/cnf-loader.js';
import type { PemReader } from '../config/data-plane-values.js';
import type { ConfigSnapshot } from '../config/snapshot.js';
import { buildSnapshot } from '../config/snapshot-builder.js';
import type { ConfigStore } from '../config/store/config-store.js';
import type { ConfigModule, ConfigRow, ConfigRows } from '../config/table-types.js';
import { quoteIdentifier, tablesOfModule } from '../config/tables.js';

/** Keys and certificates as they are now. */
export type KeyMaterial = Pick<ConfigSnapshot, 'tls' | 'rsa'>;

export interface RuntimeConfigOptions {
  readonly store: ConfigStore;
  readonly keys: (variables: ReadonlyMap<string, string>) => KeyMaterial;
  readonly readPem: PemReader;
  /** The configuration file, read anew; throws Error with every problem of it, or when there is none. */
  readonly readFile: () => Pick<LoadedConfig, 'rows' | 'variables'>;
  /** Gives a snapshot to all workers; rejects when one refuses it. */
  readonly push: (snapshot: ConfigSnapshot) => Promise<void>;
  /** Called after all workers run by the snapshot. */
  readonly onApplied: (snapshot: ConfigSnapshot, variables: ReadonlyMap<string, string>) => Promise<void>;
  readonly checkPattern?: (pattern: string, modifiers: readonly string[]) => string | null;
}

/** A configuration can not run; the message lists what is wrong, one line each. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  constructor(readonly errors: readonly string[]) {
    super(errors.join('\n'));
  }
}

/** The RUNTIME layer: the rows and variables that the workers run by, and the moves between it and memory. */
export class RuntimeConfig {
  readonly #options: RuntimeConfigOptions;
  #rows: ConfigRows;
  #variables: ReadonlyMap<string, string>;
  #snapshot: ConfigSnapshot;
  #lastVersion = 1;
  /** Loads run one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * Everything that memory has, as version 1; not pushed to anybody.
   * @throws ConfigInvalid
   */
  constructor(options: RuntimeConfigOptions) {
    this.#options = options;
    this.#rows = options.store.memoryRows();
    this.#variables = options.store.memoryVariables();
    this.#snapshot = this.#build(configVersion(1), this.#rows, this.#variables);
  }

  get snapshot(): ConfigSnapshot {
    return this.#snapshot;
  }

  get rows(): ConfigRows {
    return this.#rows;
  }

  get variables(): ReadonlyMap<string, string> {
    return this.#variables;
  }

  /**
   * LOAD … TO RUNTIME: resolves when every worker runs by it.
   * @throws ConfigInvalid, ConfigRefused; what ran before goes on then
   */
  load(module: ConfigModule): Promise<void> {
    return this.#inTurn(() => {
      const memory = this.#options.store.memoryRows();
      const moved = Object.fromEntries(tablesOfModule(module).map((table) => [table.name, memory[table.name] ?? []]));
      return this.#apply({ ...this.#rows, ...moved }, withPrefix(this.#variables, this.#options.store.memoryVariables(), prefixOf(module)));
    });
  }

  /** Keys and certificates were changed on disk. */
  reloadKeys(): Promise<void> {
    return this.#inTurn(() => this.#apply(this.#rows, this.#variables));
  }

  /** SAVE … TO MEMORY: memory gets what runs. `servers` are the rows of runtime_mysql_servers. */
  saveToMemory(module: ConfigModule, servers: readonly ConfigRow[]): void {
    const { database } = this.#options.store;
    database.transaction(() => {
      for (const table of tablesOfModule(module)) {
        const columns = table.columns.map((column) => quoteIdentifier(column.name)).join(', ');
        const insert = database.prepare(`INSERT INTO main.${table.name} (${columns}) VALUES (${table.columns.map(() => '?').join(', ')})`);
        const rows = table.name === 'mysql_servers' ? servers : (this.#rows[table.name] ?? []);
        database.exec(`DELETE FROM main.${table.name}`);
        for (const row of rows) insert.run(table.columns.map((column) => row[column.name] ?? null));
      }
      const put = database.prepare('INSERT OR REPLACE INTO main.global_variables VALUES (?, ?)');
      const prefix = prefixOf(module);
      for (const [name, value] of this.#variables) if (prefix !== null && name.startsWith(prefix)) put.run(name, value);
    })();
  }

  /** LOAD … FROM CONFIG. @throws Error listing what is wrong with the file */
  loadFromConfig(module: ConfigModule): void {
    this.#options.store.loadFromConfig(this.#options.readFile(), [module]);
  }

  async #apply(rows: ConfigRows, variables: ReadonlyMap<string, string>): Promise<void> {
    // A version is never used twice, not even after a refusal: workers tell configurations apart by it.
    const snapshot = this.#build(configVersion(++this.#lastVersion), rows, variables);
    await this.#options.push(snapshot);
    this.#rows = rows;
    this.#variables = variables;
    this.#snapshot = snapshot;
    await this.#options.onApplied(snapshot, variables);
  }

  #build(version: ConfigVersion, rows: ConfigRows, variables: ReadonlyMap<string, string>): ConfigSnapshot {
    const { keys, readPem, checkPattern } = this.#options;
    const result = buildSnapshot({ version, rows, variables, readPem, ...keys(variables), ...(checkPattern ? { checkPattern } : {}) });
    if (!result.ok) throw new ConfigInvalid(result.errors);
    return result.snapshot;
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function prefixOf(module: ConfigModule): string | null {
  if (module === 'MYSQL VARIABLES') return 'mysql-';
  return module === 'ADMIN VARIABLES' ? 'admin-' : null;
}

function withPrefix(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  prefix: string | null,
): ReadonlyMap<string, string> {
  if (prefix === null) return old;
  return new Map([...old, ...[...now].filter(([name]) => name.startsWith(prefix))]);
}
