/** First pause after a failed attempt, ms. A server that restarts quickly is found quickly. */
const FIRST_PAUSE_MS = 20;
/** The pauses double up to this, ms: a return is noticed within about a second. */
const LONGEST_PAUSE_MS = 1_000;
/** From so many successes at once on, a server that returned counts as recovered. */
const RECOVERED_AT = 64;

/**
 * When, and how many at once, connections may be opened to one server. After a failure there is a pause, longer each time and never
 * the same in two workers; then one attempt, after its success two at once, four, … so that a server that returns is not flooded.
 */
export class ConnectBackoff {
  /** The last attempt has failed: who can be served elsewhere need not wait for the next one. */
  isDoubtful = false;
  private failuresInRow = 0;
  private pauseUntilMs = 0;
  private atOnce = Number.POSITIVE_INFINITY;

  constructor(private readonly random: () => number = Math.random) {}

  mayOpen(connecting: number, nowMs: number): boolean {
    return nowMs >= this.pauseUntilMs && connecting < this.atOnce;
  }

  /** Left of the pause, ms; 0 when there is none. */
  pauseMs(nowMs: number): number {
    return Math.max(0, this.pauseUntilMs - nowMs);
  }

  /** @param leastMs mysql-connect_retries_delay */
  failed(nowMs: number, leastMs: number): void {
    this.isDoubtful = true;
    // Attempts that were under way together fail together: that is one failure.
    if (nowMs < this.pauseUntilMs) return;
    const fullMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failuresInRow, 10));
    this.failuresInRow++;
    this.pauseUntilMs = nowMs + Math.max(leastMs, fullMs * (0.5 + this.random() / 2));
    this.atOnce = 1;
  }

  succeeded(): void {
    this.isDoubtful = false;
    this.failuresInRow = 0;
    this.pauseUntilMs = 0;
    this.atOnce = this.atOnce >= RECOVERED_AT ? Number.POSITIVE_INFINITY : this.atOnce * 2;
  }

  /** Forgets what was: the server is said to be alive. Should it not be, it fails often enough within a second to be shunned again. */
  forgive(): void {
    this.failuresInRow = 0;
    this.pauseUntilMs = 0;
  }
}
