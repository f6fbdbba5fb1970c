import type { ServerEvent } from './event.js';

/** Deaths of workers and their returns. */
export class WorkerEvents {
  /** Why those died that do not run again yet. */
  readonly #deaths = new Map<number, string>();

  died(worker: number, cause: string, restartInMs: number): ServerEvent {
    const from = this.#deaths.has(worker) ? 'starting' : 'running';
    this.#deaths.set(worker, cause);
    const reason = `${cause}; it starts again in ${restartInMs} ms`;
    return { kind: 'worker_death', server: `worker ${worker}`, hostgroups: [], from, to: 'dead', reason };
  }

  /** null: it had not died, this was its first start. */
  running(worker: number): ServerEvent | null {
    const reason = this.#deaths.get(worker);
    if (reason === undefined) return null;
    this.#deaths.delete(worker);
    return { kind: 'recovery', server: `worker ${worker}`, hostgroups: [], from: 'dead', to: 'running', reason };
  }
}
