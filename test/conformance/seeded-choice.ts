/** A linear congruential generator (Numerical Recipes) that begins where the text says: no more randomness is needed. */
export class SeededChoice {
  #state: number;

  constructor(seed: string) {
    this.#state = seedOf(seed);
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
}

/** 32 bits of the text (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
