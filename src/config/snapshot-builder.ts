import { assert } from '../base/assert.js';
import type { ConfigVersion } from '../base/ids.js';
import { adminAccountErrors } from './admin-accounts.js';
import type { LoadOptions } from './cnf-loader.js';
import { conflictingPairs } from './cross-checks.js';
import { dataPlaneVariables, type PemReader } from './data-plane-values.js';
import { checkRow } from './row-builder.js';
import { rowLabel } from './row-label.js';
import type { ConfigSnapshot, UserConfig } from './snapshot.js';
import { fastRoutingOf, pairOf, ruleOf, serverOf, userOf } from './snapshot-rows.js';
import type { ConfigRow, ConfigRows } from './table-types.js';
import { modifiersOf } from './tables/query-rules.js';
import { findTable } from './tables.js';
import { findVariable, parseVariable, type VariableValues } from './variables.js';

export { dataPlaneVariables } from './data-plane-values.js';

export interface SnapshotInput extends LoadOptions {
  readonly version: ConfigVersion;
  readonly rulesVersion?: number;
  /** Rows of the memory schema. */
  readonly rows: ConfigRows;
  /** By full name; those that are missing have their defaults. */
  readonly variables: VariableValues;
  readonly tls: ConfigSnapshot['tls'];
  readonly rsa: ConfigSnapshot['rsa'];
  readonly readPem: PemReader;
}

export type SnapshotResult =
  | { readonly ok: true; readonly snapshot: ConfigSnapshot }
  /** One text a problem: `mysql_users (app, backend 1): default_hostgroup: found -1; accepted: …`. */
  | { readonly ok: false; readonly errors: readonly string[] };

/** Turns rows and variables into what workers run by, or says of each row what is wrong with it. */
export function buildSnapshot(input: SnapshotInput): SnapshotResult {
  const errors = [
    ...variableErrors(input.variables),
    ...adminAccountErrors(input.variables),
    ...rowErrors(input),
    ...userPairErrors(input.rows),
  ];
  if (errors.length > 0) return { ok: false, errors };
  try {
    return { ok: true, snapshot: snapshotOf(input) };
  } catch (error) {
    return { ok: false, errors: [error instanceof Error ? error.message : String(error)] };
  }
}

function snapshotOf({ version, rulesVersion = 1, rows, variables, tls, rsa, readPem }: SnapshotInput): ConfigSnapshot {
  return {
    version,
    variables: dataPlaneVariables(variables, readPem),
    users: usersOf(rows),
    servers: rowsOf(rows, 'mysql_servers').map(serverOf),
    replicationHostgroups: rowsOf(rows, 'mysql_replication_hostgroups').map(pairOf),
    queryRules: activeRows(rows, 'mysql_query_rules')
      .map(ruleOf)
      .sort((left, right) => left.ruleId - right.ruleId),
    fastRouting: rowsOf(rows, 'mysql_query_rules_fast_routing').map(fastRoutingOf),
    rulesVersion,
    tls,
    rsa,
  };
}

const snapshotTables = [
  'mysql_servers',
  'mysql_replication_hostgroups',
  'mysql_users',
  'mysql_query_rules',
  'mysql_query_rules_fast_routing',
] as const;

function rowsOf(rows: ConfigRows, table: (typeof snapshotTables)[number]): readonly ConfigRow[] {
  return rows[table] ?? [];
}

function activeRows(rows: ConfigRows, table: 'mysql_users' | 'mysql_query_rules'): readonly ConfigRow[] {
  return rowsOf(rows, table).filter((row) => row['active'] === 1);
}

function variableErrors(values: VariableValues): string[] {
  return [...values].flatMap(([name, value]) => {
    const record = findVariable(name);
    if (record === undefined || record.readOnly) return [];
    const parsed = parseVariable(record, value);
    return parsed.ok ? [] : [`${name}: this value can not be used; accepted: ${parsed.accepted}`];
  });
}

function rowErrors({ rows, checkPattern }: SnapshotInput): string[] {
  const problems = snapshotTables.flatMap((name) => {
    const table = findTable(name);
    assert(table, `table ${name} is defined`);
    return rowsOf(rows, name).flatMap((row) =>
      checkRow(table, row).map((problem) => `${rowLabel(table, row)}: ${problem.column}: ${problem.message}`),
    );
  });
  const pairs = findTable('mysql_replication_hostgroups')!;
  const conflicts = conflictingPairs(rows).map((problem) => `${rowLabel(pairs, problem.row)}: ${problem.column}: ${problem.message}`);
  return [...problems, ...conflicts, ...(checkPattern ? patternErrors(rows, checkPattern) : [])];
}

function patternErrors(rows: ConfigRows, checkPattern: NonNullable<LoadOptions['checkPattern']>): string[] {
  return activeRows(rows, 'mysql_query_rules').flatMap((row) =>
    ['match_digest', 'match_pattern'].flatMap((column) => {
      const pattern = row[column];
      const problem = typeof pattern === 'string' ? checkPattern(pattern, modifiersOf(row['re_modifiers'])) : null;
      return problem === null ? [] : [`mysql_query_rules (${row['rule_id']}): ${column}: ${problem}; accepted: a regular expression`];
    }),
  );
}

/**
 * One account for each name that may log in. Where an account stands in two rows, one for clients (frontend=1, backend=0)
 * and one for servers (frontend=0, backend=1), the row for clients decides and `userPairErrors` has seen that both fit.
 */
function usersOf(rows: ConfigRows): UserConfig[] {
  return activeRows(rows, 'mysql_users')
    .filter((row) => row['frontend'] === 1)
    .map(userOf);
}

function userPairErrors(rows: ConfigRows): string[] {
  const users = activeRows(rows, 'mysql_users');
  const clients = users.filter((row) => row['frontend'] === 1 && row['backend'] === 0);
  const servers = new Map(users.filter((row) => row['backend'] === 1).map((row) => [row['username'], row]));
  return clients.flatMap((client) => {
    const label = `mysql_users (${client['username']}, backend 0)`;
    const server = servers.get(client['username'] ?? null);
    if (server === undefined)
      return [`${label}: may log in to weir but to no server; accepted: backend=1, or an active row with backend=1`];
    if ((server['password'] ?? '') === (client['password'] ?? '')) return [];
    return [`${label}: password: the rows for clients and for servers have different passwords; accepted: the same one in both`];
  });
}
