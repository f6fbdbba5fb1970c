/** Lets some lines of one kind through in each interval and counts the others: a storm must not become a storm of log lines. */
export class LogLimit {
  #sinceMs = Number.NEGATIVE_INFINITY;
  #passed = 0;
  #leftOut = 0;

  constructor(
    private readonly most: number,
    private readonly intervalMs: number,
    private readonly nowMs: () => number,
  ) {}

  /** How many lines were left out since the last that passed, to be said in this one; null when this one is left out too. */
  pass(): number | null {
    const now = this.nowMs();
    if (now - this.#sinceMs >= this.intervalMs) {
      this.#sinceMs = now;
      this.#passed = 0;
    }
    if (this.#passed === this.most) {
      this.#leftOut++;
      return null;
    }
    this.#passed++;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
