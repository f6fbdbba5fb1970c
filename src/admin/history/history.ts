import type { Logger } from '../../base/log.js';
import type { SqlValue } from '../../config/table-types.js';
import type { VariableValues } from '../../config/variables.js';
import type { HistoryFile } from './history-file.js';
import { type Recording, RecordingTimes, vacuums } from './history-settings.js';
import { connectionsSeries, cpuSeries, hostgroupsSeries, memorySeries } from './history-tables.js';
import { HistoryWriter } from './history-writer.js';
import type { CpuTicks } from './process-times.js';

export type HistoryRows = readonly (readonly SqlValue[])[];

/** What is recorded. */
export interface HistorySources {
  /** Rows of a table of schema stats as they are now: stats_mysql_global, stats_mysql_connection_pool, stats_memory_metrics. */
  tableRows(name: string): Promise<HistoryRows>;
  /** Rows of stats_mysql_query_digest, which is emptied. */
  takeDigests(): Promise<HistoryRows>;
  cpu(): CpuTicks;
  variables(): VariableValues;
}

const TICK_MS = 1_000;

/** Records statistics in schema stats_history at the intervals of the admin-stats_ variables, one recording after the other. */
export class History {
  readonly #file: HistoryFile;
  readonly #sources: HistorySources;
  readonly #writer: HistoryWriter;
  readonly #log: Logger;
  readonly #nowSec: () => number;
  readonly #times = new RecordingTimes();
  /** Taken from the live table and not written: they wait for the next time. */
  #unsavedDigests: (readonly SqlValue[])[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #lastProblem = '';

  constructor(file: HistoryFile, sources: HistorySources, log: Logger, nowSec = () => Math.floor(Date.now() / 1000)) {
    this.#file = file;
    this.#sources = sources;
    this.#writer = new HistoryWriter(file.database);
    this.#log = log;
    this.#nowSec = nowSec;
    if (file.problem !== null) log.warn({ problem: file.problem }, 'the statistics history can not be used');
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), TICK_MS);
  }

  /** Stops recording and closes the file. */
  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#round;
    await this.#queue;
    this.#file.close();
  }

  /** Records what is due; for timers and tests. A round that takes long delays the next one: rounds never pile up. */
  tick(): Promise<void> {
    this.#round ??= this.#recordDue().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #recordDue(): Promise<void> {
    for (const recording of this.#times.due(this.#nowSec(), this.#sources.variables())) await this.#recordSafely(recording);
  }

  /**
   * SAVE MYSQL DIGEST TO DISK: the live table is empty afterwards. Answers how many rows were written.
   * @throws Error of SQLite; the rows are written by the next call then
   */
  saveDigests(): Promise<number> {
    return this.#inTurn(async () => {
      this.#unsavedDigests.push(...(await this.#sources.takeDigests()));
      const count = this.#unsavedDigests.length;
      await this.#writer.addDigests(this.#nowSec(), this.#unsavedDigests);
      return count;
    });
  }

  async #recordSafely(recording: Recording): Promise<void> {
    try {
      await this.#record(recording);
      this.#lastProblem = '';
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.#lastProblem) this.#log.warn({ recording, problem }, 'the statistics history can not be written');
      this.#lastProblem = problem;
    }
  }

  async #record(recording: Recording): Promise<void> {
    switch (recording) {
      case 'mysql_connections': {
        const values = await this.#numbersOf('stats_mysql_global');
        await this.#inTurn(async () => this.#recordConnections(values));
        return;
      }
      case 'mysql_connection_pool': {
        const rows = await this.#sources.tableRows('stats_mysql_connection_pool');
        await this.#inTurn(async () => this.#writer.addPool(this.#nowSec(), rows));
        return;
      }
      case 'system_cpu': {
        const { user, system } = this.#sources.cpu();
        const values = new Map([
          ['tms_utime', user],
          ['tms_stime', system],
        ]);
        await this.#inTurn(async () => this.#writer.addToSeries(cpuSeries, this.#nowSec(), values));
        return;
      }
      case 'system_memory': {
        const values = memoryOf(await this.#numbersOf('stats_memory_metrics'));
        await this.#inTurn(async () => this.#writer.addToSeries(memorySeries, this.#nowSec(), values));
        return;
      }
      case 'mysql_query_digest_to_disk':
        await this.saveDigests();
        return;
    }
  }

  #recordConnections(values: ReadonlyMap<string, number>): void {
    const nowSec = this.#nowSec();
    this.#writer.addToSeries(connectionsSeries, nowSec, values);
    this.#writer.addToSeries(hostgroupsSeries, nowSec, hostgroupsOf(values));
    this.#writer.addStatusVariables(nowSec, values);
    if (vacuums(this.#sources.variables())) this.#writer.vacuum();
  }

  async #numbersOf(table: string): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#sources.tableRows(table)).map(([name, value]) => [String(name), Number(value)]));
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/** What weir's pool counts of ProxySQL's connection pool; connections put back or reset are not counted, and stay 0. */
function hostgroupsOf(values: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const value = (name: string): number => values.get(name) ?? 0;
  const served = value('ConnPool_get_conn_immediate') + value('ConnPool_get_conn_success');
  return new Map([
    ['MyHGM_myconnpoll_get', served + value('ConnPool_get_conn_failure')],
    ['MyHGM_myconnpoll_get_ok', served],
    ['MyHGM_myconnpoll_destroy', Math.max(0, value('Server_Connections_created') - value('Server_Connections_connected'))],
  ]);
}

/** Bytes of all processes. `retained` is what heaps hold without using it; Node counts no metadata apart. */
function memoryOf(metrics: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const value = (name: string): number => metrics.get(`jemalloc_${name}`) ?? 0;
  const same = ['allocated', 'resident', 'active', 'mapped'].map((name) => [name, value(name)] as const);
  return new Map([...same, ['retained', Math.max(0, value('active') - value('allocated'))]]);
}
