import { LiteralKind, MAX_TOKENS, TokenKind } from './token.js';
import type { TokenTape } from './token-tape.js';

/** Seeds and multipliers of the two stable lanes. Changing them changes every digest. */
export const LANE_A_SEED = 0x2545f491;
export const LANE_A_MULTIPLIER = 0x01000193;
export const LANE_B_SEED = 0x6c8e9cf5;
export const LANE_B_MULTIPLIER = 0x85ebca6b | 0;

const COMMA = 0x2c;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;

/** Where a run `?,?,?,…` stands: how many of the tokens behind its limit wait for the run to go on or to end. */
const RunState = { none: 0, afterLiteral: 1, afterComma: 2, waiting: 3 } as const;
/** Where a list of groups `(?,?),(?,?),…` stands. */
const GroupState = { none: 0, inside: 1, closed: 2, afterComma: 3 } as const;

/**
 * The digest while it grows: three 32-bit lanes and the count of tokens, in fields, so that hashing allocates nothing.
 * Lists of literals and groups of literals are collapsed here, so the hash is of exactly the tokens that the digest text
 * shows. With a tape the same tokens are also recorded, which makes hash, text and verdict one thing by construction.
 */
export class DigestHash {
  laneA = 0;
  laneB = 0;
  check = 0;
  count = 0;
  /** More tokens than anybody should judge. */
  tooLong = false;
  /** No blank is shown behind `(`, `,` and at the start. */
  private glued = true;
  private run: number = RunState.none;
  private runLength = 0;
  private waiting = 0;
  private runCollapsed = false;
  private group: number = GroupState.none;
  private groupHasLiteral = false;
  private groupHasSnapshot = false;
  private groupCount = 0;
  private groupsCollapsed = false;
  private savedA = 0;
  private savedB = 0;
  private savedCheck = 0;
  private savedCount = 0;
  private savedLength = 0;

  /**
   * @param checkSeed of this process, for the third lane
   * @param groupingLimit literals of a list that are kept, as mysql-query_digests_grouping_limit; at least 1
   * @param groupsLimit groups of literals that are kept, as mysql-query_digests_groups_grouping_limit; at least 1
   */
  constructor(
    private readonly checkSeed: number,
    private readonly groupingLimit: number,
    private readonly groupsLimit: number,
    private readonly tape: TokenTape | null,
  ) {}

  start(): void {
    this.laneA = LANE_A_SEED;
    this.laneB = LANE_B_SEED;
    this.check = this.checkSeed;
    this.count = 0;
    this.tooLong = false;
    this.glued = true;
    this.run = RunState.none;
    this.group = GroupState.none;
    if (this.tape !== null) this.tape.clear();
  }

  /** A token with content of its own, hashed by the caller into a, b and c. */
  named(kind: number, a: number, b: number, c: number, start: number, end: number, spaced: boolean): void {
    if (this.run !== RunState.none) this.endRun(true, end);
    this.group = GroupState.none;
    this.emit(kind, a, b, c, start, end, spaced, 0);
  }

  literal(literalKind: number, start: number, end: number, spaced: boolean): void {
    if (this.group === GroupState.inside) this.groupHasLiteral = true;
    else this.group = GroupState.none;
    switch (this.run) {
      case RunState.afterComma:
        this.runLength += 1;
        this.run = RunState.afterLiteral;
        break;
      case RunState.waiting:
        this.literalBehindLimit();
        return;
      default:
        if (this.run === RunState.afterLiteral) this.endRun(true, end);
        this.runLength = 1;
        this.runCollapsed = false;
        this.run = RunState.afterLiteral;
    }
    this.emit(TokenKind.literal, 3, 5, 7, start, end, spaced, literalKind);
  }

  punctuation(code: number, position: number, spaced: boolean): void {
    if (code === COMMA) {
      this.comma(position);
      return;
    }
    if (this.run !== RunState.none) this.endRun(code === CLOSE || code === SEMICOLON, position);
    if (code === OPEN) this.openGroup();
    else if (code === CLOSE && this.group === GroupState.inside && this.groupHasLiteral) {
      this.closeGroup(position);
      return;
    } else this.group = GroupState.none;
    this.emitPunctuation(code, position, spaced && code !== CLOSE);
  }

  /** Ends runs that wait; the flags are hashed too, so that a text that is not proven never shares a digest with one that is. */
  finish(flags: number): void {
    if (this.run !== RunState.none) this.endRun(true, 0);
    this.laneA = finalise(this.laneA ^ this.count ^ (flags << 24));
    this.laneB = finalise(this.laneB ^ Math.imul(this.count, 0x27d4eb2d) ^ flags);
    this.check = finalise(this.check ^ this.count ^ (flags << 16));
  }

  private comma(position: number): void {
    if (this.group === GroupState.closed) {
      this.endRun(true, position);
      this.saveSnapshot();
      this.group = GroupState.afterComma;
    } else if (this.group !== GroupState.inside) this.group = GroupState.none;
    if (this.run === RunState.afterLiteral && (this.runCollapsed || this.runLength >= this.groupingLimit)) {
      this.run = RunState.waiting;
      this.waiting = 1;
      return;
    }
    if (this.run === RunState.waiting) {
      this.commaBehindLimit(position);
      return;
    }
    this.run = this.run === RunState.afterLiteral ? RunState.afterComma : RunState.none;
    this.emitPunctuation(COMMA, position, false);
  }

  /** `waiting` counts what is held back: 1 `,`  2 `,?`  3 `,?,`  4 `,?,?`. One literal more than the limit is still shown. */
  private literalBehindLimit(): void {
    this.waiting += 1;
  }

  private commaBehindLimit(position: number): void {
    if (this.runCollapsed) this.waiting = 1;
    else if (this.waiting === 2) this.waiting = 3;
    else if (this.waiting === 4) {
      this.collapseRun(position);
      this.waiting = 1;
    } else {
      this.flushWaiting(position);
      this.run = RunState.none;
      this.emitPunctuation(COMMA, position, false);
    }
  }

  private collapseRun(position: number): void {
    this.runCollapsed = true;
    this.emit(TokenKind.ellipsis, 11, 13, 17, position, position, false, 0);
  }

  /** @param dropsLast the token that follows leaves the last literal whole (`)`, a word), unlike an operator (`,5+1`) */
  private endRun(dropsLast: boolean, position: number): void {
    if (this.run === RunState.waiting) {
      if (dropsLast && this.runCollapsed && this.waiting === 2) this.waiting = 0;
      if (dropsLast && !this.runCollapsed && this.waiting === 4) {
        this.collapseRun(position);
        this.waiting = 0;
      }
      this.flushWaiting(position);
    }
    this.run = RunState.none;
  }

  private flushWaiting(position: number): void {
    for (let index = 1; index <= this.waiting; index++) {
      if ((index & 1) === 1) this.emit(TokenKind.punctuation, COMMA, COMMA, COMMA, position, position, false, 0);
      else this.emit(TokenKind.literal, 3, 5, 7, position, position, false, LiteralKind.number);
    }
    this.waiting = 0;
  }

  private openGroup(): void {
    this.groupHasSnapshot = this.group === GroupState.afterComma;
    if (!this.groupHasSnapshot) {
      this.groupCount = 0;
      this.groupsCollapsed = false;
    }
    this.group = GroupState.inside;
    this.groupHasLiteral = false;
  }

  private closeGroup(position: number): void {
    this.group = GroupState.closed;
    if (!this.groupHasSnapshot || this.groupCount < this.groupsLimit) {
      this.groupCount += 1;
      this.emitPunctuation(CLOSE, position, false);
      return;
    }
    this.restoreSnapshot();
    if (!this.groupsCollapsed) this.emit(TokenKind.ellipsis, 11, 13, 17, position, position, false, 0);
    this.groupsCollapsed = true;
  }

  private saveSnapshot(): void {
    this.savedA = this.laneA;
    this.savedB = this.laneB;
    this.savedCheck = this.check;
    this.savedCount = this.count;
    if (this.tape !== null) this.savedLength = this.tape.length;
  }

  private restoreSnapshot(): void {
    this.laneA = this.savedA;
    this.laneB = this.savedB;
    this.check = this.savedCheck;
    this.count = this.savedCount;
    this.glued = false;
    if (this.tape !== null) this.tape.length = this.savedLength;
  }

  private emitPunctuation(code: number, position: number, spaced: boolean): void {
    this.emit(TokenKind.punctuation, code, code, code, position, position + 1, spaced, 0);
  }

  private emit(kind: number, a: number, b: number, c: number, start: number, end: number, spaced: boolean, literal: number): void {
    const shown = spaced && !this.glued;
    this.glued = kind === TokenKind.punctuation && (a === COMMA || a === OPEN);
    const shape = (kind << 9) | (shown ? 0x100 : 0);
    this.laneA = mix(this.laneA, a ^ Math.imul(shape, 0x9e3779b1));
    this.laneB = mix(this.laneB, b + Math.imul(shape, 0xc2b2ae35));
    this.check = mix(this.check, c ^ Math.imul(shape, 0x165667b1));
    if (++this.count > MAX_TOKENS) {
      this.tooLong = true;
      return;
    }
    if (this.tape !== null) this.tape.push(kind, start, end, shown, literal);
  }
}

function mix(lane: number, value: number): number {
  const mixed = Math.imul(((lane << 5) | (lane >>> 27)) ^ value, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function finalise(lane: number): number {
  let mixed = lane ^ (lane >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
