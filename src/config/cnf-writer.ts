import type { ColumnDefinition, ConfigRow, ConfigRows, SqlValue, TableDefinition } from './table-types.js';
import { configTables } from './tables.js';
import { findVariable, type VariableValues } from './variables.js';

export interface CnfContent {
  /** Top-level scalars: `datadir`, `errorlog` … */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly variables: VariableValues;
  readonly rows: ConfigRows;
}

/** Writes a configuration file that reads back to the same rows and variables; every name as ProxySQL writes it. */
export function writeCnf(content: CnfContent): string {
  const settings = Object.entries(content.settings).map(([name, value]) => `${name}=${scalar(value)}\n`);
  const sections = [
    settings.join(''),
    variableSection('admin', content.variables),
    variableSection('mysql', content.variables),
    ...configTables.filter(isInFiles).map((table) => tableSection(table, content.rows[table.name] ?? [])),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/** Tables that the loader has a section for. */
const isInFiles = (table: TableDefinition): boolean => table.module !== null || table.name === 'coredump_filters';

function variableSection(prefix: 'mysql' | 'admin', values: VariableValues): string {
  const lines = [...values]
    .filter(([name]) => name.startsWith(`${prefix}-`))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `\t${name.slice(prefix.length + 1)}=${variableText(name, value)}\n`);
  return lines.length === 0 ? '' : `${prefix}_variables:\n{\n${lines.join('')}}\n`;
}

function variableText(name: string, value: string): string {
  const type = findVariable(name)?.kind.type;
  const isBare = (type === 'integer' && /^-?\d+$/.test(value)) || (type === 'boolean' && /^(true|false)$/.test(value));
  return isBare ? value : quote(value);
}

function tableSection(table: TableDefinition, rows: readonly ConfigRow[]): string {
  if (rows.length === 0) return '';
  const name = table.name === 'restapi_routes' ? 'restapi' : table.name;
  return `${name}:\n(\n${rows.map((row) => rowText(table, row)).join(',\n')}\n)\n`;
}

function rowText(table: TableDefinition, row: ConfigRow): string {
  const lines = table.columns.flatMap((column) => columnLine(column, row[column.name] ?? null));
  return `\t{\n${lines.join('')}\t}`;
}

/** NULL is written by leaving the column out, or as '' where leaving it out would mean a default. */
function columnLine(column: ColumnDefinition, value: SqlValue): string[] {
  if (value !== null) return [`\t\t${column.name}=${scalar(value)}\n`];
  return column.default != null && !column.notNull ? [`\t\t${column.name}=""\n`] : [];
}

function scalar(value: string | number | boolean): string {
  return typeof value === 'string' ? quote(value) : String(value);
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f', '\\': '\\\\', '"': '\\"' };

function quote(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that libconfig wants as \xNN
  const escaped = value.replace(/[\\"\u0000-\u001f\u007f]/g, (character) => {
    return named[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
