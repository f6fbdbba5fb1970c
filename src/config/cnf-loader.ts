import { type PlacedRow, readTableSection } from './cnf-table-section.js';
import { type CnfGroup, type CnfSetting, describeCnfValue } from './cnf-types.js';
import { readVariableSection } from './cnf-variable-section.js';
import { type ConfigProblem, duplicateSettings, problemAt } from './config-problem.js';
import { type CrossProblem, conflictingPairs, knownHostgroups, unknownHostgroupReferences } from './cross-checks.js';
import type { ConfigRow, ConfigRows, TableDefinition } from './table-types.js';
import { configTables } from './tables.js';

export { type ConfigProblem, formatProblem } from './config-problem.js';

/** Top-level settings with one value each; what ProxySQL knows and weir does not need is accepted and kept. */
const topLevelScalars: Readonly<Record<string, 'string' | 'integer' | 'boolean'>> = {
  datadir: 'string',
  errorlog: 'string',
  restart_on_missing_heartbeats: 'integer',
  execute_on_exit_failure: 'string',
  ldap_auth_plugin: 'string',
  web_interface_plugin: 'string',
  sqlite3_plugin: 'string',
  uuid: 'string',
  cluster_sync_interfaces: 'boolean',
  set_thread_name: 'boolean',
};

/** Sections of ProxySQL's builds and plugins that weir has no use for. */
const skippedSections = new Set([
  ...[
    'ldap_variables',
    'clickhouse_variables',
    'clickhouse_users',
    'sqliteserver_variables',
    'mysql_ldap_mapping',
    'mysql_aws_rds_bgd_hostgroups',
  ],
  ...[
    'pgsql_variables',
    'pgsql_servers',
    'pgsql_users',
    'pgsql_query_rules',
    'pgsql_query_rules_fast_routing',
    'pgsql_replication_hostgroups',
  ],
  ...['pgsql_hostgroup_attributes', 'pgsql_firewall_whitelist_users', 'pgsql_firewall_whitelist_rules', 'pgsql_ldap_mapping'],
  ...['pgsql_firewall_whitelist_sqli_fingerprints', 'debug_levels', 'debug_filters', 'genai_variables', 'mcp_variables', 'tsdb_variables'],
]);

const sectionTables = new Map<string, TableDefinition>(
  configTables.filter((table) => table.module !== null || table.name === 'coredump_filters').map((table) => [table.name, table]),
);
const restapi = sectionTables.get('restapi_routes');
if (restapi) sectionTables.set('restapi', restapi);

export interface LoadedConfig {
  /** Complete rows of every table that the file names, without `global_variables`. Only whole and correct ones. */
  readonly rows: ConfigRows;
  /** What the file sets, by full name; the defaults are not in it. */
  readonly variables: ReadonlyMap<string, string>;
  /** Top-level scalars: `datadir`, `errorlog` … */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly errors: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

export interface LoadOptions {
  /** Says what is wrong with a regular expression of a rule, or null; the room that runs the rules knows it. */
  readonly checkPattern?: (pattern: string, modifiers: readonly string[]) => string | null;
}

/** Reads a parsed file into rows and variables. Never throws for what stands in the file: every problem is listed with its line. */
export function loadCnf(root: CnfGroup, options: LoadOptions = {}): LoadedConfig {
  return new CnfLoading(options).run(root);
}

class CnfLoading {
  private readonly errors: ConfigProblem[] = [];
  private readonly warnings: ConfigProblem[] = [];
  private readonly rows: Record<string, readonly ConfigRow[]> = {};
  private readonly refusedRows: Record<string, readonly ConfigRow[]> = {};
  private readonly variables = new Map<string, string>();
  private readonly settings: Record<string, string | number | boolean> = {};
  /** Where a column of a row stands, with the beginning of a message about it. */
  private readonly places = new Map<ConfigRow, (column: string) => ConfigProblem>();

  constructor(private readonly options: LoadOptions) {}

  run(root: CnfGroup): LoadedConfig {
    this.errors.push(...duplicateSettings(root, ''));
    for (const setting of root.settings) this.readSetting(setting);
    this.crossCheck();
    const byPlace = (left: ConfigProblem, right: ConfigProblem): number => (left.file === right.file ? left.line - right.line : 0);
    const { rows, variables, settings } = this;
    return { rows, variables, settings, errors: this.errors.sort(byPlace), warnings: this.warnings.sort(byPlace) };
  }

  private readSetting(setting: CnfSetting): void {
    const { name } = setting;
    const table = sectionTables.get(name);
    if (table) this.readTable(setting, table);
    else if (name === 'mysql_variables' || name === 'admin_variables')
      this.readVariables(setting, name === 'mysql_variables' ? 'mysql' : 'admin');
    else if (Object.hasOwn(topLevelScalars, name)) this.readScalar(setting, topLevelScalars[name]!);
    else if (!skippedSections.has(name)) this.warnings.push(problemAt(setting, name, 'weir does not know this key; it is ignored'));
  }

  private readScalar(setting: CnfSetting, wanted: 'string' | 'integer' | 'boolean'): void {
    const { value } = setting;
    const words = { string: 'a text in double quotes', integer: 'an integer', boolean: 'true or false' };
    if (value.type === wanted) this.settings[setting.name] = (value as { value: string | number | boolean }).value;
    else this.errors.push(problemAt(value, setting.name, `found ${describeCnfValue(value)}; accepted: ${words[wanted]}`));
  }

  private readVariables(setting: CnfSetting, prefix: 'mysql' | 'admin'): void {
    const section = readVariableSection(setting, prefix);
    for (const [name, value] of section.values) this.variables.set(name, value);
    this.errors.push(...section.errors);
    this.warnings.push(...section.warnings);
  }

  private readTable(setting: CnfSetting, table: TableDefinition): void {
    const section = readTableSection(setting, table, this.options.checkPattern ?? (() => null));
    this.errors.push(...section.errors);
    this.warnings.push(...section.warnings);
    this.addRows(setting.name, table.name, section.rows);
    this.refusedRows[table.name] = section.refusedRows.map(({ row }) => row);
  }

  private addRows(section: string, table: string, placed: readonly PlacedRow[]): void {
    for (const { row, at } of placed) {
      const leftOut = (column: string): string => (at(column) === at('') ? 'is left out: ' : '');
      this.places.set(row, (column) => problemAt(at(column), `${section}.${column}`, leftOut(column)));
    }
    this.rows[table] = [...(this.rows[table] ?? []), ...placed.map(({ row }) => row)];
  }

  private crossCheck(): void {
    const hostgroups = [...knownHostgroups(this.rows), ...knownHostgroups(this.refusedRows)];
    const known = [...new Set(hostgroups)].sort((left, right) => left - right);
    // A file without any server leaves them to the admin port.
    const unknown = known.length === 0 ? [] : unknownHostgroupReferences(this.rows, known);
    for (const problem of [...unknown, ...conflictingPairs(this.rows)]) this.report(problem);
    if (known.length === 0) this.warnOfMissingServers();
  }

  private report(problem: CrossProblem): void {
    const place = this.places.get(problem.row)?.(problem.column);
    if (place) this.errors.push({ ...place, message: place.message + problem.message });
  }

  private warnOfMissingServers(): void {
    const first = this.rows['mysql_users']?.[0];
    if (first === undefined) return;
    const place = this.places.get(first)!('username');
    this.warnings.push({
      ...place,
      key: 'mysql_users',
      message: 'no server is configured, so hostgroups of users and rules are not checked',
    });
  }
}
