import { createHash } from 'node:crypto';

/** Numbers that look random and are the same for the same seed: hashes of the seed and of how many there were before. */
export class SeededRandom {
  private drawn = 0;

  constructor(readonly seed: number) {}

  /** From 0 up to 1, without 1. */
  next(): number {
    this.drawn += 1;
    const hash = createHash('sha256').update(`${this.seed} ${this.drawn}`).digest();
    return hash.readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}
