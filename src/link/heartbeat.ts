/** Beats of a worker, and looks of the control process for them: ms. */
export const HEARTBEAT_INTERVAL_MS = 1_000;
/** Beats missed in a row: said, and ended. ProxySQL's watchdog ends the process after 10 too (restart_on_missing_heartbeats). */
const LATE_AFTER = 3;
const LOST_AFTER = 10;
/** A process that starts has its modules to load, perhaps among many that do so at once. */
const LOST_WHILE_STARTING_AFTER = 30;

/**
 * Whether the event loop of a worker still turns. What counts is how often the control process looked in vain, not how much time went by:
 * after a pause of the whole machine nobody is late.
 */
export class Heartbeat {
  #missed = 0;
  #begun = false;

  /** A new process: it has time to start. */
  reset(): void {
    this.#missed = 0;
    this.#begun = false;
  }

  beat(): void {
    this.#missed = 0;
    this.#begun = true;
  }

  /** Called once an interval. 'late' and 'lost' are answered once each. */
  look(): 'fine' | 'late' | 'lost' {
    this.#missed++;
    if (this.#missed === (this.#begun ? LOST_AFTER : LOST_WHILE_STARTING_AFTER)) return 'lost';
    return this.#begun && this.#missed === LATE_AFTER ? 'late' : 'fine';
  }

  get isLate(): boolean {
    return this.#begun && this.#missed >= LATE_AFTER;
  }

  get missed(): number {
    return this.#missed;
  }
}
