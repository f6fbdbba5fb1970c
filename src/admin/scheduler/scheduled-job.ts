import type { Logger } from '../../base/log.js';
import { type ProgramResult, type RunningProgram, runProgram } from '../../base/program.js';
import type { Job } from './job.js';

/** A row of stats_weir_scheduler. */
export interface JobStatus {
  readonly id: number;
  readonly filename: string;
  readonly running: boolean;
  readonly runs: number;
  readonly failures: number;
  /** Times at which it was due and still running. */
  readonly skipped: number;
  /** Seconds since 1970; 0: it has not run yet. */
  readonly lastStartSec: number;
  readonly lastDurationMs: number;
  readonly lastExit: string;
  readonly lastError: string;
}

/** The same failure is logged again after this time, ms: an interval may be a tenth of a second. */
const REPEATED_LOG_MS = 60_000;

/** Runs one job at its interval: at once, then again and again; never twice at the same time. */
export class ScheduledJob {
  readonly #log: Logger;
  readonly #timeoutMs: () => number;
  #job: Job;
  #timer: NodeJS.Timeout | null = null;
  #program: RunningProgram | null = null;
  #counts = { runs: 0, failures: 0, skipped: 0, lastStartSec: 0, lastDurationMs: 0, lastExit: '', lastError: '' };
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #loggedError = '';
  #skipsLogged = false;

  constructor(job: Job, timeoutMs: () => number, log: Logger) {
    this.#job = job;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
    this.#start();
  }

  get job(): Job {
    return this.#job;
  }

  get status(): JobStatus {
    const { id, filename } = this.#job;
    return { id, filename, running: this.#program !== null, ...this.#counts };
  }

  /** Goes on with another row of the same id; a run under way ends first. */
  change(job: Job): void {
    this.pause();
    this.#job = job;
    this.#start();
  }

  /** No further runs. */
  pause(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** Resolves when no run is under way. */
  async idle(): Promise<void> {
    await this.#program?.result;
  }

  /** No further runs; ends the one under way, and resolves when it has ended. */
  async stop(): Promise<void> {
    this.pause();
    this.#program?.end();
    await this.idle();
  }

  #start(): void {
    this.#timer = setInterval(() => this.#run(), this.#job.intervalMs);
    this.#run();
  }

  #run(): void {
    const { id, filename, args } = this.#job;
    if (this.#program !== null) {
      this.#counts.skipped++;
      if (!this.#skipsLogged) this.#log.warn({ id, filename }, 'a scheduled program still runs when it is due again; that run is left out');
      this.#skipsLogged = true;
      return;
    }
    const begunMs = performance.now();
    this.#counts.runs++;
    this.#counts.lastStartSec = Math.floor(Date.now() / 1000);
    const timeoutMs = this.#timeoutMs();
    this.#program = runProgram({ filename, args, timeoutMs, timeoutVariable: 'admin-scheduler_timeout_ms' });
    void this.#program.result.then((result) => this.#ended(result, Math.round(performance.now() - begunMs)));
  }

  #ended(result: ProgramResult, durationMs: number): void {
    this.#program = null;
    const { id, filename } = this.#job;
    const { exit, error, stdout, stderr } = result;
    Object.assign(this.#counts, { lastDurationMs: durationMs, lastExit: exit, lastError: error ?? '' });
    if (error === null) {
      this.#loggedError = '';
      this.#log.debug({ id, filename, durationMs, stdout, stderr }, 'scheduled program ended');
      return;
    }
    this.#counts.failures++;
    const nowMs = performance.now();
    if (error === this.#loggedError && nowMs - this.#loggedAtMs < REPEATED_LOG_MS) return;
    this.#loggedError = error;
    this.#loggedAtMs = nowMs;
    this.#log.warn({ id, filename, error, durationMs, failures: this.#counts.failures, stdout, stderr }, 'scheduled program failed');
  }
}
