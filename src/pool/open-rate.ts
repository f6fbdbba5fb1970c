/** From this rate on nothing is counted: ProxySQL's default, which means no limit. */
const UNLIMITED_PER_SEC = 1_000_000;

/** A bucket of leaves to open connections to one hostgroup: as many as fit into a second, filled evenly. */
export class OpenRate {
  private leaves = 1;
  private filledMs = 0;

  /** Takes a leave; false: none is there for `waitMs`. */
  take(perSec: number, nowMs: number): boolean {
    if (perSec >= UNLIMITED_PER_SEC) return true;
    this.fill(perSec, nowMs);
    if (this.leaves < 1) return false;
    this.leaves -= 1;
    return true;
  }

  /** Until the next leave, ms. */
  waitMs(perSec: number): number {
    return perSec >= UNLIMITED_PER_SEC ? 0 : Math.max(1, Math.ceil(((1 - this.leaves) / perSec) * 1000));
  }

  private fill(perSec: number, nowMs: number): void {
    const most = Math.max(1, perSec);
    this.leaves = Math.min(most, this.leaves + ((nowMs - this.filledMs) / 1000) * perSec);
    this.filledMs = nowMs;
  }
}
