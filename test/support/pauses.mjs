// Pauses of the machine, as a process sees them that has nothing else to do.
const LOOK_MS = 100;
/** A process that does nothing is served at once also on a busy machine: later than this, and the machine stood still. */
const PAUSE_MS = 500;

export class PauseWatch {
  #pauses = [];
  #lastMs;
  #timer;

  /** Times are those of `nowMs`, by default ms since 1970. */
  constructor(nowMs = Date.now) {
    this.nowMs = nowMs;
    this.#lastMs = nowMs();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Length of the longest one that touched this time; 0: none did. */
  longestMs(fromMs, untilMs) {
    const touching = this.#pauses.filter((pause) => pause.fromMs <= untilMs && pause.untilMs >= fromMs);
    return Math.max(0, ...touching.map((pause) => pause.untilMs - pause.fromMs));
  }

  stop() {
    clearInterval(this.#timer);
  }

  #look() {
    const fromMs = this.#lastMs;
    this.#lastMs = this.nowMs();
    if (this.#lastMs - fromMs >= PAUSE_MS) this.#pauses.push({ fromMs, untilMs: this.#lastMs });
  }
}
