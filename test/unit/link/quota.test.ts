import { describe, expect, it } from 'vitest';
import { allClientsKey, serverKey } from '../../../src/base/ids.js';
import type { ToMain } from '../../../src/link/messages.js';
import { QuotaClient } from '../../../src/link/quota-client.js';
import { QuotaLedger } from '../../../src/link/quota-ledger.js';

const server = serverKey('db', 3306);

/** Small seeded generator: the same story each run. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Workers and ledger joined by queues whose messages are delivered one by one, in order a direction, at any time. */
class Simulation {
  readonly ledger: QuotaLedger;
  readonly clients = new Map<number, QuotaClient>();
  readonly idle = new Map<number, number>();
  readonly busy = new Map<number, number>();
  readonly toWorker = new Map<number, (() => void)[]>();
  readonly toMain = new Map<number, (() => void)[]>();
  /** What servers have not noticed yet: workers that died. */
  readonly noticed: (() => void)[] = [];

  constructor(readonly workers: number) {
    this.ledger = new QuotaLedger(workers, {
      quota: (worker, key, connections, seen) =>
        this.toWorker.get(worker)?.push(() => this.clients.get(worker)?.onQuota(key, connections, seen)),
      reclaim: (worker, key, connections) => this.toWorker.get(worker)?.push(() => this.clients.get(worker)?.onReclaim(key, connections)),
    });
  }

  start(worker: number): void {
    this.toWorker.set(worker, []);
    this.toMain.set(worker, []);
    this.idle.set(worker, 0);
    this.busy.set(worker, 0);
    const client = new QuotaClient((message) => this.toMain.get(worker)!.push(() => this.deliver(worker, message)), {
      onGrant: () => undefined,
      closeIdle: (key, connections) => {
        for (let left = connections; left > 0 && this.idle.get(worker)! > 0; left--) {
          this.idle.set(worker, this.idle.get(worker)! - 1);
          client.closed(key);
        }
      },
    });
    this.clients.set(worker, client);
    this.ledger.addWorker(worker);
  }

  deliver(worker: number, message: ToMain): void {
    if (message.type === 'quota-request') this.ledger.request(worker, message.server, message.connections, message.grantsSeen);
    if (message.type === 'quota-return') this.ledger.giveBack(worker, message.server, message.connections);
  }

  die(worker: number): void {
    for (const map of [this.toWorker, this.toMain, this.idle, this.busy, this.clients]) map.delete(worker);
    this.noticed.push(this.ledger.removeWorker(worker));
  }

  open(): number {
    return [...this.clients.values()].reduce((sum, client) => sum + client.usage(server).open, 0);
  }

  settle(): void {
    for (const notice of this.noticed.splice(0)) notice();
    for (let moved = true; moved; ) {
      moved = false;
      for (const queue of [...this.toWorker.values(), ...this.toMain.values()]) {
        const next = queue.shift();
        if (next) moved = true;
        next?.();
      }
    }
  }

  /** A session begins: an idle connection, a new one, or a wish. */
  lease(worker: number): boolean {
    const client = this.clients.get(worker)!;
    if (this.idle.get(worker)! > 0) this.idle.set(worker, this.idle.get(worker)! - 1);
    else if (!client.tryOpen(server)) {
      client.want(server, 1);
      return false;
    }
    this.busy.set(worker, this.busy.get(worker)! + 1);
    return true;
  }

  release(worker: number): void {
    if (this.busy.get(worker)! === 0) return;
    this.busy.set(worker, this.busy.get(worker)! - 1);
    const client = this.clients.get(worker)!;
    // Who waited gets this one instead.
    client.want(server, 0);
    if (client.inDebt(server)) client.closed(server);
    else this.idle.set(worker, this.idle.get(worker)! + 1);
  }
}

describe('quota leases', () => {
  it('gives what a dead worker held at a server to others when the server has noticed, its clients at once', () => {
    const granted = { server: 0, clients: 0 };
    const ledger = new QuotaLedger(2, {
      quota: (_worker, key, connections) => {
        granted[key === server ? 'server' : 'clients'] = connections;
      },
      reclaim: () => undefined,
    });
    ledger.setLimits(
      new Map([
        [server, 4],
        [allClientsKey, 4],
      ]),
    );
    ledger.addWorker(0);
    ledger.addWorker(1);
    for (const worker of [0, 1]) for (const key of [server, allClientsKey]) ledger.request(worker, key, 1, 1);
    expect(ledger.granted(server)).toBe(4);
    const noticed = ledger.removeWorker(0);
    for (const key of [server, allClientsKey]) ledger.request(1, key, 2, 2);
    expect(granted).toEqual({ server: 2, clients: 4 });
    expect(ledger.granted(server)).toBe(4);
    noticed();
    expect(granted).toEqual({ server: 4, clients: 4 });
    expect(ledger.granted(server)).toBe(4);
  });

  it('does not grant twice what was on its way when the worker wished again', () => {
    const ledger = new QuotaLedger(2, { quota: () => undefined, reclaim: () => undefined });
    ledger.setLimits(new Map([[server, 20]]));
    ledger.addWorker(0);
    expect(ledger.granted(server)).toBe(5);
    ledger.request(0, server, 3, 5);
    expect(ledger.granted(server)).toBe(8);
    ledger.request(0, server, 4, 5);
    expect(ledger.granted(server)).toBe(9);
    ledger.request(0, server, 2, 9);
    expect(ledger.granted(server)).toBe(11);
  });

  it('knows a server again that had gone', () => {
    const world = new Simulation(2);
    for (let round = 0; round < 3; round++) {
      world.ledger.setLimits(new Map([[server, 6]]));
      if (round === 0) for (const worker of [0, 1]) world.start(worker);
      world.settle();
      for (let attempt = 0; attempt < 20 && world.busy.get(0)! < 6; attempt++) if (!world.lease(0)) world.settle();
      expect(world.busy.get(0)).toBe(6);
      for (let connection = 0; connection < 6; connection++) world.release(0);
      world.ledger.setLimits(new Map());
      world.settle();
      expect(world.open()).toBe(0);
    }
  });

  it('one worker gets the whole limit at once', () => {
    const world = new Simulation(1);
    world.ledger.setLimits(new Map([[server, 7]]));
    world.start(0);
    world.settle();
    expect(world.clients.get(0)!.usage(server).granted).toBe(7);
  });

  it('a worker that needs all gets all while the others are idle', () => {
    const world = new Simulation(4);
    world.ledger.setLimits(new Map([[server, 10]]));
    for (let worker = 0; worker < 4; worker++) world.start(worker);
    world.settle();
    let leased = 0;
    for (let attempt = 0; attempt < 40 && leased < 10; attempt++) {
      if (world.lease(0)) leased++;
      else world.settle();
    }
    expect(leased).toBe(10);
    expect(world.lease(0)).toBe(false);
  });

  it('moves a single connection to who waits, when it is free', () => {
    const world = new Simulation(2);
    world.ledger.setLimits(new Map([[server, 1]]));
    world.start(0);
    world.start(1);
    world.settle();
    for (let turn = 0; turn < 6; turn++) {
      const [mine, other] = turn % 2 ? [1, 0] : [0, 1];
      if (!world.lease(mine)) {
        world.settle();
        expect(world.lease(mine)).toBe(true);
      }
      expect(world.lease(other)).toBe(false);
      world.settle();
      expect(world.lease(other)).toBe(false);
      world.release(mine);
      world.settle();
    }
  });

  it('takes back what a dead worker held', () => {
    const world = new Simulation(2);
    world.ledger.setLimits(new Map([[server, 4]]));
    world.start(0);
    world.start(1);
    world.settle();
    world.die(1);
    world.clients.get(0)!.want(server, 3);
    world.settle();
    expect(world.clients.get(0)!.usage(server).granted).toBe(4);
    world.start(1);
    world.settle();
    expect(world.clients.get(1)!.usage(server).granted).toBe(0);
  });

  it('a lower limit is reached as connections end, an unknown server has none', () => {
    const world = new Simulation(1);
    world.ledger.setLimits(new Map([[server, 5]]));
    world.start(0);
    world.settle();
    for (let i = 0; i < 5; i++) world.lease(0);
    world.ledger.setLimits(new Map([[server, 2]]));
    world.settle();
    expect(world.open()).toBe(5);
    for (let i = 0; i < 5; i++) world.release(0);
    world.settle();
    expect(world.open()).toBe(2);
    world.ledger.setLimits(new Map());
    world.settle();
    expect(world.open()).toBe(0);
    expect(world.lease(0)).toBe(false);
  });

  it('wishes anew for what its debt has taken of a grant', () => {
    const sent: ToMain[] = [];
    const client = new QuotaClient((message) => sent.push(message), { onGrant: () => undefined, closeIdle: () => undefined });
    client.onQuota(server, 1, 0);
    expect(client.tryOpen(server)).toBe(true);
    client.want(server, 3);
    client.onReclaim(server, 2);
    client.onQuota(server, 4, 0);
    expect(sent).toEqual([
      { type: 'quota-request', server, connections: 3, grantsSeen: 1 },
      { type: 'quota-return', server, connections: 2 },
      { type: 'quota-request', server, connections: 2, grantsSeen: 4 },
    ]);
    expect(client.usage(server)).toEqual({ granted: 2, open: 1 });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('serves all who wait while there is room, whatever crosses on the way (seed %i)', (seed) => {
    const next = random(seed);
    const workers = 2 + Math.floor(next() * 3);
    const limit = 10 + Math.floor(next() * 30);
    const world = new Simulation(workers);
    world.ledger.setLimits(new Map([[server, limit]]));
    for (let worker = 0; worker < workers; worker++) world.start(worker);
    for (let round = 0; round < 40; round++) {
      const waiting = new Map<number, number>();
      const tell = (worker: number): void => world.clients.get(worker)!.want(server, waiting.get(worker) ?? 0);
      const serve = (): void => {
        for (const [worker, count] of waiting) {
          let left = count;
          while (left > 0 && world.clients.get(worker)!.tryOpen(server)) {
            left--;
            world.busy.set(worker, world.busy.get(worker)! + 1);
          }
          if (left === count) continue;
          waiting.set(worker, left);
          tell(worker);
        }
      };
      // As many as the limit, spread anyhow; their messages and the answers are on the way at the same time.
      for (let client = 0; client < limit; client++) {
        const worker = Math.floor(next() * next() * workers);
        waiting.set(worker, (waiting.get(worker) ?? 0) + 1);
        serve();
        if (next() < 0.3) tell(worker);
        if (next() < 0.5) world.toMain.get(Math.floor(next() * workers))!.shift()?.();
        if (next() < 0.5) world.toWorker.get(Math.floor(next() * workers))!.shift()?.();
      }
      for (const worker of waiting.keys()) tell(worker);
      for (let turn = 0; turn < 30; turn++) {
        serve();
        world.settle();
      }
      serve();
      expect([...waiting.values()].reduce((sum, count) => sum + count, 0)).toBe(0);
      expect(world.open()).toBe(limit);
      for (const [worker, count] of world.busy) {
        for (let client = 0; client < count; client++) world.clients.get(worker)!.closed(server);
        world.busy.set(worker, 0);
      }
      world.settle();
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('never overshoots, whatever crosses on the way (seed %i)', (seed) => {
    const next = random(seed);
    const workers = 2 + Math.floor(next() * 3);
    const limit = 1 + Math.floor(next() * 12);
    const world = new Simulation(workers);
    world.ledger.setLimits(new Map([[server, limit]]));
    for (let worker = 0; worker < workers; worker++) world.start(worker);
    for (let step = 0; step < 4000; step++) {
      const worker = Math.floor(next() * workers);
      const action = next();
      if (action < 0.3) world.lease(worker);
      else if (action < 0.5) world.release(worker);
      else if (action < 0.74) world.toWorker.get(worker)!.shift()?.();
      else if (action < 0.98) world.toMain.get(worker)!.shift()?.();
      else if (action < 0.985) {
        world.die(worker);
        world.start(worker);
      }
      expect(world.open()).toBeLessThanOrEqual(limit);
      expect(world.ledger.granted(server)).toBeLessThanOrEqual(limit);
    }
    world.settle();
    for (let worker = 0; worker < workers; worker++) {
      while (world.busy.get(worker)! > 0) world.release(worker);
      world.clients.get(worker)!.want(server, 0);
    }
    world.settle();
    // Nothing was lost on the way: one worker can still have the whole limit.
    let leased = 0;
    for (let attempt = 0; attempt < 100 && leased < limit; attempt++) {
      if (world.lease(0)) leased++;
      else world.settle();
    }
    expect(leased).toBe(limit);
  });
});
