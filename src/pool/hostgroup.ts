import type { HostgroupId } from '../base/ids.js';
import type { ServerStatus } from '../config/snapshot.js';
import type { ServerCounters } from '../stats/server-counters.js';
import { OpenRate } from './open-rate.js';
import type { ServerPool } from './server-pool.js';
import { WaiterQueue } from './waiter-queue.js';

/** Longest pause of a server that was set aside: the monitor knows better by then. */
const SET_ASIDE_MS = 1_000;

/** One server as a member of one hostgroup. Replaced, not changed, when the host table changes. */
export interface Member {
  readonly server: ServerPool;
  readonly status: ServerStatus;
  /** It gets statements; see Placement. */
  readonly serves: boolean;
  readonly reason: string;
  /** Nothing that waits for it there would end. */
  readonly unreachable: boolean;
  readonly weight: number;
  readonly counters: ServerCounters;
}

/** The servers that may serve a hostgroup now, and who waits for one. */
export class Hostgroup {
  private members: readonly Member[] = [];
  private online: readonly Member[] = [];
  private onlineWeight = 0;
  readonly waiters = new WaiterQueue();
  /** Attempts to connect that were begun for its waiters. */
  connecting = 0;
  readonly openRate = new OpenRate();
  /** Servers that stand here and get nothing for the moment, and why. */
  private readonly aside = new Map<ServerPool, string>();

  constructor(readonly id: HostgroupId) {}

  get all(): readonly Member[] {
    return this.members;
  }

  get hasOnline(): boolean {
    return this.online.length > 0;
  }

  replaceMembers(members: readonly Member[]): void {
    this.members = members;
    this.aside.clear();
    this.refresh();
  }

  /** The server gets nothing here until the members are replaced, at most for a second; `onReadmitted` is called then. */
  setAside(server: ServerPool, reason: string, onReadmitted: () => void): void {
    if (!this.online.some((member) => member.server === server)) return;
    this.aside.set(server, reason);
    this.refresh();
    setTimeout(() => {
      if (!this.aside.delete(server)) return;
      this.refresh();
      onReadmitted();
    }, SET_ASIDE_MS).unref();
  }

  private refresh(): void {
    const serving = this.members.filter((member) => member.serves);
    this.online = this.aside.size === 0 ? serving : serving.filter((member) => !this.aside.has(member.server));
    this.onlineWeight = this.online.reduce((sum, member) => sum + member.weight, 0);
  }

  /** A server by weighted chance, leaving out those in `except` while another is there. Null when none is online. */
  pick(except: ReadonlySet<ServerPool> | null): Member | null {
    const online = this.online;
    if (online.length === 0) return null;
    if (online.length === 1) return online[0] as Member;
    if (except !== null && except.size > 0) {
      const others = online.filter((member) => !except.has(member.server));
      if (others.length > 0)
        return weightedChoice(
          others,
          others.reduce((sum, member) => sum + member.weight, 0),
        );
    }
    return weightedChoice(online, this.onlineWeight);
  }

  /** A server by weighted chance of those that are not in `passed`; null when none is left. */
  pickOther(passed: ReadonlySet<ServerPool>): Member | null {
    const others = this.online.filter((member) => !passed.has(member.server));
    if (others.length <= 1) return others[0] ?? null;
    return weightedChoice(
      others,
      others.reduce((sum, member) => sum + member.weight, 0),
    );
  }

  memberOf(server: ServerPool): Member | null {
    for (const member of this.members) if (member.server === server) return member;
    return null;
  }

  get onlineMembers(): readonly Member[] {
    return this.online;
  }

  /** For messages: every server with its status and reason. */
  describe(): string {
    if (this.members.length === 0) return 'no server is configured there';
    return this.members
      .map((member) => {
        const use = `${member.server.leased.size} connections in use, ${member.server.connecting} being opened`;
        const reason = this.aside.get(member.server) ?? member.reason;
        return `${member.server.key} ${member.status}${reason === '' ? ` (${use})` : `: ${reason}`}`;
      })
      .join('; ');
  }
}

function weightedChoice(members: readonly Member[], totalWeight: number): Member {
  let left = Math.random() * totalWeight;
  for (const member of members) {
    left -= member.weight;
    if (left < 0) return member;
  }
  return members[members.length - 1] as Member;
}
