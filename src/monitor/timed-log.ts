/** Entries behind a place in a log. */
export interface TimedLogPart<Entry> {
  /** Number of the oldest entry that is kept; counts up from 1. */
  readonly first: number;
  /** Number of the first entry of this part. */
  readonly from: number;
  readonly entries: readonly Entry[];
}

/** Entries in the order in which they came, the oldest first: as many as `maxEntries` says, and as old as `forgetBefore` leaves them. */
export class TimedLog<Entry> {
  readonly #maxEntries: number;
  readonly #timeUsOf: (entry: Entry) => number;
  #entries: Entry[] = [];
  /** Index of the oldest entry that is kept. */
  #head = 0;
  /** Entries that were taken away from the array. */
  #dropped = 0;

  constructor(maxEntries: number, timeUsOf: (entry: Entry) => number) {
    this.#maxEntries = maxEntries;
    this.#timeUsOf = timeUsOf;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length - this.#head > this.#maxEntries) this.#head++;
    this.#shrink();
  }

  forgetBefore(timeUs: number): void {
    const entries = this.#entries;
    while (this.#head < entries.length && this.#timeUsOf(entries[this.#head]!) < timeUs) this.#head++;
    this.#shrink();
  }

  all(): Entry[] {
    return this.#entries.slice(this.#head);
  }

  /** Entries with a number above `number`, 0 for all of them. */
  since(number: number): TimedLogPart<Entry> {
    const first = this.#dropped + this.#head + 1;
    const from = Math.max(first, number + 1);
    return { first, from, entries: this.#entries.slice(from - this.#dropped - 1) };
  }

  /** Moved rarely, so that an entry costs the same however many there are. */
  #shrink(): void {
    if (this.#head < 1_024 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#dropped += this.#head;
    this.#head = 0;
  }
}
