import { classify } from './classify/classify.js';
import { type DigestEntry, StoredDigestEntry } from './digest-entry.js';
import { DigestHash } from './digest-hash.js';
import { digestText, isCutAt } from './digest-text.js';
import { EntryTable } from './entry-table.js';
import { parseHint } from './hint.js';
import { Scanner } from './scanner.js';
import { TokenTape } from './token-tape.js';
import type { Hint, LexModes, Verdict } from './verdict.js';

export type { DigestEntry } from './digest-entry.js';

export interface AnalyzerOptions {
  /** Digests that are remembered; at least 1. */
  readonly maxEntries: number;
  /** Bytes of a digest text, mysql-query_digests_max_digest_length. */
  readonly maxDigestLength: number;
  /** Literals of a list that are kept, mysql-query_digests_grouping_limit. */
  readonly groupingLimit: number;
  /** Groups of literals that are kept, mysql-query_digests_groups_grouping_limit; 10 when left out. */
  readonly groupsGroupingLimit?: number;
  /** Seed of the third lane of the digest; random for each process, given only by tests. */
  readonly checkSeed?: number;
  /** Called with each entry that is forgotten to make room. */
  readonly onForget?: (entry: DigestEntry) => void;
}

/** Turns the bytes of a statement into its digest entry. A statement whose digest is known costs one walk over its bytes. */
export class StatementAnalyzer {
  /** Hint of the statement analysed last, or null. */
  hint: Hint | null = null;
  /** Lookups that found their digest, and those that did not, since the start. */
  hits = 0;
  misses = 0;
  private readonly table: EntryTable;
  private readonly hash: DigestHash;
  private readonly scanner: Scanner;
  private readonly tape = new TokenTape();
  private readonly recordingScanner: Scanner;
  private readonly maxDigestLength: number;

  constructor(options: AnalyzerOptions) {
    const seed = (options.checkSeed ?? Math.floor(Math.random() * 0x1_0000_0000)) | 0;
    const multiplier = Math.imul(seed ^ 0x5bd1e995, 0x2c1b3c6d) | 1;
    const grouping = Math.max(1, options.groupingLimit);
    const groups = Math.max(1, options.groupsGroupingLimit ?? 10);
    this.table = new EntryTable(Math.max(1, Math.floor(options.maxEntries)), options.onForget ?? (() => undefined));
    this.hash = new DigestHash(seed, grouping, groups, null);
    this.scanner = new Scanner(this.hash, seed, multiplier);
    this.recordingScanner = new Scanner(new DigestHash(seed, grouping, groups, this.tape), seed, multiplier);
    this.maxDigestLength = Math.max(1, options.maxDigestLength);
  }

  /** Digests remembered now. */
  get size(): number {
    return this.table.size;
  }

  /** All remembered digests, in no order. */
  entries(): IterableIterator<DigestEntry> {
    return this.table[Symbol.iterator]();
  }

  /**
   * The entry of the text in `buffer` from `start` to `end` (exclusive). The buffer is not kept. Never throws for any bytes.
   * Also sets `hint`.
   */
  analyse(buffer: Uint8Array, start: number, end: number, mode: LexModes): DigestEntry {
    const { hash, scanner } = this;
    scanner.scan(buffer, start, end, mode);
    this.hint = scanner.commentCount === 0 ? null : this.findHint(buffer);
    const known = this.table.find(hash.laneA, hash.laneB, hash.check, hash.count, mode);
    if (known !== null) {
      this.hits += 1;
      return known;
    }
    return this.learn(buffer, start, end, mode);
  }

  private learn(buffer: Uint8Array, start: number, end: number, mode: LexModes): DigestEntry {
    this.misses += 1;
    this.recordingScanner.scan(buffer, start, end, mode);
    const tokens = this.tape.tokens(buffer);
    this.tape.clear();
    const verdict: Verdict = classify(tokens, this.recordingScanner.flags, mode);
    const { laneA, laneB, check, count } = this.hash;
    const text = digestText(tokens, this.maxDigestLength);
    const entry = new StoredDigestEntry(text, isCutAt(text, this.maxDigestLength), laneA, laneB, verdict, this.misses);
    this.table.insert(laneA, laneB, check, count, mode, entry);
    return entry;
  }

  private findHint(buffer: Uint8Array): Hint | null {
    const { scanner } = this;
    let found: Hint | null = null;
    for (let index = 0; index < scanner.commentCount; index++) {
      const start = scanner.commentStarts[index]!;
      const end = scanner.commentEnds[index]!;
      const text = Buffer.from(buffer.buffer, buffer.byteOffset + start, Math.min(end - start, 1024)).toString('latin1');
      const hint = parseHint(text, index === 0);
      if (hint !== null) found = found === null ? hint : Object.assign({}, found, hint);
    }
    return found;
  }
}
