import { virtualTable } from './virtual-table.js';

/** Prepared statements of all clients: each text once a user and schema. */
export const statsPreparedStatements = virtualTable(
  'stats',
  'stats_mysql_prepared_statements_info',
  [
    'global_stmt_id INT NOT NULL, schemaname VARCHAR NOT NULL, username VARCHAR NOT NULL, digest VARCHAR NOT NULL',
    'ref_count_client INT NOT NULL, ref_count_server INT NOT NULL, num_columns INT NOT NULL, num_params INT NOT NULL, query VARCHAR NOT NULL',
  ],
  async ({ control }) =>
    (await control.statistics.preparedStatements()).map((row) => [
      ...[row.id, row.schemaname, row.username, row.digest, row.clientReferences, row.serverReferences],
      ...[row.columns, row.parameters, row.query],
    ]),
);
