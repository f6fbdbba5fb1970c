/**
 * Time as one that looks regularly has seen it go by: however late a look comes, it counts as two intervals at most. A pause of the machine
 * or of this process then says nothing about peers that had no chance to be heard meanwhile.
 */
export class AwakeClock {
  private awakeMs = 1;

  constructor(private lastMs: number) {}

  /** To be called every `intervalMs`. Never 0. */
  look(nowMs: number, intervalMs: number): number {
    this.awakeMs += Math.min(nowMs - this.lastMs, 2 * intervalMs);
    this.lastMs = nowMs;
    return this.awakeMs;
  }
}
