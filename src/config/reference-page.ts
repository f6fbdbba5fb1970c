import { type Accepts, type ColumnDefinition, describeAccepts, type TableDefinition } from './table-types.js';
import { configTables } from './tables.js';
import { acceptedValues, ownVariableNames, type VariableRecord, variableTable } from './variables.js';

/** The text of docs/reference.md; everything on it comes from the variable table and the table definitions. */
export function renderReferencePage(): string {
  const acting = variableTable.filter((record) => record.implemented);
  const kept = variableTable.filter((record) => !record.implemented);
  return [
    '# Reference: variables and tables',
    'Written from the records in `src/config`; a test compares. Names are those of ProxySQL unless marked *weir*.',
    'In the configuration file the variables stand in `mysql_variables` and `admin_variables` without their prefix.',
    '## Variables that weir acts on',
    variableRows(acting),
    '## Variables that are accepted and kept',
    'They are checked, stored and shown, so that files and tools work unchanged; they change nothing.',
    variableRows(kept),
    '## Tables',
    ...configTables.map(tablePart),
  ]
    .join('\n\n')
    .concat('\n');
}

function variableRows(records: readonly VariableRecord[]): string {
  return markdownTable(['variable', 'default', 'accepted', 'takes effect', 'meaning'], records.map(variableRow));
}

function variableRow(record: VariableRecord): string[] {
  const differs = record.proxysqlDefault === null ? '' : ` (ProxySQL: ${code(record.proxysqlDefault)})`;
  const effect = record.readOnly ? 'read only' : record.effect === 'restart' ? 'at restart' : 'at LOAD … TO RUNTIME';
  const own = ownVariableNames.includes(record.name) ? ' *weir*' : '';
  return [code(record.name) + own, code(record.default) + differs, acceptedValues(record), effect, record.doc];
}

function tablePart(table: TableDefinition): string {
  const state = table.implemented ? '' : ' Accepted and kept, without effect.';
  const keys = [
    ...(table.primaryKey.length > 0 ? [`Primary key: ${table.primaryKey.join(', ')}.`] : []),
    ...table.uniqueKeys.map((key) => `Unique: ${key.join(', ')}.`),
  ].join(' ');
  const rows = table.columns.map((column) => columnRow(table, column));
  const parts = [`### ${table.name}`, table.doc + state, markdownTable(['column', 'type', 'default', 'accepted', ''], rows), keys];
  return parts.filter((part) => part !== '').join('\n\n');
}

function columnRow(table: TableDefinition, column: ColumnDefinition): string[] {
  const notes = [
    column.key === 'none' ? '' : 'primary key',
    aliasNote(table, column.name),
    fileDefaultNote(table, column.name),
    table.implemented && table.keptColumns.includes(column.name) ? 'kept, without effect' : '',
    Object.hasOwn(table.keptValues, column.name) ? `${table.keptValues[column.name]!.join(' and ')} without effect` : '',
  ];
  const accepted = (column.notNull || column.key !== 'none' ? '' : 'NULL or ') + textOnly(column.accepts);
  return [code(column.name), column.type, defaultText(column), accepted, notes.filter((note) => note !== '').join('; ')];
}

function textOnly(accepts: Accepts): string {
  return accepts.kind === 'text' ? 'a text' : describeAccepts(accepts);
}

function aliasNote(table: TableDefinition, column: string): string {
  const aliases = Object.entries(table.fileAliases).filter(([, target]) => target === column);
  return aliases.map(([alias]) => `in the file also ${code(alias)}`).join('; ');
}

function fileDefaultNote(table: TableDefinition, column: string): string {
  if (table.fileRequired.includes(column)) return 'to be named in the file';
  return Object.hasOwn(table.fileDefaults, column) ? `in the file ${code(String(table.fileDefaults[column]))} when left out` : '';
}

function defaultText(column: ColumnDefinition): string {
  if (column.default === undefined) return '';
  return column.default === null ? 'NULL' : code(String(column.default));
}

function code(text: string): string {
  return text === '' ? 'empty' : `\`${text}\``;
}

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
