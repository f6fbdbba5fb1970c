import type { ConfigRow, ConfigRows } from './table-types.js';

export interface CrossProblem {
  readonly table: string;
  readonly row: ConfigRow;
  readonly column: string;
  readonly message: string;
}

/** Tables with the columns that name a hostgroup which then exists. */
const hostgroupColumns: Readonly<Record<string, readonly string[]>> = {
  mysql_servers: ['hostgroup_id'],
  mysql_replication_hostgroups: ['writer_hostgroup', 'reader_hostgroup'],
  mysql_group_replication_hostgroups: ['writer_hostgroup', 'backup_writer_hostgroup', 'reader_hostgroup', 'offline_hostgroup'],
  mysql_galera_hostgroups: ['writer_hostgroup', 'backup_writer_hostgroup', 'reader_hostgroup', 'offline_hostgroup'],
  mysql_aws_aurora_hostgroups: ['writer_hostgroup', 'reader_hostgroup'],
};

/** The hostgroups that a server stands in or that a pair or cluster names, ascending. */
export function knownHostgroups(rows: ConfigRows): number[] {
  const numbers = Object.entries(hostgroupColumns).flatMap(([table, columns]) =>
    (rows[table] ?? []).flatMap((row) => columns.flatMap((column) => (typeof row[column] === 'number' ? [row[column]] : []))),
  );
  return [...new Set(numbers)].sort((left, right) => left - right);
}

export interface HostgroupReference {
  readonly table: string;
  readonly column: string;
}

/** What a configuration file is checked for. */
const fileReferences: readonly HostgroupReference[] = [
  { table: 'mysql_users', column: 'default_hostgroup' },
  { table: 'mysql_query_rules', column: 'destination_hostgroup' },
];

/** Every column that names a hostgroup which another table must have. */
export const loadReferences: readonly HostgroupReference[] = [
  ...fileReferences,
  { table: 'mysql_query_rules', column: 'mirror_hostgroup' },
  { table: 'mysql_query_rules_fast_routing', column: 'destination_hostgroup' },
];

/** References of rows that are not switched off to hostgroups that no server and no pair has. */
export function unknownHostgroupReferences(
  rows: ConfigRows,
  known: readonly number[],
  references: readonly HostgroupReference[] = fileReferences,
): CrossProblem[] {
  return references.flatMap(({ table, column }) =>
    (rows[table] ?? [])
      .filter((row) => row['active'] !== 0 && row[column] != null && !known.includes(Number(row[column])))
      .map((row) => ({ table, row, column, message: unknownHostgroupMessage(Number(row[column]), known) })),
  );
}

function unknownHostgroupMessage(hostgroup: number, known: readonly number[]): string {
  const accepted = known.length === 0 ? 'one of a server; there is none yet' : known.join(', ');
  return `no server and no replication pair has hostgroup ${hostgroup}; accepted: ${accepted}`;
}

/** A hostgroup can not be the writer of one pair and the reader of another: the guard would forbid what the split needs. */
export function conflictingPairs(rows: ConfigRows): CrossProblem[] {
  const table = 'mysql_replication_hostgroups';
  const pairs = rows[table] ?? [];
  const writers = new Set(pairs.map((row) => row['writer_hostgroup']));
  return pairs
    .filter((row) => writers.has(row['reader_hostgroup'] ?? null))
    .map((row) => ({
      table,
      row,
      column: 'reader_hostgroup',
      message: `hostgroup ${row['reader_hostgroup']} is the writer of another pair; accepted: a hostgroup that is no writer_hostgroup`,
    }));
}
