import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverKey } from '../../../src/base/ids.js';
import type { PooledConnection } from '../../../src/pool/pooled-connection.js';
import { APP, EMPTY, FakeLessee, OTHER, PoolBench, states, transportOf } from './pool-bench.js';

const DB1 = serverKey('db1', 3306);
const inSchema = (schema: string) => states.get(schema, null, new Map());
const run = (ms = 0): void => void vi.advanceTimersByTime(ms);

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A lessee with a connection of its own. */
function served(bench: PoolBench, state = EMPTY, identity = APP): FakeLessee {
  const lessee = new FakeLessee();
  bench.wait(lessee, state, identity);
  run();
  for (const attempt of bench.newAttempts()) attempt.succeed(state);
  expect(lessee.leases).toHaveLength(1);
  return lessee;
}

/** Idle connections in these states, the last one released last. */
function idle(bench: PoolBench, ...schemas: readonly string[]): PooledConnection[] {
  const lessees = schemas.map((schema) => served(bench, inSchema(schema)));
  for (const lessee of lessees) bench.release(lessee);
  return lessees.map((lessee) => lessee.connection);
}

describe('lease and release', () => {
  it('opens one for the first, never within wait, and gives it back at once for the next', () => {
    const bench = new PoolBench({});
    const first = new FakeLessee();
    expect(bench.lease(first)).toBeNull();
    bench.wait(first);
    expect(bench.attempts).toHaveLength(0);
    run();
    const connection = bench.newAttempts()[0]?.succeed();
    expect(first.leases).toEqual([connection]);
    expect(bench.server()).toMatchObject({ idleCount: 0, connecting: 0, total: 1 });
    bench.release(first);
    expect(bench.server()).toMatchObject({ idleCount: 1, total: 1 });
    expect(bench.lease(new FakeLessee())).toBe(connection);
    expect(bench.server()).toMatchObject({ idleCount: 0, total: 1 });
    expect(bench.attempts).toHaveLength(1);
  });

  it('counts connections in use, also when one is lost', () => {
    const bench = new PoolBench({});
    const lessee = served(bench);
    const counters = bench.stats.server(1, 'db1', 3306);
    expect(counters).toMatchObject({ connUsed: 1, connOk: 1, connErr: 0 });
    transportOf(lessee.connection).close(null);
    expect(counters).toMatchObject({ connUsed: 0, maxConnUsed: 1 });
    expect(bench.openTo()).toBe(0);
    expect(bench.server().total).toBe(0);
  });

  it('gives the connection in the nearest state, the same state before all', () => {
    const bench = new PoolBench({});
    const [a, b, , d] = idle(bench, 'a', 'b', 'c', 'd');
    expect(bench.lease(new FakeLessee(), inSchema('b'))).toBe(b);
    expect(bench.lease(new FakeLessee(), inSchema('a'))).toBe(a);
    expect(bench.lease(new FakeLessee(), inSchema('z'))).toBe(d);
  });

  it('does not give one with a schema to a session without', () => {
    const bench = new PoolBench({});
    idle(bench, 'a');
    expect(bench.lease(new FakeLessee(), EMPTY)).toBeNull();
  });

  it('keeps identities apart', () => {
    const bench = new PoolBench({});
    idle(bench, '');
    expect(bench.lease(new FakeLessee(), EMPTY, OTHER)).toBeNull();
    expect(bench.lease(new FakeLessee(), EMPTY, APP)).not.toBeNull();
  });

  it('closes what needs a reset, and what the control process wants back', () => {
    const bench = new PoolBench({});
    const [dirty, owed] = [served(bench), served(bench)];
    dirty.connection.needsReset = true;
    bench.release(dirty);
    bench.quota.debts.add(DB1);
    bench.release(owed);
    expect([dirty.connection.isClosed, owed.connection.isClosed]).toEqual([true, true]);
    expect(transportOf(owed.connection).written.at(-1)).toEqual(Buffer.from([1, 0, 0, 0, 1]));
    expect(bench.openTo()).toBe(0);
    expect(bench.server().total).toBe(0);
  });

  it('forgets an idle connection that the server closed', () => {
    const bench = new PoolBench({});
    const [a] = idle(bench, '');
    transportOf(a as PooledConnection).close(null);
    expect(bench.server()).toMatchObject({ idleCount: 0, total: 0 });
    expect(bench.lease(new FakeLessee())).toBeNull();
    expect(bench.openTo()).toBe(0);
  });
});

describe('hold for the last lessee', () => {
  it('keeps it from others until it ends, and gives it to the one', () => {
    const bench = new PoolBench({});
    const last = served(bench);
    bench.release(last, 1_000);
    expect(bench.lease(new FakeLessee())).toBeNull();
    expect(bench.lease(last)).toBe(last.connection);
    bench.release(last, 1_000);
    run(1_000);
    expect(bench.lease(new FakeLessee())).toBe(last.connection);
  });

  it('leaseAgain gives exactly that one, until somebody else used it', () => {
    const bench = new PoolBench({}, { group: 2, name: 'db2' });
    const last = served(bench);
    const { connection } = last;
    bench.release(last, 1_000);
    expect(bench.pool.leaseAgain(connection, bench.group(2), last, Date.now())).toBe(false);
    expect(bench.pool.leaseAgain(connection, bench.group(1), new FakeLessee(), Date.now())).toBe(false);
    expect(bench.pool.leaseAgain(connection, bench.group(1), last, Date.now())).toBe(true);
    expect(bench.pool.leaseAgain(connection, bench.group(1), last, Date.now())).toBe(false);
    bench.release(last);
    const next = new FakeLessee();
    expect(bench.lease(next)).toBe(connection);
    bench.pool.release(connection, next, 0, Date.now());
    expect(bench.pool.leaseAgain(connection, null, last, Date.now())).toBe(false);
    expect(bench.server().idleCount).toBe(1);
  });

  it('ends when a waiter finds no other and none may be opened', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 1;
    const last = served(bench);
    const next = new FakeLessee();
    bench.wait(next);
    run();
    expect(next.leases).toEqual([]);
    bench.release(last, 1_000);
    expect(next.leases).toEqual([last.connection]);
    expect(last.connection.isClosed).toBe(false);
    expect(bench.pool.leaseAgain(last.connection, bench.group(), last, Date.now())).toBe(false);
  });
});

describe('waiters', () => {
  it('are served first come first served', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 1;
    const owner = served(bench);
    const waiting = [new FakeLessee(), new FakeLessee(), new FakeLessee()];
    for (const lessee of waiting) {
      bench.wait(lessee);
      run(1);
    }
    expect(bench.quota.wanted.get(DB1)).toBe(3);
    let from = owner;
    for (const lessee of waiting) {
      bench.release(from);
      expect(lessee.leases).toEqual([owner.connection]);
      from = lessee;
    }
    expect(bench.attempts).toHaveLength(1);
    expect(bench.quota.wanted.get(DB1)).toBe(0);
  });

  it('are served in that order over all hostgroups of a server', () => {
    const bench = new PoolBench({ group: 1 }, { group: 2 });
    bench.quota.limit = 1;
    const owner = served(bench);
    const waiting = [2, 1, 2].map((group) => {
      const lessee = new FakeLessee();
      bench.wait(lessee, EMPTY, APP, group);
      run(1);
      return lessee;
    });
    let from = owner;
    for (const lessee of waiting) {
      bench.release(from);
      expect(waiting.filter((one) => one.leases.length > 0)).toHaveLength(waiting.indexOf(lessee) + 1);
      expect(lessee.leases).toEqual([owner.connection]);
      from = lessee;
    }
  });

  it('are not overtaken by a lease', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 1;
    const owner = served(bench);
    const waiting = new FakeLessee();
    bench.wait(waiting, EMPTY, OTHER);
    run();
    expect(bench.lease(new FakeLessee())).toBeNull();
    bench.release(owner);
    expect(bench.lease(new FakeLessee())).toBeNull();
  });

  it('of another identity get room: the idle one that rested longest goes', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 2;
    const [one, two] = [served(bench), served(bench)];
    bench.release(two);
    run(5);
    bench.release(one);
    const waiting = new FakeLessee();
    bench.wait(waiting, EMPTY, OTHER);
    run();
    expect([one.connection.isClosed, two.connection.isClosed]).toEqual([false, true]);
    const opened = bench.newAttempts()[0]?.succeed();
    expect(waiting.leases).toEqual([opened]);
    expect(bench.openTo()).toBe(2);
  });

  it('of another identity get room also when a connection comes back', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 1;
    const owner = served(bench);
    const waiting = new FakeLessee();
    bench.wait(waiting, EMPTY, OTHER);
    run();
    expect(bench.newAttempts()).toEqual([]);
    bench.release(owner);
    expect(owner.connection.isClosed).toBe(true);
    const attempts = bench.newAttempts();
    expect(attempts).toHaveLength(1);
    attempts[0]?.succeed();
    expect(waiting.leases).toHaveLength(1);
  });

  it('go on when the control process grants more', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 0;
    const waiting = new FakeLessee();
    bench.wait(waiting);
    run();
    expect(bench.quota.wanted.get(DB1)).toBe(1);
    bench.quota.limit = 1;
    bench.pool.onGrant(DB1);
    bench.newAttempts()[0]?.succeed();
    expect(waiting.leases).toHaveLength(1);
  });

  it('that gave up get nothing; what was opened for one serves the next', () => {
    const bench = new PoolBench({});
    const gone = new FakeLessee();
    const waiter = bench.wait(gone);
    run();
    bench.pool.cancel(waiter);
    const connection = bench.newAttempts()[0]?.succeed();
    expect(gone.leases).toEqual([]);
    expect(bench.lease(new FakeLessee())).toBe(connection);
    run(20_000);
    expect(gone.errors).toEqual([]);
  });

  it('that give up take their wishes back', () => {
    const bench = new PoolBench({ group: 1 }, { group: 1, name: 'db2' }, { group: 2, name: 'db3' });
    bench.quota.limit = 0;
    const wishes = (): unknown[] => [...bench.quota.wanted].sort().map(([, connections]) => connections);
    const waiter = bench.wait(new FakeLessee());
    run();
    expect(wishes()).toEqual([1, 1]);
    bench.pool.cancel(waiter);
    expect(wishes()).toEqual([0, 0]);

    const lessee = new FakeLessee();
    bench.wait(lessee);
    run();
    bench.quota.limit = 1;
    bench.pool.onGrant(DB1);
    bench.newAttempts()[0]?.succeed();
    expect(lessee.leases).toHaveLength(1);
    expect(wishes()).toEqual([0, 0]);

    bench.quota.limit = 0;
    bench.wait(new FakeLessee(), EMPTY, APP, 1, 2);
    run();
    expect(wishes()).toEqual([1, 1]);
    bench.apply({ group: 1, status: 'SHUNNED' }, { group: 1, name: 'db2', status: 'SHUNNED' }, { group: 2, name: 'db3' });
    expect(wishes()).toEqual([0, 0, 1]);
  });

  it('get 9001 with the state of the servers after the longest wait, once', () => {
    const bench = new PoolBench({}, { name: 'db2', status: 'SHUNNED', reason: 'ping failed 3 times' });
    bench.quota.limit = 1;
    const owner = served(bench);
    const waiting = new FakeLessee();
    bench.wait(waiting);
    run(9_999);
    expect(waiting.errors).toEqual([]);
    run(1);
    const [error] = waiting.errors;
    expect(error).toMatchObject({ errno: 9001, sqlState: 'HY000' });
    expect(error?.message).toContain('Max connect timeout reached while reaching hostgroup 1 after 10000ms: ');
    expect(error?.message).toContain('db1:3306 ONLINE (1 connections in use, 0 being opened)');
    expect(error?.message).toContain('db2:3306 SHUNNED: ping failed 3 times');
    expect(error?.message).toContain("db1:3306 has all 1 connections of this worker's share of max_connections in use");
    bench.release(owner);
    run(20_000);
    expect(waiting).toMatchObject({ errors: [error], leases: [] });
    expect(bench.stats.counters.maxConnectTimeouts).toBe(1);
  });

  it('get 9001 when no server is configured', () => {
    const bench = new PoolBench();
    const waiting = new FakeLessee();
    bench.wait(waiting);
    run(10_000);
    expect(waiting.errors[0]?.message).toContain('no server is configured there');
  });
});

describe('connections that fail to open', () => {
  it('are tried elsewhere at once', () => {
    const bench = new PoolBench({}, { name: 'db2' });
    const lessee = new FakeLessee();
    bench.wait(lessee);
    run();
    const [first] = bench.newAttempts();
    first?.fail('refused');
    run(1);
    const [second] = bench.newAttempts();
    expect(second?.server).not.toBe(first?.server);
    const connection = second?.succeed();
    expect(lessee).toMatchObject({ leases: [connection], errors: [] });
    expect([bench.openTo('db1'), bench.openTo('db2')].sort()).toEqual([0, 1]);
  });

  it('are tried on the same server after a pause when there is no other', () => {
    const bench = new PoolBench({});
    const lessee = new FakeLessee();
    bench.wait(lessee);
    run();
    bench.newAttempts()[0]?.fail('refused');
    run(9);
    expect(bench.newAttempts().length).toBe(0);
    run(12);
    const connection = bench.newAttempts()[0]?.succeed();
    expect(lessee.leases).toEqual([connection]);
  });

  it('on the only server leave the waiter its turn', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 2;
    const owner = served(bench);
    const [first, second] = [new FakeLessee(), new FakeLessee()];
    bench.wait(first);
    run();
    bench.newAttempts()[0]?.fail('refused');
    bench.wait(second);
    bench.release(owner);
    expect([first, second].map(({ leases }) => leases.length)).toEqual([1, 0]);
  });

  it('fail the waiter with 9002 and the last reason after the last retry', () => {
    const bench = new PoolBench({});
    const lessee = new FakeLessee();
    bench.wait(lessee);
    run();
    for (const reason of ['one', 'two', 'three']) {
      expect(lessee.errors).toEqual([]);
      bench.newAttempts()[0]?.fail(reason);
      run(50);
    }
    expect(bench.newAttempts()).toEqual([]);
    expect(lessee.errors).toMatchObject([{ errno: 9002, sqlState: 'HY000' }]);
    expect(lessee.errors[0]?.message).toContain('Max connect failures while reaching hostgroup 1: ');
    expect(lessee.errors[0]?.message).toContain('last attempt db1:3306: three');
    expect(bench.openTo()).toBe(0);
    expect(bench.stats.server(1, 'db1', 3306).connErr).toBe(3);
    run(20_000);
    expect(lessee.errors).toHaveLength(1);
  });

  it('fail it with the answer of the server when every server refuses the account', () => {
    const bench = new PoolBench({}, { name: 'db2' });
    const lessee = new FakeLessee();
    bench.wait(lessee);
    run();
    for (const _ of ['one', 'other']) {
      expect(lessee.errors).toEqual([]);
      bench.newAttempts()[0]?.fail('Access denied', 'refused');
      run(1);
    }
    expect(lessee.errors).toEqual([{ errno: 1045, sqlState: '28000', message: 'Access denied' }]);
    run(20_000);
    expect(bench.newAttempts().length).toBe(0);
    expect(lessee.errors).toHaveLength(1);
  });

  it('a server that refuses an account is left out for it, while another may serve', () => {
    const bench = new PoolBench({ weight: 1_000_000 }, { name: 'db2', weight: 1 });
    const [first, second, other] = [new FakeLessee(), new FakeLessee(), new FakeLessee()];
    bench.wait(first);
    run();
    bench.newAttempts()[0]?.fail('Access denied', 'refused');
    run();
    bench.newAttempts()[0]?.succeed();
    bench.wait(second);
    run();
    expect(bench.newAttempts().map(({ server }) => server.hostname)).toEqual(['db2']);
    bench.wait(other, EMPTY, OTHER);
    run();
    expect(bench.newAttempts().map(({ server }) => server.hostname)).toEqual(['db1']);
    run(5_000);
    bench.wait(new FakeLessee());
    run();
    expect(bench.newAttempts().map(({ server }) => server.hostname)).toEqual(['db1']);
  });

  it('are repeated as long as the waiter may wait when the server only puts them off', () => {
    const bench = new PoolBench({});
    const lessee = new FakeLessee();
    bench.wait(lessee);
    let attempts = 0;
    for (let time = 0; time < 9_900; time += 100) {
      run(100);
      for (const attempt of bench.newAttempts()) {
        attempts++;
        attempt.fail('Too many connections', 'busy');
      }
    }
    expect(lessee.errors).toEqual([]);
    // Pauses that double up to a second: far fewer than one each 20 ms.
    expect(attempts).toBeGreaterThan(8);
    expect(attempts).toBeLessThan(30);
    run(200);
    expect(lessee.errors).toMatchObject([{ errno: 9001 }]);
    expect(lessee.errors[0]?.message).toContain('Too many connections');
  });

  it('a server that returns is not flooded: one attempt, then two, then four', () => {
    const bench = new PoolBench({});
    const lessees = Array.from({ length: 20 }, () => new FakeLessee());
    for (const lessee of lessees) bench.wait(lessee);
    run();
    expect(bench.newAttempts().length).toBe(20);
    for (const attempt of bench.attempts.slice(0, 20)) attempt.fail('refused', 'busy');
    run(21);
    const rounds: number[] = [];
    while (rounds.length < 5) {
      const round = bench.newAttempts();
      rounds.push(round.length);
      for (const attempt of round) attempt.succeed();
      run();
    }
    expect(rounds[0]).toBe(1);
    expect(rounds[1]).toBe(2);
    expect(rounds.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(lessees.every(({ leases }) => leases.length === 1)).toBe(true);
  });

  it('once a server has failed, nobody waits for the next attempt who can be served by another', () => {
    const bench = new PoolBench({ weight: 1_000_000 }, { name: 'db2', weight: 1 });
    const first = new FakeLessee();
    bench.wait(first);
    run(1_000);
    bench.newAttempts()[0]?.fail('no login within 1000 ms');
    run();
    bench.newAttempts()[0]?.succeed();
    expect(first.connection.server.hostname).toBe('db2');
    run(1_000);
    const second = new FakeLessee();
    bench.wait(second);
    run();
    const [probe, served] = bench.newAttempts();
    expect([probe?.server.hostname, served?.server.hostname]).toEqual(['db1', 'db2']);
    served?.succeed();
    expect(second.leases).toHaveLength(1);
    // One attempt at a time finds out.
    bench.wait(new FakeLessee());
    run();
    const others = bench.newAttempts();
    expect(others.map(({ server }) => server.hostname)).toEqual(['db2']);
    others[0]?.succeed();
    const found = probe?.succeed();
    expect(bench.server('db1').idleCount).toBe(1);
    expect(bench.lease(new FakeLessee())).toBe(found);
    expect(bench.openTo('db1')).toBe(1);
  });

  it('once it has failed and nobody else is online, the fallback serves at once', () => {
    const bench = new PoolBench({ group: 2, name: 'reader' }, { group: 1, name: 'writer' });
    bench.wait(new FakeLessee(), EMPTY, APP, 2);
    run();
    bench.newAttempts()[0]?.fail('no login within 1000 ms');
    run(500);
    for (const attempt of bench.newAttempts()) attempt.fail('no login within 1000 ms');
    run(2_000);
    for (const attempt of bench.newAttempts()) attempt.fail('no login within 1000 ms');
    run(2_000);
    const lessee = new FakeLessee();
    bench.wait(lessee, EMPTY, APP, 2, 1);
    run();
    expect(bench.newAttempts().map(({ server }) => server.hostname)).toEqual(['reader', 'writer']);
  });

  it('while a server that has returned is opened to step by step, those who wait for it stay away from the fallback', () => {
    const bench = new PoolBench({ group: 2, name: 'reader' }, { group: 1, name: 'writer' });
    bench.wait(new FakeLessee(), EMPTY, APP, 2);
    run();
    bench.newAttempts()[0]?.fail('no login within 1000 ms');
    run(500);
    bench.newAttempts()[0]?.succeed();
    const lessees = Array.from({ length: 9 }, () => new FakeLessee());
    for (const lessee of lessees) bench.wait(lessee, EMPTY, APP, 2, 1);
    run();
    for (let attempts = bench.newAttempts(); attempts.length > 0; attempts = bench.newAttempts()) {
      expect(new Set(attempts.map(({ server }) => server.hostname))).toEqual(new Set(['reader']));
      for (const attempt of attempts) attempt.succeed();
      run();
    }
    expect(lessees.every(({ leases }) => leases.length === 1)).toBe(true);
    expect(bench.stats.counters.readerFallbacks).toBe(0);
  });

  it('an attempt that nobody waits for may fail: the quota is given back, and the pause grows', () => {
    const bench = new PoolBench({ weight: 1_000_000 }, { name: 'db2', weight: 1 });
    const lessee = new FakeLessee();
    bench.wait(lessee);
    run();
    for (let round = 0; round < 4; round++) {
      for (const attempt of bench.newAttempts()) if (attempt.server.hostname === 'db1') attempt.fail('refused');
      run(2_000);
      bench.wait(new FakeLessee());
      run();
    }
    for (const attempt of bench.newAttempts()) attempt.fail('refused');
    expect(bench.openTo('db1')).toBe(0);
    expect(bench.server('db1')).toMatchObject({ connecting: 0, total: 0 });
    expect(lessee.errors).toEqual([]);
  });

  it('wake those who wait when the pause ends, each failure making it longer', () => {
    const bench = new PoolBench({});
    bench.settings.connectRetriesOnFailure = 100;
    bench.wait(new FakeLessee());
    run();
    const pauses: number[] = [];
    for (let round = 0; round < 8; round++) {
      bench.newAttempts()[0]?.fail('refused');
      const before = Date.now();
      while (bench.attempts.length < round + 2 && Date.now() - before < 2_000) run(1);
      pauses.push(Date.now() - before);
    }
    expect(pauses[0]).toBeLessThanOrEqual(21);
    expect(pauses[7]).toBeGreaterThanOrEqual(500);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_001);
  });
});

describe('rate of new connections', () => {
  it('is kept for a hostgroup', () => {
    const bench = new PoolBench({});
    bench.settings.throttleConnectionsPerSec = 10;
    for (let count = 0; count < 30; count++) bench.wait(new FakeLessee());
    run();
    for (let time = 0; time < 1_000; time += 10) {
      for (const attempt of bench.newAttempts()) attempt.succeed();
      run(10);
    }
    expect(bench.attempts.length).toBeGreaterThanOrEqual(10);
    expect(bench.attempts.length).toBeLessThanOrEqual(21);
  });
});

describe('fairness', () => {
  it('a user with one waiter does not wait for all of a user with many', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 2;
    const busy = [served(bench), served(bench)];
    const many = Array.from({ length: 50 }, () => new FakeLessee());
    for (const lessee of many) bench.wait(lessee);
    run(10);
    const single = new FakeLessee();
    bench.wait(single, EMPTY, OTHER);
    run();
    let released = 0;
    let running = [...busy];
    while (single.leases.length === 0 && released < 100) {
      run(20);
      for (const lessee of running) bench.release(lessee);
      released += running.length;
      run();
      for (const attempt of bench.newAttempts()) attempt.succeed();
      running = many.filter(
        (lessee) => lessee.leases.length === 1 && lessee.connection.lastLessee === lessee && lessee.connection.idleIndex < 0,
      );
    }
    expect(single.leases).toHaveLength(1);
    expect(released).toBeLessThan(20);
  });

  it('a connection is not given to a waiter that could not take its state over', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 1;
    const first = served(bench, inSchema('a'));
    const [without, within] = [new FakeLessee(), new FakeLessee()];
    bench.wait(without, EMPTY);
    bench.wait(within, inSchema('b'));
    run();
    bench.release(first);
    expect(within.leases).toHaveLength(1);
    expect(without.leases).toHaveLength(0);
  });

  it('another server is asked when the share of one is used up', () => {
    const bench = new PoolBench({ weight: 1_000_000 }, { name: 'db2', weight: 1 });
    bench.quota.tryOpen = (server) => server === serverKey('db2', 3306);
    bench.wait(new FakeLessee());
    run();
    expect(bench.newAttempts().map(({ server }) => server.hostname)).toEqual(['db2']);
  });
});

describe('fallback', () => {
  it('serves a waiter whose hostgroup has nobody online', () => {
    const bench = new PoolBench({ group: 1, name: 'db1' }, { group: 2, name: 'db2', status: 'SHUNNED' });
    const lessee = new FakeLessee();
    bench.wait(lessee, EMPTY, APP, 2, 1);
    run();
    const [attempt] = bench.newAttempts();
    expect(attempt?.server.hostname).toBe('db1');
    attempt?.succeed();
    expect(lessee.leases).toHaveLength(1);
    expect([bench.group(1).waiters.length, bench.group(2).waiters.length]).toEqual([0, 0]);
    expect(bench.stats.counters.readerFallbacks).toBe(1);
  });

  it('serves it when the servers of its hostgroup can not be reached', () => {
    const bench = new PoolBench({ group: 1, name: 'db1' }, { group: 2, name: 'db2' });
    bench.settings.connectRetriesOnFailure = 0;
    const lessee = new FakeLessee();
    bench.wait(lessee, EMPTY, APP, 2, 1);
    run();
    bench.newAttempts()[0]?.fail('refused');
    const [attempt] = bench.newAttempts();
    expect(attempt?.server.hostname).toBe('db1');
    attempt?.fail('refused as well');
    expect(lessee.errors).toMatchObject([{ errno: 9002 }]);
    expect(lessee.errors[0]?.message).toContain('hostgroup 1');
  });
});

describe('weights', () => {
  const share = (bench: PoolBench, name: string): number => {
    let random = 0;
    vi.spyOn(Math, 'random').mockImplementation(() => (random++ % 1000) / 1000);
    let hits = 0;
    for (let i = 0; i < 1000; i++) if (bench.group().pick(null)?.server.hostname === name) hits += 1;
    return hits;
  };

  it('share the traffic out', () => {
    const bench = new PoolBench({ weight: 3 }, { name: 'db2', weight: 1 });
    expect(share(bench, 'db1')).toBe(750);
  });

  it('0 takes none, whether another is online or not', () => {
    expect(share(new PoolBench({ weight: 1 }, { name: 'db2', weight: 0 }), 'db2')).toBe(0);
    const alone = new PoolBench({ weight: 1, status: 'SHUNNED' }, { name: 'db2', weight: 0, reason: 'weight 0' });
    expect(alone.group().pick(null)).toBeNull();
    expect(alone.group().hasOnline).toBe(false);
    expect(alone.group().describe()).toContain('db2:3306 ONLINE: weight 0');
  });

  it('a server that serves no more gets nothing, and what was begun there goes on', () => {
    const bench = new PoolBench({});
    const [leased, rests] = [served(bench), served(bench)];
    bench.release(rests);
    bench.apply({ serves: false, reason: 'latency 20 ms > 10 ms' });
    expect([leased.connection.isClosed, rests.connection.isClosed]).toEqual([false, false]);
    expect(bench.lease(new FakeLessee())).toBeNull();
    expect(bench.pool.leaseAgain(rests.connection, bench.group(), rests, Date.now())).toBe(false);
    bench.release(leased);
    bench.apply({});
    expect(bench.lease(new FakeLessee())).not.toBeNull();
  });

  it('give nothing to servers that are not online', () => {
    for (const status of ['SHUNNED', 'OFFLINE_SOFT', 'OFFLINE_HARD'] as const) {
      expect(share(new PoolBench({ weight: 1 }, { name: 'db2', weight: 1000, status }), 'db2')).toBe(0);
      expect(new PoolBench({ status }).group().pick(null)).toBeNull();
    }
  });

  it('pass by the servers to avoid while another is there', () => {
    const bench = new PoolBench({ weight: 1000 }, { name: 'db2', weight: 1 });
    expect(bench.group().pick(new Set([bench.server('db1')]))?.server.hostname).toBe('db2');
    expect(bench.group().pick(new Set([bench.server('db1'), bench.server('db2')]))).not.toBeNull();
  });
});

describe('applyHosts', () => {
  it('OFFLINE_HARD closes idle and leased connections, and tells the lessee', () => {
    const bench = new PoolBench({});
    const [leased, rests] = [served(bench), served(bench)];
    bench.release(rests);
    bench.apply({ status: 'OFFLINE_HARD' });
    expect([leased.connection.isClosed, rests.connection.isClosed]).toEqual([true, true]);
    expect(leased.lost.map((loss) => loss.cause?.message)).toEqual(['the server is OFFLINE_HARD']);
    expect(rests.lost).toEqual([]);
    expect(bench.openTo()).toBe(0);
  });

  it('OFFLINE_SOFT and SHUNNED close idle ones; leased ones end when they are given back', () => {
    for (const status of ['OFFLINE_SOFT', 'SHUNNED'] as const) {
      const bench = new PoolBench({});
      const [leased, rests] = [served(bench), served(bench)];
      bench.release(rests);
      bench.apply({ status });
      expect([leased.connection.isClosed, rests.connection.isClosed]).toEqual([false, true]);
      bench.release(leased);
      expect(leased.connection.isClosed).toBe(true);
      expect(bench.openTo()).toBe(0);
    }
  });

  it('ends what waits for an unreachable server, which may stay silent for ever', () => {
    const bench = new PoolBench({});
    const leased = served(bench);
    bench.apply({ status: 'SHUNNED', unreachable: true, reason: 'ping failed 3 times: no answer' });
    expect(leased.connection.isClosed).toBe(true);
    expect(leased.lost.map((loss) => loss.cause?.message)).toEqual(['ping failed 3 times: no answer']);
  });

  it('OFFLINE_SOFT keeps connections of a server that another hostgroup still has online', () => {
    const bench = new PoolBench({ group: 1 }, { group: 2 });
    const leased = served(bench);
    bench.apply({ group: 1, status: 'OFFLINE_SOFT' }, { group: 2 });
    expect(leased.connection.isClosed).toBe(false);
    bench.release(leased);
    expect(bench.lease(new FakeLessee())).toBeNull();
    expect(bench.lease(new FakeLessee(), EMPTY, APP, 2)).toBe(leased.connection);
  });

  it('OFFLINE_HARD ends what serves that hostgroup, not what serves another one', () => {
    const bench = new PoolBench({ group: 1 }, { group: 2 });
    const [leased, rests] = [served(bench), served(bench)];
    bench.release(rests);
    const other = new FakeLessee();
    expect(bench.lease(other, EMPTY, APP, 2)).toBe(rests.connection);
    bench.apply({ group: 1, status: 'OFFLINE_HARD' }, { group: 2 });
    expect([leased.connection.isClosed, rests.connection.isClosed]).toEqual([true, false]);
    expect(leased.lost.map((loss) => loss.cause?.message)).toEqual(['the server is OFFLINE_HARD']);
  });

  it('a server that has left a hostgroup and stands in another one goes on with what it serves', () => {
    const bench = new PoolBench({ group: 1 });
    const leased = served(bench);
    bench.apply({ group: 2 });
    expect(leased.connection.isClosed).toBe(false);
  });

  it('counts idle connections once when a server changes its hostgroup', () => {
    const bench = new PoolBench({ group: 1 });
    idle(bench, 'a');
    const free = (): number[] => [1, 2].map((group) => bench.stats.server(group, 'db1', 3306).connFree);
    bench.pool.refreshGauges();
    expect(free()).toEqual([1, 0]);
    bench.apply({ group: 2 });
    bench.pool.refreshGauges();
    expect(free()).toEqual([0, 1]);
  });

  it('a server that is gone is closed and forgotten', () => {
    const bench = new PoolBench({}, { name: 'db2' });
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const leased = served(bench);
    bench.apply({ name: 'db2' });
    expect(leased.lost.map((loss) => loss.cause?.message)).toEqual(['the server was removed']);
    expect([...bench.pool.allServers].map((server) => server.hostname)).toEqual(['db2']);
  });

  it('a connection that its server has left the hostgroup before serves nobody there, and its waiter goes on', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    for (const elsewhere of [false, true]) {
      const bench = new PoolBench({}, { name: 'db2' });
      const lessee = new FakeLessee();
      bench.wait(lessee);
      run();
      const [attempt] = bench.newAttempts();
      bench.apply(elsewhere ? { group: 2 } : { status: 'OFFLINE_SOFT' }, { name: 'db2' });
      const connection = attempt?.succeed();
      expect([connection?.isClosed, bench.openTo('db1')]).toEqual([!elsewhere, elsewhere ? 1 : 0]);
      const [other] = bench.newAttempts();
      expect(other?.server.hostname).toBe('db2');
      expect(lessee.leases).toEqual([other?.succeed()]);
    }
  });

  it('another use_ssl: what is open or being opened ends, and counts until then', () => {
    const bench = new PoolBench({});
    bench.quota.limit = 3;
    const [resting, kept, ended] = [served(bench), served(bench), served(bench)];
    bench.release(resting);
    const [first, second] = [new FakeLessee(), new FakeLessee()];
    transportOf(resting.connection).close(null);
    bench.wait(first);
    run();
    const [attempt] = bench.newAttempts();
    bench.apply({ useSsl: true });
    bench.wait(second);
    run();
    expect([kept.connection.isClosed, bench.newAttempts()]).toEqual([false, []]);
    expect(attempt?.succeed().isClosed).toBe(true);
    bench.release(kept);
    const attempts = bench.newAttempts();
    expect(attempts.map(({ server }) => server.useSsl)).toEqual([true, true]);
    for (const each of attempts) each.succeed();
    expect([first, second].map(({ leases }) => leases.length)).toEqual([1, 1]);
    bench.apply({ useSsl: true, status: 'OFFLINE_HARD' });
    expect(ended.lost.map((loss) => loss.cause?.message)).toEqual(['the server is OFFLINE_HARD']);
    expect(bench.openTo()).toBe(0);
    bench.apply({ useSsl: true });
    expect([...bench.pool.allServers]).toHaveLength(1);
  });

  it('serves waiters when a server comes back', () => {
    const bench = new PoolBench({ status: 'SHUNNED' });
    const lessee = new FakeLessee();
    bench.wait(lessee);
    run(100);
    expect(bench.newAttempts()).toEqual([]);
    bench.apply({});
    bench.newAttempts()[0]?.succeed();
    expect(lessee.leases).toHaveLength(1);
  });
});

describe('onIdleLost', () => {
  it('reaches the lessee of a quiet connection, with the cause, once', () => {
    const bench = new PoolBench({});
    const lessee = served(bench);
    const cause = new Error('ECONNRESET');
    transportOf(lessee.connection).close(cause);
    expect(lessee.lost).toEqual([{ connection: lessee.connection, cause }]);
  });

  it('does not reach who has given it back', () => {
    const bench = new PoolBench({});
    const lessee = served(bench);
    bench.release(lessee, 1_000);
    transportOf(lessee.connection).close(null);
    expect(lessee.lost).toEqual([]);
    expect(bench.openTo()).toBe(0);
  });
});

it('closeIdle closes so many, the longest idle first, held ones last, leased ones never', () => {
  const bench = new PoolBench({});
  const [held, older, newer, leased] = [served(bench), served(bench), served(bench), served(bench)];
  bench.release(held, 60_000);
  run(1);
  bench.release(older);
  run(1);
  bench.release(newer);
  const closed = () => [held, older, newer, leased].map((lessee) => lessee.connection.isClosed);
  bench.pool.closeIdle(DB1, 1);
  expect(closed()).toEqual([false, true, false, false]);
  bench.pool.closeIdle(DB1, 1);
  expect(closed()).toEqual([false, true, true, false]);
  bench.pool.closeIdle(DB1, 5);
  expect(closed()).toEqual([true, true, true, false]);
  expect(bench.openTo()).toBe(1);
});
