import { isClientsKey, type ServerKey } from '../base/ids.js';

/** How the ledger talks to workers; each call is one message of the same name. */
export interface QuotaMessages {
  quota(worker: number, server: ServerKey, connections: number, returnsSeen: number): void;
  reclaim(worker: number, server: ServerKey, connections: number): void;
}

/** What one worker holds of one server's limit. */
interface Share {
  /** Connections that the worker may have open. Falls only when the worker itself gives back or is gone. */
  granted: number;
  /** All that it has given back since it started. */
  returned: number;
  /** Asked for and not granted yet. */
  wanted: number;
  /** Last demand sent and not yet met. */
  demanded: number;
}

interface Account {
  limit: number;
  /** Held by workers that have died, until their servers have noticed. */
  departed: number;
  /** Keyed by worker; in the order of their last wish, so that who gave back stands behind who waits. */
  readonly shares: Map<number, Share>;
}

/**
 * Leases of `max_connections` over all workers. The sum of what is granted never exceeds the limit; when the limit falls below
 * it, nothing is granted until workers have given back enough.
 */
export class QuotaLedger {
  readonly #accounts = new Map<ServerKey, Account>();
  readonly #workers = new Set<number>();
  readonly #expectedWorkers: number;
  readonly #messages: QuotaMessages;

  /** `expectedWorkers`: how many workers share each limit when all run, 1 or more. */
  constructor(expectedWorkers: number, messages: QuotaMessages) {
    this.#expectedWorkers = expectedWorkers;
    this.#messages = messages;
  }

  /**
   * The limits that hold from now on; a server that is not named has the limit 0. Its account stays: workers count what they returned for
   * as long as they live, and it may come back.
   */
  setLimits(limits: ReadonlyMap<ServerKey, number>): void {
    for (const [server, account] of this.#accounts) account.limit = limits.get(server) ?? 0;
    for (const [server, limit] of limits) {
      if (this.#accounts.has(server)) continue;
      const account: Account = { limit, departed: 0, shares: new Map() };
      this.#accounts.set(server, account);
      for (const worker of this.#workers) this.#open(server, account, worker);
    }
    for (const [server, account] of this.#accounts) this.#settle(server, account);
  }

  addWorker(worker: number): void {
    this.#workers.add(worker);
    for (const [server, account] of this.#accounts) this.#open(server, account, worker);
  }

  /**
   * The process is gone, and with it its clients. Its connections to servers are closed, but the servers count them until they notice:
   * what it held there is granted to others when the returned function is called.
   */
  removeWorker(worker: number): () => void {
    this.#workers.delete(worker);
    const departed: (readonly [ServerKey, Account, number])[] = [];
    for (const [server, account] of this.#accounts) {
      const share = account.shares.get(worker);
      if (share === undefined) continue;
      account.shares.delete(worker);
      if (!isClientsKey(server)) {
        account.departed += share.granted;
        departed.push([server, account, share.granted]);
      }
      this.#settle(server, account);
    }
    return () => {
      for (const [server, account, connections] of departed) {
        account.departed -= connections;
        this.#settle(server, account);
      }
    };
  }

  /**
   * `connections` replaces the worker's earlier wish; always answered by a `quota` message. `grantsSeen` is what the worker knew of when it
   * wished: what was granted since is what it wished for. Counted twice, it would seem to wish for ever, and nobody is asked to give back
   * who wishes himself.
   */
  request(worker: number, server: ServerKey, connections: number, grantsSeen: number): void {
    const account = this.#accounts.get(server);
    const share = account?.shares.get(worker);
    if (!account || !share) {
      this.#messages.quota(worker, server, 0, 0);
      return;
    }
    share.wanted = Math.max(0, connections - (share.granted + share.returned - grantsSeen));
    const before = share.granted;
    this.#settle(server, account);
    if (share.granted === before) this.#tell(worker, server, share);
  }

  giveBack(worker: number, server: ServerKey, connections: number): void {
    const account = this.#accounts.get(server);
    const share = account?.shares.get(worker);
    if (!account || !share) return;
    const returned = Math.min(connections, share.granted);
    share.granted -= returned;
    share.returned += returned;
    share.demanded = Math.max(0, share.demanded - returned);
    account.shares.delete(worker);
    account.shares.set(worker, share);
    this.#settle(server, account);
  }

  /** Connections granted to all workers together, and those that servers may still count of workers that have died. */
  granted(server: ServerKey): number {
    const account = this.#accounts.get(server);
    return account ? account.departed + sum(account, (share) => share.granted) : 0;
  }

  /** A part of the limit at once, the rest on demand: workers rarely need the same. One worker gets all. */
  #open(server: ServerKey, account: Account, worker: number): void {
    const share: Share = { granted: 0, returned: 0, wanted: 0, demanded: 0 };
    const initial = this.#expectedWorkers === 1 ? account.limit : Math.floor(account.limit / (2 * this.#expectedWorkers));
    share.granted = Math.max(0, Math.min(initial, account.limit - this.granted(server)));
    account.shares.set(worker, share);
    this.#tell(worker, server, share);
  }

  /** Demands go first: a worker pays them from what it is granted, also one that is just taken back. */
  #settle(server: ServerKey, account: Account): void {
    const granted = this.#grant(server, account);
    this.#demand(server, account);
    for (const worker of granted) this.#tell(worker, server, account.shares.get(worker)!);
  }

  /** Free connections one by one to the wishing worker that holds least, the longest waiting first. Answers to whom. */
  #grant(server: ServerKey, account: Account): Set<number> {
    const changed = new Set<number>();
    for (let free = account.limit - this.granted(server); free > 0; free--) {
      const next = poorestWishing(account);
      if (next === null) break;
      const share = account.shares.get(next)!;
      share.granted++;
      share.wanted--;
      changed.add(next);
    }
    return changed;
  }

  /** Spreads what is missing over the workers that hold most, and tells those whose demand changed. */
  #demand(server: ServerKey, account: Account): void {
    const over = Math.max(0, this.granted(server) - account.limit);
    const demands = new Map<number, number>();
    spread(account, demands, over, (share) => share.granted);
    const wanted = sum(account, (share) => share.wanted);
    const left = spread(account, demands, wanted, (share) => (share.wanted > 0 ? 0 : share.granted));
    if (left > 0) levelWishing(account, demands, left);
    for (const [worker, share] of account.shares) {
      const demand = demands.get(worker) ?? 0;
      if (demand === share.demanded) continue;
      share.demanded = demand;
      this.#messages.reclaim(worker, server, demand);
    }
  }

  #tell(worker: number, server: ServerKey, share: Share): void {
    this.#messages.quota(worker, server, share.granted, share.returned);
  }
}

function sum(account: Account, of: (share: Share) => number): number {
  let total = 0;
  for (const share of account.shares.values()) total += of(share);
  return total;
}

function poorestWishing(account: Account): number | null {
  let poorest: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [worker, share] of account.shares) {
    if (share.wanted === 0 || share.granted >= least) continue;
    poorest = worker;
    least = share.granted;
  }
  return poorest;
}

/** Adds `amount` to the demands, each time from the worker that can spare most, never more than it can spare; answers what could not be spread. */
function spread(account: Account, demands: Map<number, number>, amount: number, spare: (share: Share) => number): number {
  for (let left = amount; left > 0; left--) {
    let richest: number | null = null;
    let most = 0;
    for (const [worker, share] of account.shares) {
      const available = spare(share) - (demands.get(worker) ?? 0);
      if (available <= most) continue;
      richest = worker;
      most = available;
    }
    if (richest === null) return left;
    demands.set(richest, (demands.get(richest) ?? 0) + 1);
  }
  return 0;
}

/**
 * All who could give wish themselves: the richest gives to the poorest until they hold the same, give or take one. A single
 * connection goes round: who has none gets it next, whoever holds it now.
 */
function levelWishing(account: Account, demands: Map<number, number>, amount: number): void {
  const after = [...account.shares]
    .filter(([, share]) => share.wanted > 0)
    .map(([worker, share]) => ({ worker, held: share.granted, wanted: share.wanted }));
  for (let left = amount; left > 0 && after.length > 1; left--) {
    const poorest = after.filter((each) => each.wanted > 0).reduce((a, b) => (b.held < a.held ? b : a));
    const richest = after.reduce((a, b) => (b.held > a.held ? b : a));
    const gap = richest.held - poorest.held;
    if (gap < 1 || (gap < 2 && poorest.held > 0)) return;
    richest.held--;
    poorest.held++;
    poorest.wanted--;
    demands.set(richest.worker, (demands.get(richest.worker) ?? 0) + 1);
    if (!after.some((each) => each.wanted > 0)) return;
  }
}
