import { homeSchema, schemaNamed, tableNamed, tablesIn } from '../catalog.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import { indexesOf } from './show-columns.js';
import { FILTER, filtered } from './show-filter.js';

/** SHOW INDEX|INDEXES|KEYS FROM t [FROM db], for tools. */
export const showKeys: AdminCommand = {
  pattern: new RegExp(
    `^SHOW\\s+(?:INDEX|INDEXES|KEYS)\\s+(?:FROM|IN)\\s+(?:([\\w"\`]+)\\s*\\.\\s*)?([\\w"\`]+)(?:\\s+(?:FROM|IN)\\s+([\\w"\`]+))?${FILTER}$`,
    'i',
  ),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema, table, laterSchema, clause], context, session) {
    const database = context.databaseOf(session.role);
    const named = schema ?? laterSchema;
    const found = tableNamed(database, literalOf(table!), named === undefined ? null : literalOf(named));
    const values = indexesOf(database, found.schema, found.name).flatMap(({ name, unique, columns }) =>
      columns.map((column, index) => [found.name, unique ? 0 : 1, name, index + 1, column, 'A', null, null, null, '', 'BTREE', '', '']),
    );
    const names = 'Table,Non_unique,Key_name,Seq_in_index,Column_name,Collation,Cardinality,Sub_part,Packed,Null,Index_type';
    return filtered(database, [...names.split(','), 'Comment', 'Index_comment'], values, clause);
  },
};

/** SHOW TABLE STATUS [FROM db] [LIKE 'p' | WHERE …], for mysqldump and tools. */
export const showTableStatus: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+TABLE\\s+STATUS(?:\\s+(?:FROM|IN)\\s+([\\w"\`]+))?${FILTER}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema, clause], context, session) {
    const database = context.databaseOf(session.role);
    const tables = tablesIn(database, schemaNamed(database, schema === undefined ? homeSchema(session.role) : literalOf(schema)));
    const names =
      'Name,Engine,Version,Row_format,Rows,Avg_row_length,Data_length,Max_data_length,Index_length,Data_free,Auto_increment,' +
      'Create_time,Update_time,Check_time,Collation,Checksum,Create_options,Comment';
    const values = tables.map(({ name }) => [
      ...[name, 'SQLite', 10, 'Dynamic', null, null, null, null, null, null, null],
      ...[null, null, null, 'utf8mb4_general_ci', null, '', ''],
    ]);
    return filtered(database, names.split(','), values, clause);
  },
};
