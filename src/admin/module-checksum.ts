import { createHash } from 'node:crypto';
import type { ConfigModule, ConfigRow, ConfigRows } from '../config/table-types.js';
import { tablesOfModule } from '../config/tables.js';
import { modulePrefix } from '../config/variable-load.js';
import { findVariable, type VariableValues } from '../config/variables.js';

/** What runs of one module, in numbers: counted up by each load. */
export interface ModuleVersion {
  /** Loads since the start, which is the first. */
  readonly version: number;
  /** When the content changed last, s since 1970. */
  readonly epochSec: number;
  /** `0x` and 16 digits; equal content has the same one, whatever the order of rows and however often weir was started. */
  readonly checksum: string;
}

/** The checksum of a module's rows or variables. */
export function moduleChecksum(module: ConfigModule, rows: ConfigRows, variables: VariableValues): string {
  const prefix = modulePrefix(module);
  if (prefix !== null) {
    // What weir itself sets, its version, is no configuration.
    const own = [...variables].filter(([name]) => name.startsWith(prefix) && findVariable(name)?.readOnly !== true);
    return checksumOf(own.map((pair) => JSON.stringify(pair)));
  }
  return checksumOf(
    tablesOfModule(module).flatMap((table) =>
      (rows[table.name] ?? []).map((row) =>
        rowText(
          table.name,
          row,
          table.columns.map(({ name }) => name),
        ),
      ),
    ),
  );
}

/** The checksum of the rows of one table. */
export function tableChecksum(table: string, columns: readonly string[], rows: readonly ConfigRow[]): string {
  return checksumOf(rows.map((row) => rowText(table, row, columns)));
}

function rowText(table: string, row: ConfigRow, columns: readonly string[]): string {
  return JSON.stringify([table, ...columns.map((column) => row[column] ?? null)]);
}

/** 64 bits of SHA-256; no rows are all zeros, as in ProxySQL. */
export function checksumOf(lines: readonly string[]): string {
  if (lines.length === 0) return `0x${'0'.repeat(16)}`;
  const hash = createHash('sha256');
  for (const line of [...lines].sort()) hash.update(line).update('\n');
  return `0x${hash.digest('hex').slice(0, 16).toUpperCase()}`;
}
