import type { Logger } from '../../base/log.js';
import type { ConfigRow } from '../../config/table-types.js';
import { jobsOf, sameJob } from './job.js';
import { type JobStatus, ScheduledJob } from './scheduled-job.js';

export type { JobStatus } from './scheduled-job.js';

/** The programs of runtime_scheduler. */
export class Scheduler {
  readonly #timeoutMs: () => number;
  readonly #log: Logger;
  readonly #jobs = new Map<number, ScheduledJob>();
  /** Their rows are gone, and a run of theirs is under way. */
  readonly #leaving = new Set<ScheduledJob>();
  #stopped = false;

  /** @param timeoutMs admin-scheduler_timeout_ms as it is when a program starts */
  constructor(timeoutMs: () => number, log: Logger) {
    this.#timeoutMs = timeoutMs;
    this.#log = log;
  }

  /** Begins what is new, goes on otherwise with what has changed, and ends what is gone; other rows keep their times and counts. */
  apply(rows: readonly ConfigRow[]): void {
    if (this.#stopped) return;
    const jobs = new Map(jobsOf(rows).map((job) => [job.id, job]));
    for (const [id, scheduled] of this.#jobs) {
      if (jobs.has(id)) continue;
      this.#jobs.delete(id);
      this.#leave(scheduled);
    }
    for (const job of jobs.values()) {
      const scheduled = this.#jobs.get(job.id);
      if (scheduled === undefined) this.#jobs.set(job.id, new ScheduledJob(job, this.#timeoutMs, this.#log));
      else if (!sameJob(scheduled.job, job)) scheduled.change(job);
    }
  }

  get status(): JobStatus[] {
    return Array.from(this.#jobs.values(), (job) => job.status).sort((left, right) => left.id - right.id);
  }

  /** Ends every program under way: SIGTERM, 2 s later SIGKILL. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(Array.from([...this.#jobs.values(), ...this.#leaving], (job) => job.stop()));
    this.#jobs.clear();
  }

  /** A run under way ends by itself; a stop must still find it. */
  #leave(job: ScheduledJob): void {
    job.pause();
    this.#leaving.add(job);
    void job.idle().then(() => this.#leaving.delete(job));
  }
}
