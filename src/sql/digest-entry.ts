import { formatDigest } from './digest-text.js';
import type { Verdict } from './verdict.js';

/** One digest as long as the analyzer remembers it. Its identity is the key of what other rooms remember about it. */
export interface DigestEntry {
  readonly digestText: string;
  /** The statement is, or may be, longer than `digestText`. */
  readonly isCut: boolean;
  /** `0x` and 16 hexadecimal digits; the same after a restart. */
  readonly digest: string;
  readonly verdict: Verdict;
  /** Counts up with each digest that was seen for the first time; the sql room reads no clock. */
  readonly sequence: number;
  /** Owned by the route room; null at the start. */
  routeCache: unknown;
  /** Owned by session and stats; null at the start. */
  stats: unknown;
}

export class StoredDigestEntry implements DigestEntry {
  routeCache: unknown = null;
  stats: unknown = null;
  private text: string | null = null;

  constructor(
    readonly digestText: string,
    readonly isCut: boolean,
    private readonly high: number,
    private readonly low: number,
    readonly verdict: Verdict,
    readonly sequence: number,
  ) {}

  get digest(): string {
    this.text ??= formatDigest(this.high, this.low);
    return this.text;
  }
}
