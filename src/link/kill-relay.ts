import { type ConnectionId, workerOfConnection } from '../base/ids.js';

/** How long a worker has to answer a `kill`, ms. */
const KILL_TIMEOUT_MS = 5_000;

/** Finds the worker that serves a connection and passes on its answer, for clients of other workers and for the admin port. */
export class KillRelay {
  readonly #pending = new Map<number, { readonly worker: number; readonly answer: (found: boolean) => void }>();
  #lastRequest = 0;

  /** True when the worker knew the connection. `send` delivers the `kill` message; false from it means that there is no such worker. */
  kill(connection: ConnectionId, send: (worker: number, request: number) => boolean): Promise<boolean> {
    const request = ++this.#lastRequest;
    const worker = workerOfConnection(connection);
    return new Promise((resolve) => {
      const answer = (found: boolean): void => {
        clearTimeout(timer);
        this.#pending.delete(request);
        resolve(found);
      };
      const timer = setTimeout(() => answer(false), KILL_TIMEOUT_MS);
      this.#pending.set(request, { worker, answer });
      if (!send(worker, request)) answer(false);
    });
  }

  replied(request: number, found: boolean): void {
    this.#pending.get(request)?.answer(found);
  }

  workerGone(worker: number): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.worker === worker) pending.answer(false);
    }
  }
}
