import { knownHostgroups, loadReferences, unknownHostgroupReferences } from './cross-checks.js';
import { checkRow } from './row-builder.js';
import { rowLabel } from './row-label.js';
import type { ConfigModule, ConfigRows } from './table-types.js';
import { findTable, tablesOfModule } from './tables.js';
import { userPasswordWarnings } from './user-passwords.js';

export interface LoadFindings {
  /** The load can not be; one text a row. */
  readonly errors: readonly string[];
  /** It can, but the operator should know. */
  readonly warnings: readonly string[];
}

/**
 * What LOAD … TO RUNTIME checks beyond the snapshot itself.
 *
 * Servers are loaded before, with or after users and rules, as the operator likes: what users and rules name must exist among the servers
 * that run or that stand ready in memory. While no hostgroup exists anywhere the order is the other one, which ProxySQL allows, and it is
 * a warning. Servers that leave a running user or rule without hostgroup are a warning too: taking servers away is never refused.
 * @param next the rows that would run
 * @param memory all rows of memory
 */
export function checkLoad(module: ConfigModule, next: ConfigRows, memory: ConfigRows): LoadFindings {
  const errors = rowErrors(module, next);
  switch (module) {
    case 'MYSQL SERVERS':
      return {
        errors,
        warnings: [...referenceTexts(next, knownHostgroups(next), ['MYSQL USERS', 'MYSQL QUERY RULES']), ...emptyPairs(next)],
      };
    case 'MYSQL USERS':
    case 'MYSQL QUERY RULES': {
      const known = [...new Set([...knownHostgroups(next), ...knownHostgroups(memory)])].sort((left, right) => left - right);
      const unknown = referenceTexts(next, known, [module]);
      const odd = module === 'MYSQL USERS' ? userPasswordWarnings(next['mysql_users'] ?? []) : [];
      return known.length === 0 ? { errors, warnings: [...unknown, ...odd] } : { errors: [...errors, ...unknown], warnings: odd };
    }
    case 'SCHEDULER':
      return { errors, warnings: lostArguments(next) };
    case 'MYSQL VARIABLES':
    case 'ADMIN VARIABLES':
    case 'MYSQL FIREWALL':
    case 'RESTAPI':
    case 'PROXYSQL SERVERS':
      return { errors, warnings: [] };
  }
}

/** What is lost at a start from disk, which must go on all the same. */
export function lostHostgroups(rows: ConfigRows): string[] {
  return referenceTexts(rows, knownHostgroups(rows), ['MYSQL USERS', 'MYSQL QUERY RULES']);
}

/** SQLite compares a text as larger than any number: CHECK clauses let `abc` pass where a least number is asked for. */
function rowErrors(module: ConfigModule, rows: ConfigRows): string[] {
  return tablesOfModule(module).flatMap((table) =>
    (rows[table.name] ?? []).flatMap((row) =>
      checkRow(table, row).map((problem) => `${rowLabel(table, row)}: ${problem.column}: ${problem.message}`),
    ),
  );
}

function referenceTexts(rows: ConfigRows, known: readonly number[], modules: readonly ConfigModule[]): string[] {
  const references = loadReferences.filter(({ table }) => modules.includes(findTable(table)!.module!));
  return unknownHostgroupReferences(rows, known, references).map(
    (problem) => `${rowLabel(findTable(problem.table)!, problem.row)}: ${problem.column}: ${problem.message}`,
  );
}

/** A pair is a plan for servers that the read_only check will place; without any it serves nobody. */
function emptyPairs(rows: ConfigRows): string[] {
  const table = findTable('mysql_replication_hostgroups')!;
  const used = new Set((rows['mysql_servers'] ?? []).map((row) => row['hostgroup_id']));
  return (rows[table.name] ?? [])
    .filter((row) => !used.has(row['writer_hostgroup'] ?? null) && !used.has(row['reader_hostgroup'] ?? null))
    .map((row) => `${rowLabel(table, row)}: no server stands in either hostgroup; statements for them are answered with error 9001`);
}

/** Arguments end at the first that is NULL, as in ProxySQL. */
function lostArguments(rows: ConfigRows): string[] {
  const table = findTable('scheduler')!;
  const names = table.columns.map((column) => column.name).filter((name) => name.startsWith('arg'));
  return (rows[table.name] ?? []).flatMap((row) => {
    const end = names.findIndex((name) => (row[name] ?? null) === null);
    const lost = end === -1 ? [] : names.slice(end).filter((name) => (row[name] ?? null) !== null);
    return lost.map((name) => `${rowLabel(table, row)}: ${name}: is not passed, since ${names[end]} is NULL; an empty argument is ''`);
  });
}
