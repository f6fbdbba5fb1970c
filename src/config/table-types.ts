/** A value of a row as SQLite keeps it; booleans are 0 and 1. */
export type SqlValue = string | number | null;
export type ConfigRow = Readonly<Record<string, SqlValue>>;
/** Rows by table name; a table that is missing has none. */
export type ConfigRows = Readonly<Record<string, readonly ConfigRow[]>>;

/** What a column takes, beyond its SQL type. `null` as a bound: unbounded. */
export type Accepts =
  | { readonly kind: 'integer'; readonly min: number | null; readonly max: number | null }
  | { readonly kind: 'integers'; readonly values: readonly number[] }
  | { readonly kind: 'text' }
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly caseless: boolean }
  | { readonly kind: 'json' };

export interface ColumnDefinition {
  readonly name: string;
  readonly type: 'INT' | 'INTEGER' | 'INT UNSIGNED' | 'VARCHAR';
  readonly notNull: boolean;
  /** Alone the key of its table. */
  readonly key: 'none' | 'primary' | 'primary autoincrement';
  /** undefined: the column has no default. */
  readonly default: SqlValue | undefined;
  /** SQL of the CHECK clause, word for word ProxySQL's. */
  readonly check: string | null;
  /** The same rule for messages and for checks outside SQLite. */
  readonly accepts: Accepts;
}

/** A rule over several columns of one row, or one that SQLite's CHECK does not know; reported at `column`. */
export interface RowRule {
  readonly column: string;
  readonly accepted: string;
  holds(row: ConfigRow): boolean;
}

/** What LOAD and SAVE move together; the words are those of the commands. */
export const configModules = [
  'MYSQL SERVERS',
  'MYSQL USERS',
  'MYSQL QUERY RULES',
  'MYSQL VARIABLES',
  'ADMIN VARIABLES',
  'MYSQL FIREWALL',
  'SCHEDULER',
  'RESTAPI',
  'PROXYSQL SERVERS',
] as const;
export type ConfigModule = (typeof configModules)[number];

export interface TableDefinition {
  readonly name: string;
  /** null: no command moves it (`global_variables` is moved by prefix, `mysql_collations` is fixed). */
  readonly module: ConfigModule | null;
  readonly columns: readonly ColumnDefinition[];
  /** Empty where a column is the key alone. */
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly rules: readonly RowRule[];
  /** weir acts on the rows; otherwise they are accepted and kept. */
  readonly implemented: boolean;
  /** Columns of an implemented table that weir keeps without acting on them. */
  readonly keptColumns: readonly string[];
  /** Values of other columns that weir keeps without acting on them. */
  readonly keptValues: Readonly<Record<string, readonly SqlValue[]>>;
  /** Other names of columns in the configuration file: alias → column. */
  readonly fileAliases: Readonly<Record<string, string>>;
  /** Columns that the file must name although the table has a default. */
  readonly fileRequired: readonly string[];
  /** Defaults that hold in the configuration file only. */
  readonly fileDefaults: Readonly<Record<string, SqlValue>>;
  /** One sentence. */
  readonly doc: string;
}

interface IntegerOptions {
  readonly type?: 'INT' | 'INTEGER' | 'INT UNSIGNED';
  /** Present (also null): has this default. NOT NULL unless `nullable`. */
  readonly default?: number | null;
  readonly nullable?: boolean;
  readonly key?: ColumnDefinition['key'];
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly number[];
  readonly check?: string;
}

export function integerColumn(name: string, options: IntegerOptions = {}): ColumnDefinition {
  const { type = 'INT', nullable = false, key = 'none', min = null, max = null, values, check = null } = options;
  const accepts: Accepts = values ? { kind: 'integers', values } : { kind: 'integer', min, max };
  return { name, type, notNull: !nullable && key === 'none', key, default: options.default, check, accepts };
}

/** A column of 0 and 1. */
export function flagColumn(name: string, options: { default?: number | null; nullable?: boolean; check?: string } = {}): ColumnDefinition {
  return integerColumn(name, { check: `${name} IN (0,1)`, ...options, values: [0, 1] });
}

interface TextOptions {
  readonly default?: string | null;
  readonly nullable?: boolean;
  readonly key?: ColumnDefinition['key'];
  readonly check?: string;
  readonly accepts?: Accepts;
}

export function textColumn(name: string, options: TextOptions = {}): ColumnDefinition {
  const { nullable = false, key = 'none', check = null, accepts = { kind: 'text' } } = options;
  return { name, type: 'VARCHAR', notNull: !nullable && key === 'none', key, default: options.default, check, accepts };
}

export const commentColumn: ColumnDefinition = textColumn('comment', { default: '' });

/** A JSON text, or ''. */
export function jsonColumn(name: string): ColumnDefinition {
  return textColumn(name, { default: '', check: `JSON_VALID(${name}) OR ${name} = ''`, accepts: { kind: 'json' } });
}

type TableOptions = Pick<TableDefinition, 'name' | 'module' | 'columns' | 'implemented' | 'doc'> & Partial<TableDefinition>;

export function defineTable(options: TableOptions): TableDefinition {
  return {
    primaryKey: [],
    uniqueKeys: [],
    rules: [],
    keptColumns: [],
    keptValues: {},
    fileRequired: [],
    fileAliases: {},
    fileDefaults: {},
    ...options,
  };
}

/** What a column takes, for messages and the reference page: `an integer from 0 to 65535`. */
export function describeAccepts(accepts: Accepts): string {
  switch (accepts.kind) {
    case 'integer':
      return describeRange(accepts.min, accepts.max);
    case 'integers':
      return accepts.values.join(', ').replace(/, (-?\d+)$/, ' or $1');
    case 'text':
      return 'a text in double quotes';
    case 'choice':
      return accepts.values.map((value) => `"${value}"`).join(', ');
    case 'json':
      return 'a JSON text, or ""';
  }
}

export function describeRange(min: number | null, max: number | null): string {
  if (min === null && max === null) return 'an integer';
  if (max === null) return `an integer of at least ${min}`;
  return min === null ? `an integer of at most ${max}` : `an integer from ${min} to ${max}`;
}

/** Whether a value that is not null has the type and range that a column takes. */
export function isAccepted(accepts: Accepts, value: string | number): boolean {
  switch (accepts.kind) {
    case 'integer':
      return isInteger(value) && (accepts.min === null || value >= accepts.min) && (accepts.max === null || value <= accepts.max);
    case 'integers':
      return isInteger(value) && accepts.values.includes(value);
    case 'text':
      return typeof value === 'string';
    case 'choice':
      return typeof value === 'string' && accepts.values.includes(accepts.caseless ? matchingCase(accepts.values, value) : value);
    case 'json':
      return typeof value === 'string' && (value === '' || isJson(value));
  }
}

function isInteger(value: string | number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function matchingCase(values: readonly string[], value: string): string {
  return values[0] === values[0]?.toUpperCase() ? value.toUpperCase() : value.toLowerCase();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
