/** Hurried runs keep this distance, ms: a worker may report hundreds of faults at once. */
const SHORTEST_PAUSE_MS = 100;

/**
 * Runs one check of one server again and again: at once, then each time `run` says, measured from the start of the run before, so that
 * a slow answer does not stretch the interval. Nothing is shared between loops: a server that does not answer delays nobody else's checks.
 */
export class CheckLoop {
  /** Resolves when the first run has ended. */
  readonly first: Promise<void>;
  #timer: NodeJS.Timeout | null = null;
  #running = false;
  #hurried = false;
  #again = false;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #firstDone: () => void = () => undefined;
  readonly #run: () => Promise<number>;
  #part: number;

  /**
   * `run` answers how many ms after its start it wants to run again; it must not throw. `random` (0 to 1) says which part of that the
   * second run waits: loops that begin together do not stay together, so that hundreds of servers are not asked in the same instant.
   */
  constructor(run: () => Promise<number>, random: () => number = Math.random) {
    this.#run = run;
    this.#part = random();
    this.first = new Promise((resolve) => {
      this.#firstDone = resolve;
    });
    void this.#turn();
  }

  /** Runs now instead of later; once more when a run is under way. Never sooner than 100 ms after the last one. */
  hurry(): void {
    if (this.#running || this.#hurried) {
      this.#again = true;
      return;
    }
    this.#hurried = true;
    this.#schedule(SHORTEST_PAUSE_MS - (performance.now() - this.#endedAtMs));
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#firstDone();
  }

  async #turn(): Promise<void> {
    if (this.#stopped) return;
    this.#running = true;
    this.#hurried = false;
    const startedAtMs = performance.now();
    const intervalMs = (await this.#run()) * this.#part;
    this.#part = 1;
    this.#running = false;
    this.#firstDone();
    this.#endedAtMs = performance.now();
    this.#hurried = this.#again;
    const restMs = intervalMs - (this.#endedAtMs - startedAtMs);
    this.#schedule(this.#again ? Math.min(SHORTEST_PAUSE_MS, restMs) : restMs);
    this.#again = false;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), Math.max(0, delayMs));
  }
}
