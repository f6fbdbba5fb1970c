import type { Logger } from '../base/log.js';

/** While it goes on it is told again after this time, ms. */
const TOLD_AGAIN_MS = 60_000;

/** Tells that weir itself has run out of something that checks need: once a minute, however many checks find out. */
export class ExhaustionReport {
  readonly #toldAtMs = new Map<string, number>();

  constructor(
    private readonly log: Logger,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** `code`: of the system's error, EMFILE for example. */
  add(code: string): void {
    const nowMs = this.nowMs();
    if (nowMs - (this.#toldAtMs.get(code) ?? Number.NEGATIVE_INFINITY) < TOLD_AGAIN_MS) return;
    this.#toldAtMs.set(code, nowMs);
    this.log.error({ code }, 'weir itself has no resources left to check servers; those that can not be checked stay where they are');
  }
}
