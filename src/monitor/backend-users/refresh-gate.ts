/** Runs an action on demand, at most once in `minimumMs`; who asks while it runs waits for the run after it, which sees what is new. */
export class RefreshGate {
  #next: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #startedAtMs = Number.NEGATIVE_INFINITY;

  /** @param action never rejects */
  constructor(
    private readonly action: () => Promise<void>,
    private readonly minimumMs: number,
  ) {}

  /** Resolves when a run that began after this call has ended. */
  request(): Promise<void> {
    this.#next ??= this.#afterPause();
    return this.#next;
  }

  async #afterPause(): Promise<void> {
    const waitMs = this.#startedAtMs + this.minimumMs - performance.now();
    await this.#running;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.#next = null;
    this.#startedAtMs = performance.now();
    this.#running = this.action();
    await this.#running;
  }
}
