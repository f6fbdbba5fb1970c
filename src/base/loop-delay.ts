import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Between two samples, ms: a timer of 50 a second costs nothing that could be measured. */
const RESOLUTION_MS = 20;
/** Seconds that the largest delay is remembered. */
const WINDOW_SECONDS = 60;

/** How long the event loop of this process was busy with one thing at most: everything else had to wait for it. */
export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #seconds: number[] = [];

  constructor() {
    this.#histogram.enable();
  }

  /** Called once a second. */
  tick(): void {
    this.#seconds.push(this.#current);
    if (this.#seconds.length > WINDOW_SECONDS) this.#seconds.shift();
    this.#histogram.reset();
  }

  /** Largest delay of the last minute, µs. */
  get maxUs(): number {
    return Math.max(this.#current, ...this.#seconds);
  }

  /** The histogram has the time between samples, which is the resolution when nothing is late. */
  get #current(): number {
    const { max } = this.#histogram;
    return max > 0 ? Math.max(0, Math.round(max / 1000 - RESOLUTION_MS * 1000)) : 0;
  }
}
