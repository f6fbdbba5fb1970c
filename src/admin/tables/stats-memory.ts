import type { Database } from 'better-sqlite3';
import type { DetailRows } from '../../stats/details.js';
import type { AdminContext } from '../context.js';
import { virtualTable } from './virtual-table.js';

/**
 * Memory in bytes. ProxySQL's names where weir has the same thing: jemalloc_resident is what all processes have in memory, jemalloc_allocated
 * what their heaps and buffers use of it, jemalloc_mapped what they have reserved; then each process by its own.
 */
export const statsMemory = virtualTable(
  'stats',
  'stats_memory_metrics',
  ['Variable_Name VARCHAR NOT NULL PRIMARY KEY, Variable_Value VARCHAR NOT NULL'],
  async (context) => {
    const workers = await context.control.statistics.memory();
    const main = process.memoryUsage();
    const all = [main, ...workers];
    const sum = (of: (usage: (typeof all)[number]) => number): number => all.reduce((total, usage) => total + of(usage), 0);
    const values: (readonly [string, number])[] = [
      ['SQLite3_memory_bytes', sqliteBytes(context)],
      ['jemalloc_resident', sum((usage) => usage.rss)],
      ['jemalloc_active', sum((usage) => usage.heapTotal + usage.external)],
      ['jemalloc_allocated', sum((usage) => usage.heapUsed + usage.external)],
      ['jemalloc_mapped', sum((usage) => usage.heapTotal + usage.external)],
      ['query_digest_entries', workers.reduce((total, worker) => total + worker.digestEntries, 0)],
      ['weir_main_resident', main.rss],
      ['weir_main_heap_used', main.heapUsed],
      ...workers.sort((a, b) => a.worker - b.worker).flatMap(workerValues),
    ];
    return values.map(([name, value]) => [name, String(value)]);
  },
);

function workerValues({ worker, rss, heapUsed, external }: DetailRows['memory']): (readonly [string, number])[] {
  return [
    [`weir_worker_${worker}_resident`, rss],
    [`weir_worker_${worker}_heap_used`, heapUsed],
    [`weir_worker_${worker}_external`, external],
  ];
}

/** Pages of all databases in memory. */
export function sqliteBytes({ databaseOf }: Pick<AdminContext, 'databaseOf'>): number {
  return (['admin', 'stats'] as const).map(databaseOf).reduce((total, database) => total + bytesOf(database), 0);
}

function bytesOf(database: Database): number {
  const schemas = database.pragma('database_list') as { name: string; file: string }[];
  return schemas
    .filter(({ file }) => file === '')
    .reduce((total, { name }) => {
      const pages = Number(database.pragma(`${name}.page_count`, { simple: true }));
      return total + pages * Number(database.pragma(`${name}.page_size`, { simple: true }));
    }, 0);
}
