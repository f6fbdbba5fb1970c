import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../soak/random.js';
import { classify, type FailedStatement } from '../../support/checked-load/classify.js';
import type { LedgerOfClient } from '../../support/checked-load/messages.js';
import { Tally } from '../../support/checked-load/tally.js';
import { compare } from '../../support/faults/audit.js';

const WAIT_MS = 10_000;

describe('what a failure is taken for', () => {
  const verdict = (errno: number, statement: Partial<FailedStatement>, fatal = false) =>
    classify({ errno, message: '', fatal }, { kind: 'write', step: 'only', elapsedMs: 5, ...statement }, WAIT_MS);

  it('excuses nothing of a read outside transactions', () => {
    for (const errno of [2013, 9001, 9100, 1213, 1290]) {
      expect(verdict(errno, { kind: 'read', elapsedMs: WAIT_MS })).toBeNull();
      expect(verdict(errno, { kind: 'preparedRead', elapsedMs: WAIT_MS })).toBeNull();
    }
  });

  it('excuses no lost client connection', () => {
    expect(verdict(2013, {})).toBe('fateUnknown');
    expect(verdict(2013, {}, true)).toBeNull();
  });

  it('excuses 9001 after the waiting time only, and only before anything was sent', () => {
    expect(verdict(9001, { elapsedMs: WAIT_MS })).toBe('notExecuted');
    expect(verdict(9001, { elapsedMs: WAIT_MS / 2 })).toBeNull();
    expect(verdict(9001, { kind: 'transaction', step: 'body', elapsedMs: WAIT_MS })).toBeNull();
  });

  it('excuses an unknown fate of a write and of a COMMIT, a lost transaction within one', () => {
    expect(verdict(2013, { kind: 'transaction', step: 'commit' })).toBe('fateUnknown');
    expect(verdict(2013, { kind: 'transaction', step: 'body' })).toBeNull();
    expect(verdict(1213, { kind: 'transaction', step: 'body' })).toBe('transactionLost');
    expect(verdict(1213, {})).toBeNull();
    expect(verdict(1290, {})).toBeNull();
  });
});

describe('the audit of a client', () => {
  const ledger: LedgerOfClient = { client: 7, parts: 2, last: 4, unknown: [2], refused: [3] };
  const wrongOf = (stored: Record<number, string>): string[] =>
    compare(ledger, new Map(Object.entries(stored).map(([id, parts]) => [Number(id), parts])));

  it('is content when acknowledged work is there once, unknown work at most once, refused work not at all', () => {
    expect(wrongOf({ 1: '0,1', 4: '0,1' })).toEqual([]);
    expect(wrongOf({ 1: '0,1', 2: '0,1', 4: '0,1' })).toEqual([]);
  });

  it('finds lost, repeated, torn, refused and invented work', () => {
    expect(wrongOf({ 4: '0,1' })).toEqual([expect.stringContaining('work 1 of client 7 was acknowledged; parts stored: none')]);
    expect(wrongOf({ 1: '0,0,1', 4: '0,1' })).toEqual([expect.stringContaining('0,0,1')]);
    expect(wrongOf({ 1: '0,1', 2: '0', 4: '0,1' })).toEqual([expect.stringContaining('unknown fate; parts stored: 0')]);
    expect(wrongOf({ 1: '0,1', 3: '0,1', 4: '0,1' })).toEqual([expect.stringContaining('was refused')]);
    expect(wrongOf({ 1: '0,1', 4: '0,1', 5: '0,1' })).toEqual([expect.stringContaining('never sent')]);
  });
});

describe('the tally', () => {
  it('takes a server for wrong when it was permitted neither at the begin nor at the end', () => {
    const tally = new Tally({ reads: [2, 3], writes: [1] });
    const before = tally.permit;
    tally.executed('reads', 2, before, () => 'a read');
    tally.permit = { reads: [3], writes: [1] };
    tally.executed('reads', 2, before, () => 'a read');
    expect(tally.violationCount).toBe(0);
    tally.executed('reads', 2, tally.permit, () => 'a late read');
    tally.executed('writes', 3, tally.permit, () => 'a transaction');
    tally.executed('reads', 1, tally.permit, () => 'a read without replicas');
    expect(tally.tolerated.readByPrimary).toBe(1);
    expect(tally.violations).toEqual([expect.stringContaining('a late read ran on server 2'), expect.stringContaining('a transaction')]);
  });

  it('begins anew with a phase', () => {
    const tally = new Tally({ reads: [], writes: [] });
    tally.violate('something');
    tally.tolerate('fateUnknown', 'something');
    tally.enterPhase(1);
    expect(tally.report(0, false)).toMatchObject({
      phase: 1,
      violationCount: 0,
      violations: [],
      samples: [],
      tolerated: { fateUnknown: 0 },
    });
  });
});

it('the same seed draws the same numbers', () => {
  const drawn = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 50 }, () => random.between(1, 6));
  };
  expect(drawn(4)).toEqual(drawn(4));
  expect(drawn(4)).not.toEqual(drawn(5));
  expect(new Set(drawn(4))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});
