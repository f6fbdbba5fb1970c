import type { Logger } from '../base/log.js';
import { HEARTBEAT_INTERVAL_MS, type Heartbeat } from './heartbeat.js';
import type { WorkerSlot } from './worker-slot.js';

export interface WatchedWorker {
  readonly slot: Pick<WorkerSlot, 'worker' | 'pid' | 'alive' | 'kill'>;
  readonly heartbeat: Heartbeat;
}

/** Ends workers whose event loop stands still: the sessions of a frozen one would hang for good, those of a new one work. */
export class HeartbeatWatch {
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly workers: readonly WatchedWorker[],
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#timer ??= setInterval(() => this.look(), HEARTBEAT_INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Called once an interval. */
  look(): void {
    for (const { slot, heartbeat } of this.workers) if (slot.alive) this.#lookAt(slot, heartbeat);
  }

  #lookAt(slot: WatchedWorker['slot'], heartbeat: Heartbeat): void {
    const state = heartbeat.look();
    const facts = { worker: slot.worker, pid: slot.pid, missedHeartbeats: heartbeat.missed };
    switch (state) {
      case 'fine':
        return;
      case 'late':
        this.log.warn(facts, 'worker does not answer');
        return;
      case 'lost':
        this.log.error(facts, 'worker is frozen and is killed');
        // SIGTERM would wait in a process that is stopped.
        slot.kill('SIGKILL');
        return;
    }
  }
}
