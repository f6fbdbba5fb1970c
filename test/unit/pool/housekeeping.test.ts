import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Housekeeping, type HousekeepingSettings } from '../../../src/pool/housekeeping.js';
import type { PooledConnection } from '../../../src/pool/pooled-connection.js';
import { APP, EMPTY, FakeLessee, PoolBench, states, transportOf } from './pool-bench.js';

const PING = Buffer.from([1, 0, 0, 0, 0x0e]);
const OK = Buffer.from([7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
/** 4031, as MySQL says it unasked. */
const INACTIVE = Buffer.from([9, 0, 0, 0, 0xff, 0xbf, 0x0f, 0x23, 0x48, 0x59, 0x30, 0x30, 0x30]);

/** A pool with its housekeeping, called once a second. */
class Bench extends PoolBench {
  readonly house: { -readonly [Name in keyof HousekeepingSettings]: HousekeepingSettings[Name] } = {
    freeConnectionsPct: 100,
    connectionMaxAgeMs: 0,
    pingIntervalServerMs: 10_000,
    pingTimeoutServerMs: 200,
  };
  private readonly housekeeping = new Housekeeping(
    this.pool,
    () => this.house,
    () => this.quota.limit,
    () => Date.now(),
  );

  constructor() {
    super({});
    setInterval(() => this.housekeeping.run(), 1_000);
  }

  /** Leased connections, opened together. */
  open(count: number, state = EMPTY): FakeLessee[] {
    const lessees = Array.from({ length: count }, () => new FakeLessee());
    for (const lessee of lessees) this.wait(lessee, state);
    vi.advanceTimersByTime(0);
    for (const attempt of this.newAttempts()) attempt.succeed(state);
    return lessees;
  }

  /** Free ones. */
  idle(count: number, state = EMPTY): PooledConnection[] {
    const lessees = this.open(count, state);
    for (const lessee of lessees) this.release(lessee);
    return lessees.map(({ connection }) => connection);
  }
}

let bench: Bench;
beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const run = (ms: number): void => void vi.advanceTimersByTime(ms);
const pings = (connection: PooledConnection): number => transportOf(connection).written.filter((bytes) => bytes.equals(PING)).length;
const answer = (connection: PooledConnection, bytes = OK): void => connection.onBytes(bytes, 0, bytes.length);
const withWaitTimeout = (seconds: number) => states.get('', null, new Map([['wait_timeout', String(seconds)]]));

describe('free connections', () => {
  it('are pinged at the interval, are nobody else’s before the answer, and rest on as if nothing had been', () => {
    const [connection] = bench.idle(1) as [PooledConnection];
    const since = connection.idleSinceMs;
    run(9_000);
    expect(pings(connection)).toBe(0);
    run(1_000);
    expect(pings(connection)).toBe(1);
    expect(bench.lease(new FakeLessee())).toBeNull();
    answer(connection);
    expect(connection.idleSinceMs).toBe(since);
    expect(bench.stats.server(1, 'db1', 3306).connUsed).toBe(0);
    run(9_000);
    expect(pings(connection)).toBe(1);
    run(1_000);
    expect(pings(connection)).toBe(2);
    answer(connection);
    expect(bench.lease(new FakeLessee())).toBe(connection);
  });

  it('that do not answer in time are closed, and no lessee hears of it', () => {
    const [silent, alive] = bench.idle(2) as [PooledConnection, PooledConnection];
    run(10_000);
    answer(alive);
    run(199);
    expect(silent.isClosed).toBe(false);
    run(1);
    expect([silent.isClosed, alive.isClosed]).toEqual([true, false]);
    expect(bench.openTo()).toBe(1);
    expect(bench.server().total).toBe(1);
  });

  it('that answer with an error are closed', () => {
    const [connection] = bench.idle(1) as [PooledConnection];
    run(10_000);
    answer(connection, INACTIVE);
    expect(connection.isClosed).toBe(true);
    expect(bench.openTo()).toBe(0);
  });

  it('serve who has come to wait while they were asked', () => {
    const [connection] = bench.idle(1) as [PooledConnection];
    bench.quota.limit = 1;
    run(10_000);
    const waiting = new FakeLessee();
    bench.wait(waiting);
    expect(waiting.leases).toEqual([]);
    answer(connection);
    expect(waiting.leases).toEqual([connection]);
    run(60_000);
    expect(connection.isClosed).toBe(false);
  });

  it.each([1, 2, 3, 5, 60])('are pinged before a wait_timeout of %i s, which a session may have set', (seconds) => {
    bench.house.pingIntervalServerMs = 3_600_000;
    const [connection] = bench.idle(1, withWaitTimeout(seconds)) as [PooledConnection];
    let heardMs = connection.idleSinceMs;
    let longestMs = 0;
    for (let ms = 0; ms < seconds * 5_000; ms += 50) {
      const before = pings(connection);
      run(50);
      if (pings(connection) === before) continue;
      // The first second may pass before the housekeeping knows of it.
      if (heardMs !== connection.idleSinceMs) longestMs = Math.max(longestMs, Date.now() - heardMs);
      heardMs = Date.now();
      answer(connection);
    }
    expect(longestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThanOrEqual(seconds * 800);
  });

  it('that rested are looked at before they are used: one that the server has closed is passed by', () => {
    const [alive, dead] = bench.idle(2) as [PooledConnection, PooledConnection];
    transportOf(dead).unread = true;
    run(199);
    expect(bench.lease(new FakeLessee())).toBe(dead);
    bench.pool.release(dead, new FakeLessee(), 0, Date.now());
    run(200);
    const next = new FakeLessee();
    expect(bench.lease(next)).toBe(alive);
    expect(bench.lease(new FakeLessee())).toBeNull();
    expect(dead.isClosed).toBe(false);
    run(0);
    expect(dead.isClosed).toBe(true);
    expect(bench.openTo()).toBe(1);
    expect(bench.stats.server(1, 'db1', 3306).connUsed).toBe(1);
  });

  it('the last lessee does not get one again that the server has closed', () => {
    const [lessee] = bench.open(1) as [FakeLessee];
    bench.release(lessee, 5_000);
    transportOf(lessee.connection).unread = true;
    run(300);
    expect(bench.pool.leaseAgain(lessee.connection, bench.group(), lessee, Date.now())).toBe(false);
    run(0);
    expect(bench.openTo()).toBe(0);
  });
});

describe('kept connections', () => {
  const kept = (sinceMs = Date.now(), isSparing = false): FakeLessee => {
    const [lessee] = bench.open(1) as [FakeLessee];
    lessee.rest = { sinceMs, isSparing };
    return lessee;
  };

  it('are pinged as their session allows', () => {
    const [inUse] = bench.open(1) as [FakeLessee];
    const resting = kept();
    run(10_000);
    expect([pings(inUse.connection), pings(resting.connection)]).toEqual([0, 1]);
    answer(resting.connection);
    run(10_000);
    expect(pings(resting.connection)).toBe(2);
  });

  it('with a row count are pinged for wait_timeout only', () => {
    const lessee = kept(Date.now(), true);
    run(14_399_000);
    expect(pings(lessee.connection)).toBe(0);
    run(1_000);
    expect(pings(lessee.connection)).toBe(1);
  });

  it('may answer slowly; one that has not when the next ping is due is lost, and its session is told', () => {
    const lessee = kept();
    run(10_000);
    run(10_000);
    expect(lessee.connection.isClosed).toBe(false);
    run(1_000);
    expect(lessee.connection.isClosed).toBe(true);
    expect(lessee.lost).toMatchObject([{ connection: lessee.connection, cause: { message: 'no answer to a ping within 10000 ms' } }]);
    expect(bench.stats.server(1, 'db1', 3306).connUsed).toBe(0);
  });

  it('lost while a ping is under way are told to the session too', () => {
    const lessee = kept();
    run(10_000);
    transportOf(lessee.connection).close(null);
    expect(lessee.lost).toMatchObject([{ connection: lessee.connection, cause: null }]);
  });
});

describe('greatest age', () => {
  it('ends free connections, those opened together not together', () => {
    bench.house.connectionMaxAgeMs = 100_000;
    bench.house.pingIntervalServerMs = 3_600_000;
    const connections = bench.idle(50);
    const closed = (): number => connections.filter(({ isClosed }) => isClosed).length;
    run(79_000);
    expect(closed()).toBe(0);
    const closedAt = new Set<number>();
    for (let second = 80; second <= 101; second++) {
      const before = closed();
      run(1_000);
      if (closed() > before) closedAt.add(second);
    }
    expect(closed()).toBe(50);
    expect(closedAt.size).toBeGreaterThan(8);
    expect(bench.openTo()).toBe(0);
  });

  it('ends one that is always in use when it is given back, not before', () => {
    bench.house.connectionMaxAgeMs = 5_000;
    const [lessee] = bench.open(1) as [FakeLessee];
    run(6_000);
    expect(lessee.connection.isClosed).toBe(false);
    bench.release(lessee);
    expect(lessee.connection.isClosed).toBe(true);
    expect(bench.openTo()).toBe(0);
  });

  it('0 is none', () => {
    const [connection] = bench.idle(1) as [PooledConnection];
    for (let hour = 0; hour < 3_600; hour++) {
      run(1_000);
      if (connection.awaitsPing) answer(connection);
    }
    expect(connection.isClosed).toBe(false);
  });
});

describe('too many free ones', () => {
  it('are closed when they have rested, the longest first, two at least stay', () => {
    bench.house.freeConnectionsPct = 4;
    const connections = bench.idle(6);
    run(5_000);
    expect(connections.some(({ isClosed }) => isClosed)).toBe(false);
    run(1_000);
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, true, false, false, false, false]);
    bench.house.freeConnectionsPct = 0;
    run(1_000);
    expect(connections.filter(({ isClosed }) => !isClosed)).toHaveLength(2);
  });

  it('those of a session that may come back for its diagnostics stay', () => {
    bench.house.freeConnectionsPct = 0;
    const lessees = bench.open(4);
    for (const lessee of lessees) bench.release(lessee, 60_000);
    run(20_000);
    expect(lessees.map(({ connection }) => connection.isClosed)).toEqual([false, false, false, false]);
    expect(lessees[0]!.connection.identity).toBe(APP);
  });
});
