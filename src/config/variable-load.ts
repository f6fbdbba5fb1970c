import type { ConfigModule } from './table-types.js';
import { findVariable, parseVariable, type VariableValues } from './variables.js';

/** The beginning of the names of a module's variables; null for modules of tables. */
export function modulePrefix(module: ConfigModule): 'mysql-' | 'admin-' | null {
  if (module === 'MYSQL VARIABLES') return 'mysql-';
  return module === 'ADMIN VARIABLES' ? 'admin-' : null;
}

/** What LOAD … VARIABLES TO RUNTIME makes of the rows of memory. */
export interface VariableLoad {
  /** What runs then, in canonical spelling. Values that can not be used stay as they are, for the snapshot to refuse. */
  readonly values: ReadonlyMap<string, string>;
  /** Rows with the prefix. */
  readonly records: number;
  readonly updated: number;
  /** Rows of variables that only weir itself sets, with another value. */
  readonly rejected: readonly string[];
  /** Rows that name no variable. */
  readonly unknown: readonly string[];
}

/** Variables with the prefix come from memory, others stay. */
export function loadVariables(prefix: string, running: VariableValues, memory: VariableValues): VariableLoad {
  const values = new Map(running);
  const rejected: string[] = [];
  const unknown: string[] = [];
  let records = 0;
  let updated = 0;
  for (const [name, value] of memory) {
    if (!name.startsWith(prefix)) continue;
    records++;
    const record = findVariable(name);
    if (record?.name !== name) {
      unknown.push(name);
    } else if (record.readOnly) {
      if (value !== running.get(name)) rejected.push(name);
    } else {
      const parsed = parseVariable(record, value);
      const next = parsed.ok ? parsed.value : value;
      if (next !== running.get(name)) updated++;
      values.set(name, next);
    }
  }
  return { values, records, updated, rejected, unknown };
}

/** Values of a start: known variables in canonical spelling. */
export function canonicalVariables(values: VariableValues): ReadonlyMap<string, string> {
  return new Map(
    [...values].flatMap(([name, value]): [string, string][] => {
      const record = findVariable(name);
      if (record?.name !== name) return [];
      const parsed = parseVariable(record, value);
      return [[name, parsed.ok ? parsed.value : value]];
    }),
  );
}
