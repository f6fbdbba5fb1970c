import { type CnfGroup, type CnfPlace, type CnfSetting, type CnfValue, describeCnfValue } from './cnf-types.js';
import { distinct } from './cnf-variable-section.js';
import { type ConfigProblem, describePlace, duplicateSettings, problemAt } from './config-problem.js';
import { canonicalValue, checkRow, completeRow } from './row-builder.js';
import {
  type Accepts,
  type ColumnDefinition,
  type ConfigRow,
  describeAccepts,
  type SqlValue,
  type TableDefinition,
} from './table-types.js';
import { modifiersOf } from './tables/query-rules.js';
import { keysOf } from './tables.js';

export interface PlacedRow {
  readonly row: ConfigRow;
  /** Where the column stands, or the row where the file does not name it. */
  at(column: string): CnfPlace;
}

interface TableSection {
  readonly rows: readonly PlacedRow[];
  /** Rows with an error, with the columns that could be read: what they name exists all the same. */
  readonly refusedRows: readonly PlacedRow[];
  readonly errors: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

interface ReadColumns {
  readonly given: Record<string, SqlValue>;
  readonly places: ReadonlyMap<string, CnfPlace>;
  /** Columns whose type did not fit. */
  readonly refused: ReadonlySet<string>;
}

type PatternCheck = (pattern: string, modifiers: readonly string[]) => string | null;

/** Reads `mysql_servers = ( { … }, { … } )` and its kind. Rows with an error are left out. */
export function readTableSection(section: CnfSetting, table: TableDefinition, checkPattern: PatternCheck): TableSection {
  return new TableReading(section, table, checkPattern).run();
}

class TableReading {
  private readonly errors: ConfigProblem[] = [];
  private readonly warnings: ConfigProblem[] = [];
  private readonly rows: PlacedRow[] = [];
  private readonly refusedRows: PlacedRow[] = [];

  constructor(
    private readonly section: CnfSetting,
    private readonly table: TableDefinition,
    private readonly checkPattern: PatternCheck,
  ) {}

  run(): TableSection {
    const { value } = this.section;
    if (value.type !== 'list') this.refuse(value, '', `found ${describeCnfValue(value)}; accepted: a list ( { … }, … )`);
    else for (const item of value.items) this.readItem(item);
    this.findDuplicateRows();
    return { rows: this.rows, refusedRows: this.refusedRows, errors: this.errors, warnings: this.warnings };
  }

  private refuse(place: CnfPlace, column: string, message: string): void {
    this.errors.push(problemAt(place, column === '' ? this.section.name : `${this.section.name}.${column}`, message));
  }

  private readItem(item: CnfValue): void {
    if (item.type !== 'group') {
      this.refuse(item, '', `found ${describeCnfValue(item)}; accepted: a group { … }`);
      return;
    }
    const before = this.errors.length;
    this.errors.push(...duplicateSettings(item, `${this.section.name}.`));
    const { given, places, refused } = this.readColumns(item);
    const at = (column: string): CnfPlace => places.get(column) ?? item;
    const row = this.completeRow(given);
    this.checkCompleteRow(row, at, refused);
    (this.errors.length === before ? this.rows : this.refusedRows).push({ row, at });
  }

  private readColumns(group: CnfGroup): ReadColumns {
    const given: Record<string, SqlValue> = {};
    const places = new Map<string, CnfPlace>();
    const refused = new Set<string>();
    for (const setting of distinct(group)) {
      const column = this.findColumn(setting.name);
      if (column === undefined) {
        this.warnings.push(problemAt(setting, `${this.section.name}.${setting.name}`, 'weir does not know this key; it is ignored'));
      } else if (places.has(column.name)) {
        const earlier = describePlace(places.get(column.name)!, setting);
        this.refuse(setting, setting.name, `"${column.name}" stands here under another name, first at ${earlier}; accepted: once`);
      } else {
        places.set(column.name, setting.value);
        if (!this.readColumn(column, setting, given)) refused.add(column.name);
      }
    }
    return { given, places, refused };
  }

  private findColumn(name: string): ColumnDefinition | undefined {
    const column = this.table.fileAliases[name] ?? name;
    return this.table.columns.find((candidate) => candidate.name === column);
  }

  private readColumn(column: ColumnDefinition, setting: CnfSetting, given: Record<string, SqlValue>): boolean {
    const value = columnValue(column, setting.value);
    if (value !== undefined) given[column.name] = canonicalValue(this.table, column.name, value);
    else this.refuse(setting.value, setting.name, `found ${describeCnfValue(setting.value)}; accepted: ${describeAccepts(column.accepts)}`);
    return value !== undefined;
  }

  private completeRow(given: ConfigRow): ConfigRow {
    const row = { ...completeRow(this.table, given, this.table.fileDefaults) };
    for (const column of this.table.fileRequired) if (!Object.hasOwn(given, column)) delete row[column];
    return row;
  }

  private checkCompleteRow(row: ConfigRow, at: (column: string) => CnfPlace, refused: ReadonlySet<string>): void {
    const problems = checkRow(this.table, row).filter((problem) => !refused.has(problem.column));
    for (const problem of problems) this.refuse(at(problem.column), problem.column, problem.message);
    if (this.table.name !== 'mysql_query_rules') return;
    for (const column of ['match_digest', 'match_pattern']) {
      const pattern = row[column];
      const problem = typeof pattern === 'string' ? this.checkPattern(pattern, modifiersOf(row['re_modifiers'])) : null;
      if (problem !== null) this.refuse(at(column), column, `${problem}; accepted: a regular expression`);
    }
  }

  private findDuplicateRows(): void {
    for (const key of keysOf(this.table)) {
      const first = new Map<string, CnfPlace>();
      for (const { row, at } of this.rows) {
        const identity = JSON.stringify(key.map((column) => row[column]));
        const place = at(key[0]!);
        const earlier = first.get(identity);
        if (earlier) this.refuseDuplicate(key, row, place, earlier);
        else first.set(identity, at(''));
      }
    }
  }

  private refuseDuplicate(key: readonly string[], row: ConfigRow, place: CnfPlace, earlier: CnfPlace): void {
    const shown = key.map((column) => `${column} ${JSON.stringify(row[column])}`).join(', ');
    const message = `a second row with ${shown}, first at ${describePlace(earlier, place)}; accepted: one row for each`;
    const isKnown = this.errors.some(
      (error) => error.line === place.line && error.file === place.file && error.message.startsWith('a second row'),
    );
    if (!isKnown) this.refuse(place, key[0]!, message);
  }
}

/** The value of a column, null for the -1 that ProxySQL writes for it, or undefined where the type does not fit. */
function columnValue(column: ColumnDefinition, value: CnfValue): SqlValue | undefined {
  if (!takesIntegers(column.accepts)) return value.type === 'string' ? textValue(column, value.value) : undefined;
  if (value.type === 'boolean') return isFlag(column.accepts) ? Number(value.value) : undefined;
  if (value.type !== 'integer') return undefined;
  return value.value === -1 && !column.notNull && column.key === 'none' ? null : value.value;
}

/** Where NULL differs from the default of a text column, '' is how a file says NULL: `re_modifiers=""` is a rule without modifiers. */
function textValue(column: ColumnDefinition, value: string): string | null {
  return value === '' && !column.notNull && column.default != null ? null : value;
}

function takesIntegers(accepts: Accepts): boolean {
  return accepts.kind === 'integer' || accepts.kind === 'integers';
}

/** A column of 0 and 1, for which `true` and `false` can mean only one thing. */
function isFlag(accepts: Accepts): boolean {
  return accepts.kind === 'integers' && accepts.values.length === 2 && accepts.values[0] === 0 && accepts.values[1] === 1;
}
