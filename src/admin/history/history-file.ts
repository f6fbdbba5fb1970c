import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { createHistorySql, historyTableNames } from './history-tables.js';

/** `WEIS` in ASCII: not the number of weir.db, so that the files can not be taken for each other. */
const APPLICATION_ID = 0x57454953;
const SCHEMA_VERSION = 1;
/** Looking through a file of this size takes some ten ms; through a larger one it would delay the start. */
const LARGEST_CHECKED_BYTES = 32 * 1024 * 1024;
/** Another program may hold the file; a row that is not written is no loss to wait for. */
const BUSY_TIMEOUT_MS = 20;

/** The open history: a connection to write with, and the path for those who read. */
export interface HistoryFile {
  /** To be attached as stats_history. */
  readonly path: string;
  /** Has the file as schema stats_history. */
  readonly database: Database;
  /** Why it is not the file in the datadir, and the way out; null when it is. */
  readonly problem: string | null;
  close(): void;
}

/**
 * Opens `weir_stats.db`, made when it is not there. A file that can not be used is left as it is, and the history is kept in a
 * temporary file until the end of the process: statistics are no reason not to start.
 * @throws Error only when there is no place for a temporary file either
 */
export function openHistory(datadir: string): HistoryFile {
  const path = join(datadir, 'weir_stats.db');
  try {
    const database = openAt(path);
    return { path, database, problem: null, close: () => database.close() };
  } catch (error) {
    const temporary = join(mkdtempSync(join(tmpdir(), 'weir-stats-')), 'weir_stats.db');
    const database = openAt(temporary);
    const close = (): void => {
      database.close();
      rmSync(dirname(temporary), { recursive: true, force: true });
    };
    const wayOut = 'Until the next start the history is kept in a temporary file. Move the file away, or make it writable';
    return { path: temporary, database, problem: `${path}: ${(error as Error).message}. ${wayOut}`, close };
  }
}

function openAt(path: string): Database {
  // Readable by its owner only: digest texts name tables and columns.
  closeSync(openSync(path, 'a', 0o600));
  const database = new SqliteDatabase(':memory:', { timeout: BUSY_TIMEOUT_MS });
  try {
    database.prepare('ATTACH DATABASE ? AS stats_history').run(path);
    if (isNew(database, path)) create(database);
    database.pragma('stats_history.journal_mode = WAL');
    // What a power loss takes away is seconds of statistics; the file stays whole.
    database.pragma('stats_history.synchronous = NORMAL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** @throws Error saying what is wrong with the file; nothing was written to it */
function isNew(database: Database, path: string): boolean {
  const number = (pragma: string): number => Number(database.pragma(`stats_history.${pragma}`, { simple: true }));
  const tables = database.prepare("SELECT name FROM stats_history.sqlite_master WHERE type = 'table'").pluck().all() as string[];
  if (tables.length === 0 && number('application_id') === 0) return true;
  if (number('application_id') !== APPLICATION_ID) throw new Error('is a SQLite database of another program');
  if (number('user_version') > SCHEMA_VERSION) throw new Error('was written by a newer weir');
  const missing = historyTableNames.find((name) => !tables.includes(name));
  if (missing !== undefined) throw new Error(`lacks the table ${missing}`);
  if (statSync(path).size > LARGEST_CHECKED_BYTES) return false;
  const damage = String(database.pragma('stats_history.quick_check(1)', { simple: true }))
    .split('\n')
    .at(-1)!;
  if (damage !== 'ok') throw new Error(`is damaged (${damage})`);
  return false;
}

function create(database: Database): void {
  // Rows that are too old leave pages behind; these are given back in small steps (admin-vacuum_stats).
  database.pragma('stats_history.auto_vacuum = INCREMENTAL');
  database.transaction(() => {
    for (const sql of createHistorySql) database.exec(sql);
    database.pragma(`stats_history.application_id = ${APPLICATION_ID}`);
    database.pragma(`stats_history.user_version = ${SCHEMA_VERSION}`);
  })();
}
