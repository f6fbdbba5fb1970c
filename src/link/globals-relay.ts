import type { GlobalChange } from '../config/global-change.js';
import type { ToWorker } from './messages.js';

interface Pending {
  readonly from: number;
  readonly request: number;
  readonly missing: Set<number>;
}

/** Passes on what clients of one worker have set at servers for all sessions, keeps it for workers that start, and answers when all have noted it. */
export class GlobalsRelay {
  readonly #kept = new Map<string, GlobalChange>();
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  constructor(
    private readonly running: () => readonly number[],
    private readonly send: (worker: number, message: ToWorker) => void,
  ) {}

  /** A worker tells. */
  set(from: number, request: number, changes: readonly GlobalChange[]): void {
    for (const change of changes) this.#kept.set(`${change.server}\0${change.name}`, change);
    const others = this.running().filter((worker) => worker !== from);
    const number = ++this.#last;
    this.#pending.set(number, { from, request, missing: new Set(others) });
    for (const worker of others) this.send(worker, { type: 'globals', request: number, changes });
    this.#check(number);
  }

  /** A worker has noted what it was sent. */
  noted(worker: number, request: number): void {
    this.#pending.get(request)?.missing.delete(worker);
    this.#check(request);
  }

  workerStarts(worker: number): void {
    if (this.#kept.size > 0) this.send(worker, { type: 'globals', request: 0, changes: [...this.#kept.values()] });
  }

  workerGone(worker: number): void {
    for (const [number, { missing }] of [...this.#pending]) {
      missing.delete(worker);
      this.#check(number);
    }
  }

  #check(number: number): void {
    const pending = this.#pending.get(number);
    if (pending === undefined || pending.missing.size > 0) return;
    this.#pending.delete(number);
    this.send(pending.from, { type: 'globals-noted', request: pending.request });
  }
}
