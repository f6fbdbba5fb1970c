import type { DigestEntry } from './digest-entry.js';
import type { LexModes } from './verdict.js';

/**
 * Digest entries by (digest, check, token count, mode). A fixed number of slots, chains through typed arrays, and a clock
 * hand (second chance) that finds what to forget: a hit writes one byte and allocates nothing.
 */
export class EntryTable {
  size = 0;
  private readonly heads: Int32Array;
  private readonly next: Int32Array;
  private readonly laneA: Int32Array;
  private readonly laneB: Int32Array;
  private readonly check: Int32Array;
  private readonly count: Int32Array;
  private readonly mode: Int32Array;
  private readonly used: Uint8Array;
  private readonly entries: (DigestEntry | null)[];
  private readonly mask: number;
  private hand = 0;

  /** @param capacity entries at most, at least 1 */
  constructor(
    private readonly capacity: number,
    private readonly onForget: (entry: DigestEntry) => void,
  ) {
    let buckets = 1;
    while (buckets < capacity) buckets *= 2;
    this.mask = buckets - 1;
    this.heads = new Int32Array(buckets).fill(-1);
    this.next = new Int32Array(capacity);
    this.laneA = new Int32Array(capacity);
    this.laneB = new Int32Array(capacity);
    this.check = new Int32Array(capacity);
    this.count = new Int32Array(capacity);
    this.mode = new Int32Array(capacity);
    this.used = new Uint8Array(capacity);
    this.entries = [];
  }

  find(a: number, b: number, check: number, count: number, mode: LexModes): DigestEntry | null {
    for (let slot = this.heads[a & this.mask]!; slot >= 0; slot = this.next[slot]!) {
      if (this.laneA[slot] !== a || this.laneB[slot] !== b || this.check[slot] !== check) continue;
      if (this.count[slot] !== count || this.mode[slot] !== mode) continue;
      this.used[slot] = 1;
      return this.entries[slot]!;
    }
    return null;
  }

  insert(a: number, b: number, check: number, count: number, mode: LexModes, entry: DigestEntry): void {
    const slot = this.size < this.capacity ? this.size++ : this.forgetOne();
    this.laneA[slot] = a;
    this.laneB[slot] = b;
    this.check[slot] = check;
    this.count[slot] = count;
    this.mode[slot] = mode;
    this.used[slot] = 0;
    this.entries[slot] = entry;
    this.next[slot] = this.heads[a & this.mask]!;
    this.heads[a & this.mask] = slot;
  }

  *[Symbol.iterator](): IterableIterator<DigestEntry> {
    for (const entry of this.entries) if (entry !== null) yield entry;
  }

  private forgetOne(): number {
    while (this.used[this.hand] === 1) {
      this.used[this.hand] = 0;
      this.hand = (this.hand + 1) % this.capacity;
    }
    const slot = this.hand;
    this.hand = (this.hand + 1) % this.capacity;
    this.unlink(slot);
    const entry = this.entries[slot]!;
    this.entries[slot] = null;
    if (entry !== null) this.onForget(entry);
    return slot;
  }

  private unlink(slot: number): void {
    const bucket = this.laneA[slot]! & this.mask;
    if (this.heads[bucket] === slot) {
      this.heads[bucket] = this.next[slot]!;
      return;
    }
    let before = this.heads[bucket]!;
    while (this.next[before] !== slot) before = this.next[before]!;
    this.next[before] = this.next[slot]!;
  }
}
