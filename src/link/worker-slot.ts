import type { SendHandle } from 'node:child_process';
import { MainEnd, type MainHandlers, type WorkerProcess } from './main-end.js';
import type { ToWorker } from './messages.js';
import { RestartDelay } from './restart-delay.js';

/**
 * starting: forked, not heard of; configuring: said `started`, has its configuration; running: acknowledged it;
 * waiting: dead, to be started again; stopped: dead for good.
 */
export type SlotState = 'starting' | 'configuring' | 'running' | 'waiting' | 'stopped';

export interface SlotEvents {
  readonly handlers: (worker: number) => MainHandlers;
  /** The process is gone; `restartInMs` is null when it will not be started again. */
  onGone(worker: number, cause: string, restartInMs: number | null): void;
  onUnknownMessage(worker: number, type: string): void;
}

/** One worker number: the process that has it now, and when the next one starts. */
export class WorkerSlot {
  #state: SlotState = 'stopped';
  #end: MainEnd | null = null;
  #startedAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #stopping = false;
  readonly #delay = new RestartDelay();

  constructor(
    readonly worker: number,
    private readonly fork: (worker: number) => WorkerProcess,
    private readonly events: SlotEvents,
  ) {}

  get state(): SlotState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#end?.pid;
  }

  get alive(): boolean {
    return this.#end !== null;
  }

  setState(state: 'configuring' | 'running'): void {
    this.#state = state;
  }

  start(): void {
    this.#timer = null;
    this.#stopping = false;
    this.#state = 'starting';
    this.#startedAtMs = performance.now();
    let gone = false;
    this.#end = new MainEnd(
      this.fork(this.worker),
      this.events.handlers(this.worker),
      (cause) => {
        if (!gone) this.#gone(cause);
        gone = true;
      },
      (type) => this.events.onUnknownMessage(this.worker, type),
    );
  }

  send(message: ToWorker, handle?: SendHandle): void {
    this.#end?.send(message, handle);
  }

  /** The process that runs now is the last one. */
  stopRestarting(): void {
    this.#stopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    if (!this.#end) this.#state = 'stopped';
  }

  kill(signal: NodeJS.Signals): void {
    this.#end?.kill(signal);
  }

  #gone(cause: string): void {
    this.#end = null;
    const restartInMs = this.#stopping ? null : this.#delay.next(performance.now() - this.#startedAtMs, Math.random());
    this.#state = restartInMs === null ? 'stopped' : 'waiting';
    if (restartInMs !== null) this.#timer = setTimeout(() => this.start(), restartInMs);
    this.events.onGone(this.worker, cause, restartInMs);
  }
}
