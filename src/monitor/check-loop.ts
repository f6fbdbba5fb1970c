/** Hurried runs keep this distance, ms: a worker may report hundreds of faults at once. */
const SHORTEST_PAUSE_MS = 100;

/**
 * Runs one check of one server again and again: at once, then each time `run` says, measured from the end of the run before.
 * Nothing is shared between loops, so a server that does not answer delays nobody else's checks.
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

  /** `run` answers after how many ms it wants to run again; it must not throw. */
  constructor(run: () => Promise<number>) {
    this.#run = run;
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
    const delayMs = await this.#run();
    this.#running = false;
    this.#firstDone();
    this.#endedAtMs = performance.now();
    this.#hurried = this.#again;
    this.#schedule(this.#again ? Math.min(SHORTEST_PAUSE_MS, delayMs) : delayMs);
    this.#again = false;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), Math.max(0, delayMs));
  }
}
