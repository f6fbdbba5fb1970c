import { charsets } from '../../config/collations.js';
import type { SqlValue } from '../../config/table-types.js';
import { columnsOf, INFORMATION_SCHEMA, shownSchemas, tablesIn } from '../catalog.js';
import { defaultOf, indexesOf, keyOf, uniqueColumns } from '../commands/show-columns.js';
import type { AdminContext, AdminRole } from '../context.js';
import { type VirtualTable, virtualTable } from './virtual-table.js';

type Row = readonly SqlValue[];
type Rows = (context: AdminContext, role: AdminRole) => Row[];

const CATALOG = 'def';
const COLLATION = 'utf8mb4_general_ci';

/** Columns are VARCHAR, but for numbers: `name#`. */
function table(name: string, columns: string, rows: Rows): VirtualTable {
  const definitions = columns.split(',').map((column) => (column.endsWith('#') ? `${column.slice(0, -1)} INT` : `${column} VARCHAR`));
  return virtualTable(INFORMATION_SCHEMA, name, definitions, rows);
}

const none: Rows = () => [];

const everyTable = (context: AdminContext, role: AdminRole) => {
  const database = context.databaseOf(role);
  return shownSchemas(database, role).flatMap((schema) => tablesIn(database, schema));
};

/** What GUIs read when they open a connection and show its tree: the tables of MySQL 8, with the columns that they name. */
export const informationSchema: readonly VirtualTable[] = [
  table(
    'SCHEMATA',
    'CATALOG_NAME,SCHEMA_NAME,DEFAULT_CHARACTER_SET_NAME,DEFAULT_COLLATION_NAME,SQL_PATH,DEFAULT_ENCRYPTION',
    (context, role) => shownSchemas(context.databaseOf(role), role).map((name) => [CATALOG, name, 'utf8mb4', COLLATION, null, 'NO']),
  ),
  table(
    'TABLES',
    'TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,TABLE_TYPE,ENGINE,VERSION#,ROW_FORMAT,TABLE_ROWS#,AVG_ROW_LENGTH#,DATA_LENGTH#,MAX_DATA_LENGTH#,' +
      'INDEX_LENGTH#,DATA_FREE#,AUTO_INCREMENT#,CREATE_TIME,UPDATE_TIME,CHECK_TIME,TABLE_COLLATION,CHECKSUM#,CREATE_OPTIONS,TABLE_COMMENT',
    (context, role) =>
      everyTable(context, role).map(({ schema, name }) => [
        ...[CATALOG, schema, name, 'BASE TABLE', 'SQLite', 10, 'Dynamic', null, null, null, null, null, null, null],
        ...[null, null, null, COLLATION, null, '', ''],
      ]),
  ),
  table(
    'COLUMNS',
    'TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,COLUMN_NAME,ORDINAL_POSITION#,COLUMN_DEFAULT,IS_NULLABLE,DATA_TYPE,CHARACTER_MAXIMUM_LENGTH#,' +
      'CHARACTER_OCTET_LENGTH#,NUMERIC_PRECISION#,NUMERIC_SCALE#,DATETIME_PRECISION#,CHARACTER_SET_NAME,COLLATION_NAME,COLUMN_TYPE,' +
      'COLUMN_KEY,EXTRA,PRIVILEGES,COLUMN_COMMENT,GENERATION_EXPRESSION,SRS_ID#',
    (context, role) => everyTable(context, role).flatMap((found) => columnRows(context, role, found)),
  ),
  table(
    'STATISTICS',
    'TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,NON_UNIQUE#,INDEX_SCHEMA,INDEX_NAME,SEQ_IN_INDEX#,COLUMN_NAME,COLLATION,CARDINALITY#,SUB_PART#,' +
      'PACKED,NULLABLE,INDEX_TYPE,COMMENT,INDEX_COMMENT,IS_VISIBLE,EXPRESSION',
    (context, role) =>
      everyTable(context, role).flatMap(({ schema, name }) =>
        indexesOf(context.databaseOf(role), schema, name).flatMap((index) =>
          index.columns.map((column, position) => [
            ...[CATALOG, schema, name, index.unique ? 0 : 1, schema, index.name, position + 1, column, 'A', null, null],
            ...[null, '', 'BTREE', '', '', 'YES', null],
          ]),
        ),
      ),
  ),
  table('ENGINES', 'ENGINE,SUPPORT,COMMENT,TRANSACTIONS,XA,SAVEPOINTS', () => [
    ['SQLite', 'DEFAULT', 'Tables of the admin port', 'NO', 'NO', 'NO'],
  ]),
  table('CHARACTER_SETS', 'CHARACTER_SET_NAME,DEFAULT_COLLATE_NAME,DESCRIPTION,MAXLEN#', () =>
    charsets.map(({ name, collations, description, maxBytes }) => [
      ...[name, collations.find(({ isDefault }) => isDefault)?.name ?? '', description, maxBytes],
    ]),
  ),
  table('COLLATIONS', 'COLLATION_NAME,CHARACTER_SET_NAME,ID#,IS_DEFAULT,IS_COMPILED,SORTLEN#,PAD_ATTRIBUTE', () =>
    charsets.flatMap(({ name, collations }) =>
      collations.map((collation) => [collation.name, name, collation.id, collation.isDefault ? 'Yes' : '', 'Yes', 1, 'PAD SPACE']),
    ),
  ),
  table('COLLATION_CHARACTER_SET_APPLICABILITY', 'COLLATION_NAME,CHARACTER_SET_NAME', () =>
    charsets.flatMap(({ name, collations }) => collations.map((collation) => [collation.name, name])),
  ),
  table('USER_PRIVILEGES', 'GRANTEE,TABLE_CATALOG,PRIVILEGE_TYPE,IS_GRANTABLE', none),
  table('SCHEMA_PRIVILEGES', 'GRANTEE,TABLE_CATALOG,TABLE_SCHEMA,PRIVILEGE_TYPE,IS_GRANTABLE', none),
  table('TABLE_PRIVILEGES', 'GRANTEE,TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,PRIVILEGE_TYPE,IS_GRANTABLE', none),
  table(
    'VIEWS',
    'TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,VIEW_DEFINITION,CHECK_OPTION,IS_UPDATABLE,DEFINER,SECURITY_TYPE,CHARACTER_SET_CLIENT,' +
      'COLLATION_CONNECTION',
    none,
  ),
  table(
    'ROUTINES',
    'SPECIFIC_NAME,ROUTINE_CATALOG,ROUTINE_SCHEMA,ROUTINE_NAME,ROUTINE_TYPE,DATA_TYPE,DTD_IDENTIFIER,ROUTINE_BODY,ROUTINE_DEFINITION,' +
      'IS_DETERMINISTIC,SQL_DATA_ACCESS,SECURITY_TYPE,CREATED,LAST_ALTERED,SQL_MODE,ROUTINE_COMMENT,DEFINER',
    none,
  ),
  table('PARAMETERS', 'SPECIFIC_CATALOG,SPECIFIC_SCHEMA,SPECIFIC_NAME,ORDINAL_POSITION#,PARAMETER_MODE,PARAMETER_NAME,DATA_TYPE', none),
  table(
    'TRIGGERS',
    'TRIGGER_CATALOG,TRIGGER_SCHEMA,TRIGGER_NAME,EVENT_MANIPULATION,EVENT_OBJECT_SCHEMA,EVENT_OBJECT_TABLE,ACTION_ORDER#,ACTION_STATEMENT,' +
      'ACTION_TIMING,CREATED,SQL_MODE,DEFINER',
    none,
  ),
  table(
    'EVENTS',
    'EVENT_CATALOG,EVENT_SCHEMA,EVENT_NAME,DEFINER,EVENT_BODY,EVENT_DEFINITION,EVENT_TYPE,EXECUTE_AT,INTERVAL_VALUE,INTERVAL_FIELD,STARTS,' +
      'ENDS,STATUS,ON_COMPLETION,CREATED,LAST_ALTERED,LAST_EXECUTED,EVENT_COMMENT',
    none,
  ),
  table(
    'KEY_COLUMN_USAGE',
    'CONSTRAINT_CATALOG,CONSTRAINT_SCHEMA,CONSTRAINT_NAME,TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,COLUMN_NAME,ORDINAL_POSITION#,' +
      'POSITION_IN_UNIQUE_CONSTRAINT#,REFERENCED_TABLE_SCHEMA,REFERENCED_TABLE_NAME,REFERENCED_COLUMN_NAME',
    none,
  ),
  table('TABLE_CONSTRAINTS', 'CONSTRAINT_CATALOG,CONSTRAINT_SCHEMA,CONSTRAINT_NAME,TABLE_SCHEMA,TABLE_NAME,CONSTRAINT_TYPE,ENFORCED', none),
  table(
    'REFERENTIAL_CONSTRAINTS',
    'CONSTRAINT_CATALOG,CONSTRAINT_SCHEMA,CONSTRAINT_NAME,UNIQUE_CONSTRAINT_SCHEMA,UNIQUE_CONSTRAINT_NAME,MATCH_OPTION,UPDATE_RULE,' +
      'DELETE_RULE,TABLE_NAME,REFERENCED_TABLE_NAME',
    none,
  ),
  table(
    'PARTITIONS',
    'TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,PARTITION_NAME,SUBPARTITION_NAME,PARTITION_ORDINAL_POSITION#,PARTITION_METHOD,' +
      'PARTITION_EXPRESSION,PARTITION_DESCRIPTION,TABLE_ROWS#,DATA_LENGTH#,INDEX_LENGTH#',
    none,
  ),
  table('FILES', 'FILE_ID#,FILE_NAME,FILE_TYPE,TABLESPACE_NAME,TABLE_SCHEMA,TABLE_NAME,LOGFILE_GROUP_NAME,ENGINE,EXTRA', none),
  table('PLUGINS', 'PLUGIN_NAME,PLUGIN_VERSION,PLUGIN_STATUS,PLUGIN_TYPE,PLUGIN_LIBRARY,PLUGIN_DESCRIPTION', none),
];

function columnRows(context: AdminContext, role: AdminRole, { schema, name }: { schema: string; name: string }): Row[] {
  const unique = uniqueColumns(context.databaseOf(role), schema, name);
  return columnsOf(context.databaseOf(role), { schema, name }).map((column, index) => {
    const type = column.type.toLowerCase();
    const isText = type.startsWith('varchar') || type === '';
    return [
      ...[CATALOG, schema, name, column.name, index + 1, defaultOf(column), column.notNull || column.key > 0 ? 'NO' : 'YES'],
      ...[type.split(' ')[0] || 'varchar', null, null, isText ? null : 10, isText ? null : 0, null],
      ...[isText ? 'utf8mb4' : null, isText ? COLLATION : null, type || 'varchar', keyOf(column, unique), ''],
      ...['select,insert,update,references', '', '', null],
    ];
  });
}
