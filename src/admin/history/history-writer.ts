import type { Database } from 'better-sqlite3';
import type { SqlValue } from '../../config/table-types.js';
import type { HistorySeries } from './history-tables.js';
import { deleteBefore, KEPT_SEC, rollUp } from './roll-up.js';

/** Pages of 4 KiB that are given back at once. */
const VACUUMED_PAGES = 64;
/** Digests written in one transaction: 2 to 5 ms. */
const DIGESTS_AT_ONCE = 500;

/** Writes rows of schema stats_history, each kind in one short transaction. Every method may throw what SQLite throws. */
export class HistoryWriter {
  readonly #database: Database;
  readonly #variableIds = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** One row of a series, and what follows from it for hours and days. Values by column; those that are missing are 0. */
  addToSeries(series: HistorySeries, nowSec: number, values: ReadonlyMap<string, number>): void {
    const columns = Object.keys(series.columns);
    this.#inTransaction(() => {
      this.#insert(series.name, [nowSec, ...columns.map((column) => values.get(column) ?? 0)]);
      rollUp(this.#database, series, nowSec);
    });
  }

  /** Every row of stats_mysql_global. */
  addStatusVariables(nowSec: number, values: ReadonlyMap<string, number>): void {
    this.#inTransaction(() => {
      const insert = this.#database.prepare('INSERT OR REPLACE INTO stats_history.history_mysql_status_variables VALUES (?, ?, ?)');
      for (const [name, value] of values) insert.run(nowSec, this.#variableId(name), String(value));
      deleteBefore(this.#database, 'history_mysql_status_variables', nowSec - KEPT_SEC.each);
    });
  }

  /** Rows of stats_mysql_connection_pool. */
  addPool(nowSec: number, rows: readonly (readonly SqlValue[])[]): void {
    this.#inTransaction(() => {
      for (const row of rows) this.#insert('history_stats_mysql_connection_pool', [nowSec, ...row]);
      deleteBefore(this.#database, 'history_stats_mysql_connection_pool', nowSec - KEPT_SEC.each);
    });
  }

  /** Rows of stats_mysql_query_digest, taken off the list as they are written. They are kept until somebody deletes them, as in ProxySQL. */
  async addDigests(nowSec: number, rows: (readonly SqlValue[])[]): Promise<void> {
    while (rows.length > 0) {
      const part = rows.slice(0, DIGESTS_AT_ONCE);
      this.#inTransaction(() => {
        for (const row of part) this.#insert('history_mysql_query_digest', [nowSec, ...row]);
      });
      rows.splice(0, part.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  vacuum(): void {
    this.#database.pragma(`stats_history.incremental_vacuum(${VACUUMED_PAGES})`);
  }

  #insert(table: string, values: readonly SqlValue[]): void {
    this.#database.prepare(`INSERT OR REPLACE INTO stats_history.${table} VALUES (${values.map(() => '?').join(', ')})`).run(...values);
  }

  #variableId(name: string): number {
    const known = this.#variableIds.get(name);
    if (known !== undefined) return known;
    const table = 'stats_history.history_mysql_status_variables_lookup';
    this.#database.prepare(`INSERT OR IGNORE INTO ${table} (variable_name) VALUES (?)`).run(name);
    const id = this.#database.prepare(`SELECT variable_id FROM ${table} WHERE variable_name = ?`).pluck().get(name) as number;
    this.#variableIds.set(name, id);
    return id;
  }

  #inTransaction(write: () => void): void {
    try {
      this.#database.transaction(write).immediate();
    } catch (error) {
      // Ids that were given within it are gone with it.
      this.#variableIds.clear();
      throw error;
    }
  }
}
