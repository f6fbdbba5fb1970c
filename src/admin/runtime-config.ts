import { type ConfigVersion, configVersion } from '../base/ids.js';
import type { LoadedConfig } from '../config/cnf-loader.js';
import { formatProblem } from '../config/config-problem.js';
import type { PemReader } from '../config/data-plane-values.js';
import { checkLoad, lostHostgroups } from '../config/load-checks.js';
import { rowsWithoutEffect, variablesAwaitingRestart, variablesWithoutEffect } from '../config/no-effect.js';
import type { ConfigSnapshot } from '../config/snapshot.js';
import { buildSnapshot } from '../config/snapshot-builder.js';
import type { ConfigStore } from '../config/store/config-store.js';
import { type ConfigModule, type ConfigRow, type ConfigRows, configModules } from '../config/table-types.js';
import { quoteIdentifier, tablesOfModule } from '../config/tables.js';
import { canonicalVariables, loadVariables, modulePrefix, type VariableLoad } from '../config/variable-load.js';
import { booleanValue } from '../config/variables.js';
import { newEventHookErrors, unusableEventHook } from './event-hook-check.js';
import { hashedUserRow } from './hashed-users.js';
import { type ModuleVersion, moduleChecksum } from './module-checksum.js';
import { missingPrograms } from './scheduler/missing-programs.js';

/** Keys and certificates as they are now. */
export type KeyMaterial = Pick<ConfigSnapshot, 'tls' | 'rsa'>;

export interface RuntimeConfigOptions {
  readonly store: ConfigStore;
  readonly keys: (variables: ReadonlyMap<string, string>) => KeyMaterial;
  readonly readPem: PemReader;
  /** The configuration file, read anew; throws Error with every problem of it, or when there is none. */
  readonly readFile: () => Pick<LoadedConfig, 'rows' | 'variables'> & Partial<Pick<LoadedConfig, 'warnings'>>;
  /** Gives a snapshot to all workers; rejects when one refuses it. */
  readonly push: (snapshot: ConfigSnapshot) => Promise<void>;
  /** Called after all workers run by the snapshot. */
  readonly onApplied: (snapshot: ConfigSnapshot, variables: ReadonlyMap<string, string>) => Promise<void>;
  readonly checkPattern?: (pattern: string, modifiers: readonly string[]) => string | null;
  /** Hears of each warning of a load or of the start once. */
  readonly onWarnings?: (module: ConfigModule | 'start', warnings: readonly string[]) => void;
}

/** What a load did. */
export interface LoadOutcome {
  readonly warnings: readonly string[];
  /** For modules of variables; null for tables. */
  readonly variables: VariableLoad | null;
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
  readonly #startedVariables: ReadonlyMap<string, string>;
  readonly #versions = new Map<ConfigModule, ModuleVersion>();
  readonly #told = new Set<string>();
  #lastVersion = 1;
  /** Counts loads of query rules. */
  #rulesVersion = 1;
  /** Loads run one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * Everything that memory has, as version 1; not pushed to anybody.
   * @throws ConfigInvalid
   */
  constructor(options: RuntimeConfigOptions) {
    this.#options = options;
    this.#rows = options.store.memoryRows();
    this.#variables = canonicalVariables(options.store.memoryVariables());
    this.#startedVariables = this.#variables;
    this.#snapshot = this.#build(configVersion(1), this.#rows, this.#variables);
    for (const module of configModules) this.#count(module);
    this.#tell('start', [...lostHostgroups(this.#rows), ...configModules.flatMap((module) => this.#withoutEffect(module))]);
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

  /** Of what runs now. */
  versionOf(module: ConfigModule): ModuleVersion {
    return this.#versions.get(module)!;
  }

  /**
   * LOAD … TO RUNTIME: resolves when every worker runs by it.
   * @throws ConfigInvalid, ConfigRefused; what ran before goes on then
   */
  load(module: ConfigModule): Promise<LoadOutcome> {
    return this.#inTurn(async () => {
      const { store } = this.#options;
      const memory = store.memoryRows();
      const moved = Object.fromEntries(tablesOfModule(module).map((table) => [table.name, memory[table.name] ?? []]));
      const prefix = modulePrefix(module);
      const variables = prefix === null ? null : loadVariables(prefix, this.#variables, store.memoryVariables());
      const warnings = await this.#load(module, { ...this.#rows, ...moved }, memory, variables?.values ?? this.#variables);
      const ignored = (variables?.unknown ?? []).map((name) => `${name}: weir has no such variable; the row stays without effect`);
      const rejected = (variables?.rejected ?? []).map((name) => `${name}: is read only; its value is that of this weir`);
      return { variables, warnings: [...ignored, ...rejected, ...warnings] };
    });
  }

  /**
   * LOAD MYSQL USER … TO RUNTIME: the rows of one account, none of which takes it away.
   * @throws ConfigInvalid, ConfigRefused; Error when neither memory nor runtime has the account
   */
  loadUser(username: string): Promise<LoadOutcome> {
    return this.#inTurn(async () => {
      const memory = this.#options.store.memoryRows();
      const isOther = (row: ConfigRow): boolean => row['username'] !== username;
      const [before, rows] = [this.#rows['mysql_users'] ?? [], memory['mysql_users'] ?? []];
      if (before.every(isOther) && rows.every(isOther)) throw new Error(`mysql_users has no account ${username}`);
      const users = [...before.filter(isOther), ...rows.filter((row) => !isOther(row))];
      const warnings = await this.#load('MYSQL USERS', { ...this.#rows, mysql_users: users }, memory, this.#variables);
      return { variables: null, warnings };
    });
  }

  /** Why a start from what memory has of this module would be refused, one text a row; none when it would not. */
  obstacles(module: ConfigModule): readonly string[] {
    const { store } = this.#options;
    const memory = store.memoryRows();
    const moved = Object.fromEntries(tablesOfModule(module).map((table) => [table.name, memory[table.name] ?? []]));
    const prefix = modulePrefix(module);
    const variables = prefix === null ? this.#variables : loadVariables(prefix, this.#variables, store.memoryVariables()).values;
    try {
      this.#build(this.#snapshot.version, { ...this.#rows, ...moved }, variables);
      return [];
    } catch (error) {
      if (error instanceof ConfigInvalid) return error.errors;
      throw error;
    }
  }

  /** Changes one variable of what runs, past memory: for commands that do only that. */
  setVariable(name: string, value: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#apply(this.#rows, new Map([...this.#variables, [name, value]]));
      this.#count(name.startsWith('admin-') ? 'ADMIN VARIABLES' : 'MYSQL VARIABLES');
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
        const rows = table.name === 'mysql_servers' ? servers : this.#savedRows(table.name);
        database.exec(`DELETE FROM main.${table.name}`);
        for (const row of rows) insert.run(table.columns.map((column) => row[column.name] ?? null));
      }
      const put = database.prepare('INSERT OR REPLACE INTO main.global_variables VALUES (?, ?)');
      const prefix = modulePrefix(module);
      for (const [name, value] of this.#variables) if (prefix !== null && name.startsWith(prefix)) put.run(name, value);
    })();
  }

  #savedRows(table: string): readonly ConfigRow[] {
    const rows = this.#rows[table] ?? [];
    return table === 'mysql_users' && booleanValue(this.#variables, 'admin-hash_passwords') ? rows.map(hashedUserRow) : rows;
  }

  /**
   * LOAD … FROM CONFIG; answers the warnings about the file.
   * @throws Error listing what is wrong with the file
   */
  loadFromConfig(module: ConfigModule): string[] {
    const file = this.#options.readFile();
    this.#options.store.loadFromConfig(file, [module]);
    return (file.warnings ?? []).map(formatProblem);
  }

  /** @returns warnings */
  async #load(module: ConfigModule, rows: ConfigRows, memory: ConfigRows, variables: ReadonlyMap<string, string>): Promise<string[]> {
    const findings = checkLoad(module, rows, memory);
    const errors = [...findings.errors, ...newEventHookErrors(this.#variables, variables)];
    if (module === 'MYSQL QUERY RULES') await this.#applyRules(rows, variables, errors);
    else await this.#apply(rows, variables, errors);
    this.#count(module);
    const prefix = modulePrefix(module);
    const later = prefix === null ? [] : variablesAwaitingRestart(prefix, this.#variables, this.#startedVariables);
    const warnings = [...findings.warnings, ...this.#withoutEffect(module), ...later];
    if (module === 'SCHEDULER') warnings.push(...missingPrograms(rows['scheduler'] ?? []));
    this.#tell(module, warnings);
    return warnings;
  }

  /** Hits of rules begin again, unless the rules are refused. */
  async #applyRules(rows: ConfigRows, variables: ReadonlyMap<string, string>, errors: readonly string[]): Promise<void> {
    this.#rulesVersion++;
    try {
      await this.#apply(rows, variables, errors);
    } catch (error) {
      this.#rulesVersion--;
      throw error;
    }
  }

  #withoutEffect(module: ConfigModule): string[] {
    const prefix = modulePrefix(module);
    if (prefix === null) return rowsWithoutEffect(module, this.#rows);
    const hook = prefix === 'mysql-' ? unusableEventHook(this.#variables) : null;
    return [...variablesWithoutEffect(prefix, this.#variables), ...(hook === null ? [] : [hook])];
  }

  #tell(module: ConfigModule | 'start', warnings: readonly string[]): void {
    const news = warnings.filter((warning) => !this.#told.has(warning));
    for (const warning of news) this.#told.add(warning);
    if (news.length > 0) this.#options.onWarnings?.(module, news);
  }

  #count(module: ConfigModule): void {
    const last = this.#versions.get(module);
    const checksum = moduleChecksum(module, this.#rows, this.#variables);
    const epochSec = last?.checksum === checksum ? last.epochSec : Math.floor(Date.now() / 1000);
    this.#versions.set(module, { version: (last?.version ?? 0) + 1, epochSec, checksum });
  }

  async #apply(rows: ConfigRows, variables: ReadonlyMap<string, string>, errors: readonly string[] = []): Promise<void> {
    // A version is never used twice, not even after a refusal: workers tell configurations apart by it.
    const snapshot = this.#build(configVersion(++this.#lastVersion), rows, variables, errors);
    await this.#options.push(snapshot);
    this.#rows = rows;
    this.#variables = variables;
    this.#snapshot = snapshot;
    await this.#options.onApplied(snapshot, variables);
  }

  #build(version: ConfigVersion, rows: ConfigRows, variables: ReadonlyMap<string, string>, errors: readonly string[] = []): ConfigSnapshot {
    const { keys, readPem, checkPattern } = this.#options;
    const result = buildSnapshot({
      version,
      rulesVersion: this.#rulesVersion,
      rows,
      variables,
      readPem,
      ...keys(variables),
      ...(checkPattern ? { checkPattern } : {}),
    });
    const all = [...new Set([...(result.ok ? [] : result.errors), ...errors])];
    if (!result.ok || all.length > 0) throw new ConfigInvalid(all);
    return result.snapshot;
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
