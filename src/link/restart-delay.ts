/** Longest delay before a worker is started again, ms. */
const LONGEST_MS = 10_000;
const FIRST_MS = 100;
/** A worker that ran this long is taken for healthy: its next death is the first again, ms. */
const HEALTHY_AFTER_MS = 30_000;

/** Back-off of one worker: doubles with each early death; the jitter keeps workers that died together from coming back together. */
export class RestartDelay {
  #earlyDeaths = 0;

  /** Delay in ms after a run of `ranMs`. `random` is in [0, 1). */
  next(ranMs: number, random: number): number {
    this.#earlyDeaths = ranMs >= HEALTHY_AFTER_MS ? 0 : this.#earlyDeaths + 1;
    const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, this.#earlyDeaths - 1));
    return Math.round(delay * (0.75 + random / 2));
  }
}
