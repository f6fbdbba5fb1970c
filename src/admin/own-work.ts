import type { Logger } from '../base/log.js';
import { integerValue } from '../config/variables.js';
import { History } from './history/history.js';
import { openHistory } from './history/history-file.js';
import { type LiveParts, liveSources } from './history/live-sources.js';
import type { RuntimeConfig } from './runtime-config.js';
import { type JobStatus, Scheduler } from './scheduler/scheduler.js';

/** What the control process does by itself: it records the statistics history and runs the programs of the scheduler. */
export class OwnWork {
  readonly #runtime: RuntimeConfig;
  readonly #log: Logger;
  readonly #historyFile: ReturnType<typeof openHistory>;
  readonly #scheduler: Scheduler;
  #history: History | null = null;

  /** Opens the history; nothing runs yet. */
  constructor(datadir: string, runtime: RuntimeConfig, log: Logger) {
    this.#runtime = runtime;
    this.#log = log;
    this.#historyFile = openHistory(datadir);
    this.#scheduler = new Scheduler(() => integerValue(runtime.variables, 'admin-scheduler_timeout_ms'), log);
  }

  /** The file of schema stats_history. */
  get historyPath(): string {
    return this.#historyFile.path;
  }

  get scheduledPrograms(): JobStatus[] {
    return this.#scheduler.status;
  }

  start(live: Omit<LiveParts, 'variables'>): void {
    this.#history = new History(this.#historyFile, liveSources({ ...live, variables: () => this.#runtime.variables }), this.#log);
    this.#history.start();
    this.applied();
  }

  /** Another configuration runs. */
  applied(): void {
    if (this.#history !== null) this.#scheduler.apply(this.#runtime.rows['scheduler'] ?? []);
  }

  /** @throws Error of SQLite, or when weir is still starting */
  async saveDigests(): Promise<number> {
    if (this.#history === null) throw new Error('weir is still starting');
    return this.#history.saveDigests();
  }

  /** Ends programs that run. */
  stopPrograms(): Promise<void> {
    return this.#scheduler.stop();
  }

  /** Records no more, and closes the history. */
  async close(): Promise<void> {
    if (this.#history === null) this.#historyFile.close();
    else await this.#history.close();
  }
}
