import type { Database } from 'better-sqlite3';
import { schemaList } from './catalog.js';

export interface WrittenTable {
  readonly schema: string;
  readonly name: string;
}

interface Step {
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
  readonly p3: number;
}

/** The tables that a statement would write, as SQLite's own plan names them: whatever the statement looks like. */
export function writtenTables(database: Database, sql: string, parameters: readonly unknown[]): WrittenTable[] {
  const steps = database.prepare<unknown[], Step>(`EXPLAIN ${sql}`).all(...parameters);
  const found = new Map<string, WrittenTable>();
  for (const step of steps) {
    const page = pageOf(step);
    const table = page === null ? null : tableAt(database, page.schema, page.root);
    if (table !== null) found.set(`${table.schema}.${table.name}`, table);
  }
  return [...found.values()];
}

/** OpenWrite: root page p2 of database p3; Clear: root page p1 of database p2 (SQLite, The Virtual Database Engine). */
function pageOf({ opcode, p1, p2, p3 }: Step): { schema: number; root: number } | null {
  if (opcode === 'OpenWrite') return { schema: p3, root: p2 };
  return opcode === 'Clear' ? { schema: p2, root: p1 } : null;
}

function tableAt(database: Database, schema: number, root: number): WrittenTable | null {
  const name = schemaList(database).find(({ seq }) => seq === schema)?.name;
  if (name === undefined) return null;
  const row = database.prepare<[number], { tbl_name: string }>(`SELECT tbl_name FROM ${name}.sqlite_master WHERE rootpage = ?`).get(root);
  return row === undefined ? null : { schema: name, name: row.tbl_name };
}
