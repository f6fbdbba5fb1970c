import type { ConnectionOwner } from '../backend/backend-connection.js';
import { stateDistance } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import { weirError } from '../base/errors.js';
import type { HostgroupId, ServerKey } from '../base/ids.js';
import { patientTimeout } from '../base/patient-timeout.js';
import type { WorkerStats } from '../stats/worker-stats.js';
import type { Connector, OpenFailure } from './connector.js';
import type { Hostgroup, Member } from './hostgroup.js';
import type { PooledConnection } from './pooled-connection.js';
import type { ServerPool } from './server-pool.js';
import { tellable } from './tellable-error.js';
import type { Lessee, Waiter } from './waiter.js';

/** Leave to open connections, leased from the control process; `QuotaClient` of the link room. */
export interface QuotaSource {
  tryOpen(server: ServerKey): boolean;
  closed(server: ServerKey): void;
  want(server: ServerKey, connections: number): void;
  inDebt(server: ServerKey): boolean;
  usage(server: ServerKey): { readonly granted: number; readonly open: number };
}

export interface ServingSettings {
  readonly connectTimeoutServerMaxMs: number;
  readonly connectRetriesOnFailure: number;
  readonly connectRetriesDelayMs: number;
  /** Of this worker, to one hostgroup. */
  readonly throttleConnectionsPerSec: number;
}

/** How long a server that refused an account is not asked for it while another one may serve, ms. */
const REFUSAL_MS = 5_000;
/**
 * A waiter of another account gets its turn, although a connection must be closed for it, when it has waited this much longer, or when nobody of
 * its account was served for this time, ms.
 */
const UNFAIR_MS = 25;
/** Waiters that can not be served in a row before the others are left to wait. */
const MOST_IN_VAIN = 3;

type Outcome = 'served' | 'refused' | 'paused' | 'full';

export interface ServingParts {
  readonly connector: Connector;
  readonly quota: QuotaSource;
  readonly stats: WorkerStats;
  readonly settings: () => ServingSettings;
  readonly nowMs: () => number;
  readonly hostgroups: ReadonlyMap<HostgroupId, Hostgroup>;
  readonly owner: ConnectionOwner;
  /** What is opened to it is kept. */
  readonly isOnline: (server: ServerPool) => boolean;
  /** The connection is leased to the lessee from now on. */
  readonly handOver: (connection: PooledConnection, member: Member, lessee: Lessee) => void;
}

/**
 * Finds a connection for each waiter: an idle one, one that is given back, a new one. Invariants: every waiter is served, failed or
 * cancelled exactly once; a connection counts against the quota from `tryOpen` to `closed`.
 */
export class Serving {
  private lastTurnMs = 0;

  constructor(private readonly parts: ServingParts) {}

  /** Queues the waiter; it is served later, never within this call. */
  begin(waiter: Waiter): void {
    waiter.hostgroup.waiters.add(waiter);
    const { nowMs, settings } = this.parts;
    const leftMs = settings().connectTimeoutServerMaxMs - (nowMs() - waiter.startedMs);
    waiter.cancelTimeout = patientTimeout(() => this.fail(waiter, null), Math.max(0, leftMs));
    setImmediate(() => this.serve(waiter));
  }

  /** It wants nothing any more. */
  cancel(waiter: Waiter): void {
    if (waiter.settle(null)) this.updateDemands(waiter.hostgroup);
  }

  /** The servers of all hostgroups have changed. */
  serveAll(): void {
    for (const group of this.parts.hostgroups.values()) {
      for (const waiter of [...group.waiters]) this.serve(waiter);
      for (const { serves, server } of group.all) if (!serves) this.updateDemand(server);
    }
  }

  /** A connection more may be opened, or one has come back: whoever waits for this server, in turn. */
  serveAt(server: ServerPool): void {
    for (const group of this.groupsOf(server)) {
      let inVain = 0;
      for (const waiter of [...group.waiters]) {
        this.serve(waiter);
        inVain = waiter.settled || waiter.connecting ? 0 : inVain + 1;
        if (inVain >= MOST_IN_VAIN) break;
      }
    }
  }

  /** Gives a free connection to whoever waits for such a one; false: nobody does. */
  give(connection: PooledConnection): boolean {
    const { server } = connection;
    const waiter = this.waiterFor(connection);
    if (waiter === null) return false;
    if (this.isAnothersTurn(server, waiter)) {
      server.putIdle(connection, this.parts.nowMs());
      this.makeRoom(server, waiter.identity);
      if (connection.idleIndex >= 0) this.serve(waiter);
      return true;
    }
    this.settleWith(waiter, connection, waiter.hostgroup.memberOf(server) as Member);
    return true;
  }

  /** An idle connection of one account must not starve a waiter of another when the quota is used up. */
  makeRoom(server: ServerPool, except: BackendIdentity | null = null): void {
    for (const group of this.groupsOf(server)) {
      const waiter = group.waiters.firstIdle(except);
      if (waiter !== null) {
        this.serve(waiter);
        return;
      }
    }
  }

  /** Those who wait for the server, also where another ServerPool has replaced it. */
  private *groupsOf(server: ServerPool): Iterable<Hostgroup> {
    for (const group of this.parts.hostgroups.values()) {
      if (group.waiters.length > 0 && group.onlineMembers.some((member) => member.server.key === server.key)) yield group;
    }
  }

  /** Tries each server of the hostgroup, those that failed for this waiter last; then the fallback. */
  private serve(waiter: Waiter): void {
    if (waiter.settled || waiter.connecting) return;
    const { hostgroup } = waiter;
    const outcomes = new Map<ServerPool, Outcome>();
    const passed = new Set<ServerPool>();
    let refusing: Member | null = null;
    for (let member = hostgroup.pick(waiter.avoid); member !== null; member = hostgroup.pickOther(passed)) {
      const outcome = this.tryServer(waiter, member, false);
      if (outcome === 'served') return;
      passed.add(member.server);
      outcomes.set(member.server, outcome);
      if (outcome === 'refused') refusing = member;
    }
    const all = [...outcomes.values()];
    if (!all.includes('full') && this.fallBack(waiter)) return;
    // Nobody else is there: the password may have been changed.
    if (refusing !== null && all.every((outcome) => outcome === 'refused')) this.tryServer(waiter, refusing, true);
  }

  private tryServer(waiter: Waiter, member: Member, isLastChance: boolean): Outcome {
    const { server } = member;
    const { nowMs, settings, quota } = this.parts;
    const now = nowMs();
    const idle = server.take(waiter.identity, waiter.state, waiter.lessee, now);
    if (idle !== null) {
      this.settleWith(waiter, idle, member);
      return 'served';
    }
    if (!isLastChance && (server.refusals.get(waiter.identity) ?? 0) > now) return 'refused';
    if (!server.backoff.mayOpen(server.connecting, now)) {
      this.wakeIn(server, server.backoff.pauseMs(now));
      // It answers, only not to so many at once yet: a connection is close.
      return server.backoff.isDoubtful ? 'paused' : 'full';
    }
    if (!this.makesQuota(waiter, member)) return waiter.settled ? 'served' : 'full';
    const { throttleConnectionsPerSec } = settings();
    if (!waiter.hostgroup.openRate.take(throttleConnectionsPerSec, now)) {
      quota.closed(server.key);
      this.parts.stats.counters.serverConnectionsDelayed++;
      this.wakeIn(server, waiter.hostgroup.openRate.waitMs(throttleConnectionsPerSec));
      return 'full';
    }
    if (server.backoff.isDoubtful && mayGoElsewhere(waiter, server)) {
      this.open(null, waiter.identity, member);
      return 'paused';
    }
    waiter.connecting = true;
    waiter.hostgroup.connecting += 1;
    this.open(waiter, waiter.identity, member);
    return 'served';
  }

  /** Whether one more may be opened, if need be in place of another; may serve the waiter by one that is only held. */
  private makesQuota(waiter: Waiter, member: Member): boolean {
    const { server } = member;
    const { quota, nowMs, stats } = this.parts;
    if (quota.tryOpen(server.key)) return true;
    // One that is only held for a session's next question serves better than a closed one.
    const held = server.takeHeld(waiter.identity, waiter.state);
    if (held !== null) {
      this.settleWith(waiter, held, member);
      return false;
    }
    // None of the idle ones can serve this waiter, or it would have been given one. One that leaves makes room in a moment.
    const other = server.leaving > 0 ? null : server.oldestIdle(nowMs());
    if (other !== null) other.quit();
    if (waiter.settled || waiter.connecting) return false;
    if (other?.isLeaving === false && quota.tryOpen(server.key)) return true;
    stats.counters.serverConnectionsDelayed++;
    this.updateDemand(server);
    return false;
  }

  /** `waiter` null: to find out whether the server answers again, for whoever comes next. */
  private open(waiter: Waiter | null, identity: BackendIdentity, member: Member): void {
    const { server } = member;
    const hostgroup = waiter?.hostgroup;
    server.connecting += 1;
    this.parts.connector.open(server, identity, this.parts.owner, (connection, failure) => {
      server.connecting -= 1;
      if (hostgroup !== undefined) hostgroup.connecting -= 1;
      if (waiter !== null) waiter.connecting = false;
      if (connection !== null) this.onOpened(connection, waiter, member);
      else this.onOpenFailed(failure, waiter, identity, member);
    });
  }

  private onOpened(connection: PooledConnection, waiter: Waiter | null, member: Member): void {
    const { isOnline, stats, nowMs } = this.parts;
    const { server } = member;
    member.counters.connOk++;
    stats.counters.serverConnectionsCreated++;
    server.backoff.succeeded();
    server.refusals.delete(connection.identity);
    server.leased.add(connection);
    if (!isOnline(server)) connection.quit();
    else if (!this.give(connection)) {
      server.putIdle(connection, nowMs());
      this.makeRoom(server);
    }
    this.serveAt(server);
    // The server may have left its hostgroup meanwhile.
    if (waiter !== null) this.serve(waiter);
  }

  private onOpenFailed(failure: OpenFailure, waiter: Waiter | null, identity: BackendIdentity, member: Member): void {
    const { stats, quota, nowMs, settings } = this.parts;
    const { server } = member;
    member.counters.connErr++;
    stats.counters.serverConnectionsAborted++;
    quota.closed(server.key);
    if (waiter !== null) {
      waiter.lastFailure = `${server.key}: ${failure.error.message}`;
      waiter.avoid.add(server);
    }
    if (failure.kind === 'refused') {
      server.refusals.set(identity, nowMs() + REFUSAL_MS);
      if (waiter !== null) this.onRefused(failure, waiter, server);
      this.serveAt(server);
      return;
    }
    server.backoff.failed(nowMs(), settings().connectRetriesDelayMs);
    this.wakeIn(server, server.backoff.pauseMs(nowMs()));
    if (waiter === null) return;
    if (failure.kind === 'failed') waiter.failures += 1;
    if (waiter.settled) return;
    if (waiter.failures > settings().connectRetriesOnFailure) {
      if (!this.fallBack(waiter)) this.fail(waiter, failure);
    } else {
      setImmediate(() => this.serve(waiter));
    }
  }

  /** Another server may know the account: a password that was changed on one is no reason to fail. */
  private onRefused(failure: OpenFailure, waiter: Waiter, server: ServerPool): void {
    if (waiter.settled) return;
    const now = this.parts.nowMs();
    const others = waiter.hostgroup.onlineMembers.some(({ server: other }) => (other.refusals.get(waiter.identity) ?? 0) <= now);
    if (others) setImmediate(() => this.serve(waiter));
    else if (!this.fallBack(waiter)) this.fail(waiter, { ...failure, error: tellable(failure.error, server.key, waiter) });
  }

  /** One timer a server wakes all that wait for the end of its pause. */
  private wakeIn(server: ServerPool, pauseMs: number): void {
    if (server.wakeTimer !== null || pauseMs <= 0) return;
    server.wakeTimer = setTimeout(() => {
      server.wakeTimer = null;
      this.serveAt(server);
    }, pauseMs);
  }

  /** Its hostgroup has nobody for it: it goes to the fallback, where there is one. */
  private fallBack(waiter: Waiter): boolean {
    const { hostgroup } = waiter;
    if (!waiter.fallBack()) return false;
    this.updateDemands(hostgroup);
    this.parts.stats.counters.readerFallbacks++;
    this.serve(waiter);
    return true;
  }

  private settleWith(waiter: Waiter, connection: PooledConnection, member: Member): void {
    if (!waiter.settle(this.parts.nowMs())) return;
    this.parts.stats.counters.poolGetSuccess++;
    this.parts.handOver(connection, member, waiter.lessee);
    if (waiter.hostgroup.waiters.length === 0) this.updateDemands(waiter.hostgroup);
    else this.updateDemand(member.server);
    waiter.lessee.onLease(connection, member);
  }

  private fail(waiter: Waiter, failure: OpenFailure | null): void {
    if (!waiter.settle(null)) return;
    const { counters } = this.parts.stats;
    counters.poolGetFailure++;
    this.updateDemands(waiter.hostgroup);
    const hostgroup = waiter.hostgroup.id;
    const detail = this.explain(waiter);
    if (failure?.kind === 'refused') {
      waiter.lessee.onLeaseFailed(failure.error);
    } else if (failure !== null) {
      waiter.lessee.onLeaseFailed(weirError('connectFailuresMax', { hostgroup }, { detail }));
    } else {
      counters.maxConnectTimeouts++;
      const waitedMs = Math.round(this.parts.nowMs() - waiter.startedMs);
      waiter.lessee.onLeaseFailed(weirError('connectTimeoutMax', { hostgroup, waitedMs }, { detail }));
    }
  }

  private explain(waiter: Waiter): string {
    const limits = waiter.hostgroup.all
      .map((member) => ({ key: member.server.key, usage: this.parts.quota.usage(member.server.key) }))
      .filter(({ usage }) => usage.open >= usage.granted)
      .map(({ key, usage }) => `${key} has all ${usage.granted} connections of this worker's share of max_connections in use`);
    const failure = waiter.lastFailure === '' ? [] : [`last attempt ${waiter.lastFailure}`];
    return [waiter.hostgroup.describe(), ...limits, ...failure].join('; ');
  }

  /** Of the same identity and able to take the connection's state over; over all hostgroups, who has waited longest. */
  private waiterFor({ server, identity, state }: PooledConnection): Waiter | null {
    let first: Waiter | null = null;
    for (const group of this.groupsOf(server)) {
      for (const waiter of group.waiters.of(identity.username)) {
        if (waiter.identity !== identity || waiter.avoids(server)) continue;
        if (stateDistance(state, waiter.state) === Number.POSITIVE_INFINITY) continue;
        if (first === null || waiter.startedMs < first.startedMs) first = waiter;
        break;
      }
    }
    return first;
  }

  /** Somebody else is clearly treated unfairly and nothing more may be opened. Not more often than that either: each turn costs a login. */
  private isAnothersTurn(server: ServerPool, own: Waiter): boolean {
    const { quota, nowMs } = this.parts;
    const { granted, open } = quota.usage(server.key);
    const now = nowMs();
    if (open < granted || now - this.lastTurnMs < UNFAIR_MS) return false;
    for (const group of this.groupsOf(server)) {
      for (const { waiter: head, sinceMs } of group.waiters.heads()) {
        if (head.identity === own.identity || head.connecting) continue;
        if (head.startedMs + UNFAIR_MS > own.startedMs && sinceMs + UNFAIR_MS > now) continue;
        this.lastTurnMs = now;
        return true;
      }
    }
    return false;
  }

  private updateDemands(group: Hostgroup): void {
    for (const { server } of group.all) this.updateDemand(server);
  }

  private updateDemand(server: ServerPool): void {
    let waiting = 0;
    for (const group of this.groupsOf(server)) waiting += Math.max(0, group.waiters.length - group.connecting);
    this.parts.quota.want(server.key, waiting);
  }
}

/** A server of its hostgroup that did not fail last, or its fallback. */
function mayGoElsewhere({ hostgroup, mayFallBack }: Waiter, server: ServerPool): boolean {
  return mayFallBack || hostgroup.onlineMembers.some(({ server: other }) => other !== server && !other.backoff.isDoubtful);
}
