import { workerOfConnection } from '../base/ids.js';
import type { KillAnswer, KillOrder } from '../base/kill-order.js';
import { patientTimeout } from '../base/patient-timeout.js';

/** How long workers have to answer a `kill`, ms. */
const KILL_TIMEOUT_MS = 5_000;

interface Pending {
  readonly missing: Set<number>;
  answer: KillAnswer;
  readonly finish: () => void;
}

/** Finds the workers that serve what is to be killed and passes on their answer, for clients of any worker and for the admin port. */
export class KillRelay {
  readonly #pending = new Map<number, Pending>();
  #lastRequest = 0;

  /** `running`: all workers that there are; `send` delivers the `kill` message. */
  kill({ target }: KillOrder, running: readonly number[], send: (worker: number, request: number) => void): Promise<KillAnswer> {
    const request = ++this.#lastRequest;
    const isOne = 'connection' in target;
    const workers = isOne ? running.filter((worker) => worker === workerOfConnection(target.connection)) : running;
    return new Promise((resolve) => {
      const finish = (): void => {
        cancelTimeout();
        this.#pending.delete(request);
        resolve(pending.answer);
      };
      const cancelTimeout = patientTimeout(finish, KILL_TIMEOUT_MS);
      const pending: Pending = { missing: new Set(workers), answer: isOne ? 'unknown' : 0, finish };
      this.#pending.set(request, pending);
      for (const worker of workers) send(worker, request);
      if (workers.length === 0) finish();
    });
  }

  replied(worker: number, request: number, answer: KillAnswer): void {
    const pending = this.#pending.get(request);
    if (pending === undefined) return;
    pending.answer = typeof answer === 'number' && typeof pending.answer === 'number' ? pending.answer + answer : answer;
    this.#settle(worker, pending);
  }

  workerGone(worker: number): void {
    for (const pending of [...this.#pending.values()]) this.#settle(worker, pending);
  }

  #settle(worker: number, { missing, finish }: Pending): void {
    if (missing.delete(worker) && missing.size === 0) finish();
  }
}
