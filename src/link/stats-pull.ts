import { patientTimeout } from '../base/patient-timeout.js';
import { EMPTY_STATS, mergeStats, retireStats } from '../stats/merge.js';
import type { StatsSnapshot } from '../stats/snapshot.js';

interface Pull {
  readonly waiting: Set<number>;
  readonly finish: () => void;
}

/**
 * Statistics of all workers. A worker that does not answer in time is shown as it was last seen, and what a dead worker
 * had counted when last seen stays in the sums, so that no counter ever goes back.
 */
export class StatsPull {
  readonly #latest = new Map<number, StatsSnapshot>();
  readonly #pulls = new Map<number, Pull>();
  #retired: StatsSnapshot = EMPTY_STATS;
  #lastRequest = 0;

  /** Asks `workers` through `ask` and answers with one snapshot a worker and one of the dead, after at most `timeoutMs`. */
  async collect(workers: readonly number[], ask: (worker: number, request: number) => void, timeoutMs: number): Promise<StatsSnapshot[]> {
    const request = ++this.#lastRequest;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        cancelTimeout();
        this.#pulls.delete(request);
        resolve();
      };
      const cancelTimeout = patientTimeout(finish, timeoutMs);
      this.#pulls.set(request, { waiting: new Set(workers), finish });
      for (const worker of workers) ask(worker, request);
      if (workers.length === 0) finish();
    });
    return [...this.#latest.values(), this.#retired];
  }

  replied(worker: number, request: number, stats: StatsSnapshot): void {
    this.#latest.set(worker, stats);
    this.#settle(worker, request);
  }

  workerGone(worker: number): void {
    const last = this.#latest.get(worker);
    this.#latest.delete(worker);
    if (last) this.#retired = mergeStats([this.#retired, retireStats(last)]);
    for (const request of [...this.#pulls.keys()]) this.#settle(worker, request);
  }

  #settle(worker: number, request: number): void {
    const pull = this.#pulls.get(request);
    if (!pull) return;
    pull.waiting.delete(worker);
    if (pull.waiting.size === 0) pull.finish();
  }
}
