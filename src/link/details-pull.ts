import { patientTimeout } from '../base/patient-timeout.js';
import type { DetailName, DetailRows } from '../stats/details.js';

interface Round {
  readonly waiting: Set<number>;
  readonly rows: unknown[];
  readonly finish: () => void;
}

/** Asks all workers for rows of one kind; each answers in parts, so that none of them is busy with it for long. */
export class DetailsPull {
  readonly #rounds = new Map<number, Round>();
  #lastRequest = 0;

  /** The rows of all workers that answer within `timeoutMs`. */
  async collect<Name extends DetailName>(
    workers: readonly number[],
    ask: (worker: number, request: number) => void,
    timeoutMs: number,
  ): Promise<DetailRows[Name][]> {
    const request = ++this.#lastRequest;
    const rows: unknown[] = [];
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        cancelTimeout();
        this.#rounds.delete(request);
        resolve();
      };
      const cancelTimeout = patientTimeout(finish, timeoutMs);
      this.#rounds.set(request, { waiting: new Set(workers), rows, finish });
      for (const worker of workers) ask(worker, request);
      if (workers.length === 0) finish();
    });
    return rows as DetailRows[Name][];
  }

  replied(worker: number, request: number, rows: readonly unknown[], last: boolean): void {
    const round = this.#rounds.get(request);
    if (!round) return;
    for (const row of rows) round.rows.push(row);
    if (last) this.#settle(round, worker);
  }

  workerGone(worker: number): void {
    for (const round of [...this.#rounds.values()]) this.#settle(round, worker);
  }

  #settle(round: Round, worker: number): void {
    round.waiting.delete(worker);
    if (round.waiting.size === 0) round.finish();
  }
}
