import type { BackendConnection } from '../backend/backend-connection.js';
import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import { weirError } from '../base/errors.js';
import type { HostgroupId, ServerKey } from '../base/ids.js';
import type { HostTable } from '../config/snapshot.js';
import type { WorkerStats } from '../stats/worker-stats.js';
import type { Connector, OpenFailure } from './connector.js';
import { Hostgroup, type Member } from './hostgroup.js';
import type { PooledConnection } from './pooled-connection.js';
import { ServerPool } from './server-pool.js';
import { tellable } from './tellable-error.js';
import { type Lessee, Waiter } from './waiter.js';

/** Leave to open connections, leased from the control process; `QuotaClient` of the link room. */
export interface QuotaSource {
  tryOpen(server: ServerKey): boolean;
  closed(server: ServerKey): void;
  want(server: ServerKey, connections: number): void;
  inDebt(server: ServerKey): boolean;
  usage(server: ServerKey): { readonly granted: number; readonly open: number };
}

export interface PoolSettings {
  readonly connectTimeoutServerMaxMs: number;
  readonly connectRetriesOnFailure: number;
  readonly multiplexing: boolean;
}

/** Pause between two attempts of one waiter when no other server is left to try. */
const RETRY_DELAY_MS = 50;

/**
 * Server connections of one worker. Invariants: a connection is leased to at most one lessee; every waiter is served,
 * failed or cancelled exactly once; a connection counts against the quota from `tryOpen` to `closed`.
 */
export class Pool {
  private readonly servers = new Map<ServerKey, ServerPool>();
  private readonly hostgroups = new Map<HostgroupId, Hostgroup>();

  constructor(
    private readonly connector: Connector,
    private readonly quota: QuotaSource,
    private readonly stats: WorkerStats,
    private readonly settings: () => PoolSettings,
    private readonly nowMs: () => number,
  ) {}

  hostgroup(id: HostgroupId): Hostgroup {
    let group = this.hostgroups.get(id);
    if (group === undefined) {
      group = new Hostgroup(id);
      this.hostgroups.set(id, group);
    }
    return group;
  }

  get allServers(): Iterable<ServerPool> {
    return this.servers.values();
  }

  get allHostgroups(): Iterable<Hostgroup> {
    return this.hostgroups.values();
  }

  /** Takes over who serves what; connections to servers that are gone, OFFLINE_HARD or unreachable are closed, idle ones of all that are not ONLINE. */
  applyHosts(table: HostTable): void {
    const groups = new Map<HostgroupId, Member[]>();
    for (const placement of table.placements) {
      const members = groups.get(placement.hostgroup) ?? [];
      members.push({
        server: this.serverOf(placement.key, placement.hostname, placement.port, placement.useSsl),
        status: placement.status,
        reason: placement.reason,
        unreachable: placement.unreachable,
        weight: placement.weight,
        counters: this.stats.server(placement.hostgroup, placement.hostname, placement.port),
      });
      groups.set(placement.hostgroup, members);
    }
    for (const id of this.hostgroups.keys()) if (!groups.has(id)) groups.set(id, []);
    for (const [id, members] of groups) this.hostgroup(id).replaceMembers(members);
    for (const server of [...this.servers.values()]) this.closeUnwanted(server);
    for (const group of this.hostgroups.values()) for (const waiter of [...group.waiters]) this.serve(waiter);
  }

  private serverOf(key: ServerKey, hostname: string, port: number, useSsl: boolean): ServerPool {
    const known = this.servers.get(key);
    if (known !== undefined && known.useSsl === useSsl) return known;
    const server = new ServerPool(key, hostname, port, useSsl);
    if (known !== undefined) for (const connection of known.idleConnections()) connection.quit();
    this.servers.set(key, server);
    return server;
  }

  private closeUnwanted(server: ServerPool): void {
    const members = this.membershipsOf(server);
    const online = members.some(({ status }) => status === 'ONLINE');
    if (!online) for (const connection of server.idleConnections()) connection.quit();
    const cause = whyAtOnce(members);
    if (cause !== null) for (const connection of [...server.leased]) connection.destroy(new Error(cause));
    if (members.length === 0 && server.total === 0) this.servers.delete(server.key);
  }

  private isOnline(server: ServerPool): boolean {
    for (const group of this.hostgroups.values()) if (group.memberOf(server)?.status === 'ONLINE') return true;
    return false;
  }

  private membershipsOf(server: ServerPool): Member[] {
    const found: Member[] = [];
    for (const group of this.hostgroups.values()) {
      const member = group.memberOf(server);
      if (member !== null) found.push(member);
    }
    return found;
  }

  /** An idle connection at once, or null: then `wait`. */
  lease(group: Hostgroup, identity: BackendIdentity, state: SessionState, lessee: Lessee, nowMs: number): PooledConnection | null {
    if (group.waiters.length > 0) return null;
    const member = group.pick(null);
    if (member === null) return null;
    const connection = member.server.take(identity, state, lessee, nowMs);
    if (connection === null) return null;
    this.stats.counters.poolGetImmediate++;
    this.handOver(connection, member, lessee);
    return connection;
  }

  /** The connection that this lessee used last, if nobody has used it since and it still may serve the hostgroup. */
  leaseAgain(connection: PooledConnection, group: Hostgroup | null, lessee: Lessee): boolean {
    if (connection.isClosed || connection.lastLessee !== lessee || connection.idleIndex < 0) return false;
    const server = connection.server;
    const member = group === null ? (this.membershipsOf(server)[0] ?? null) : group.memberOf(server);
    if (member === null || (group !== null && member.status !== 'ONLINE')) return false;
    server.takeExactly(connection);
    this.handOver(connection, member, lessee);
    return true;
  }

  /**
   * Queues for a connection; `lessee` is called later, never within this call. `fallback` serves a waiter whose hostgroup has nobody
   * online, or nobody that can be reached.
   */
  wait(
    group: Hostgroup,
    identity: BackendIdentity,
    state: SessionState,
    lessee: Lessee,
    avoid: ServerPool | null,
    fallback: Hostgroup | null,
  ): Waiter {
    const waiter = new Waiter(group, identity, state, lessee, this.nowMs(), fallback);
    if (avoid !== null) waiter.avoid.add(avoid);
    group.waiters.push(waiter);
    const limitMs = this.settings().connectTimeoutServerMaxMs;
    waiter.timer = setTimeout(() => this.failWaiter(waiter, null), limitMs);
    setImmediate(() => this.serve(waiter));
    return waiter;
  }

  cancel(waiter: Waiter): void {
    waiter.settle();
  }

  /** Gives a leased connection back. `holdMs` > 0 keeps it for its last lessee so long, unless it is asked for elsewhere after that. */
  release(connection: PooledConnection, lessee: Lessee, holdMs: number, now: number): void {
    if (connection.isClosed) return;
    const server = connection.server;
    this.countRelease(connection);
    if (this.mustClose(connection, server)) {
      connection.quit();
      return;
    }
    const waiter = holdMs > 0 ? null : this.waiterFor(server, connection.identity);
    if (waiter !== null) {
      const member = waiter.hostgroup.memberOf(server) as Member;
      this.settleWith(waiter, connection, member);
      return;
    }
    connection.lastLessee = lessee;
    connection.holdUntilMs = holdMs > 0 ? now + holdMs : 0;
    server.putIdle(connection, now);
    this.makeRoomForOthers(server);
  }

  private mustClose(connection: PooledConnection, server: ServerPool): boolean {
    if (connection.needsReset || this.servers.get(server.key) !== server || this.quota.inDebt(server.key)) return true;
    return !this.isOnline(server);
  }

  private handOver(connection: PooledConnection, member: Member, lessee: Lessee): void {
    connection.member = member;
    connection.hostgroupId = member.counters.hostgroup;
    connection.lastLessee = lessee;
    connection.holdUntilMs = 0;
    member.counters.leased();
  }

  private countRelease(connection: PooledConnection): void {
    if (connection.member === null) return;
    connection.member.counters.connUsed--;
    connection.member = null;
  }

  /** Tries to serve a waiter: an idle connection, or a new one. */
  private serve(waiter: Waiter): void {
    if (waiter.settled || waiter.connecting) return;
    const member = waiter.hostgroup.pick(waiter.avoid);
    if (member === null) {
      this.fallBack(waiter);
      return;
    }
    const idle = member.server.take(waiter.identity, waiter.state, waiter.lessee, this.nowMs());
    if (idle !== null) this.settleWith(waiter, idle, member);
    else this.openFor(waiter, member);
  }

  /** Its hostgroup has nobody for it: it goes to the fallback, where there is one. */
  private fallBack(waiter: Waiter): boolean {
    if (!waiter.fallBack()) return false;
    this.stats.counters.readerFallbacks++;
    this.serve(waiter);
    return true;
  }

  private settleWith(waiter: Waiter, connection: PooledConnection, member: Member): void {
    if (!waiter.settle()) return;
    this.stats.counters.poolGetSuccess++;
    this.handOver(connection, member, waiter.lessee);
    this.updateDemand(member.server);
    waiter.lessee.onLease(connection, member);
  }

  private openFor(waiter: Waiter, member: Member): void {
    const { server } = member;
    if (!this.quota.tryOpen(server.key)) {
      // One that is only held for a session's next question serves better than a closed one.
      const held = server.takeHeld(waiter.identity, waiter.state);
      if (held !== null) {
        this.settleWith(waiter, held, member);
        return;
      }
      // None of the idle ones can serve this waiter, or it would have been given one.
      const other = server.oldestIdle(this.nowMs());
      if (other !== null) other.quit();
      if (other === null || !this.quota.tryOpen(server.key)) {
        this.stats.counters.serverConnectionsDelayed++;
        this.updateDemand(server);
        return;
      }
    }
    waiter.connecting = true;
    server.connecting += 1;
    this.connector.open(server, waiter.identity, this, (connection, failure) => {
      server.connecting -= 1;
      waiter.connecting = false;
      if (connection !== null) this.onOpened(connection, server, member);
      else this.onOpenFailed(failure, waiter, server, member);
    });
  }

  private onOpened(connection: PooledConnection, server: ServerPool, member: Member): void {
    member.counters.connOk++;
    this.stats.counters.serverConnectionsCreated++;
    const waiter = this.waiterFor(server, connection.identity);
    if (waiter !== null) {
      server.leased.add(connection);
      this.settleWith(waiter, connection, waiter.hostgroup.memberOf(server) as Member);
      return;
    }
    server.putIdle(connection, this.nowMs());
    this.makeRoomForOthers(server);
  }

  private onOpenFailed(failure: OpenFailure, waiter: Waiter, server: ServerPool, member: Member): void {
    member.counters.connErr++;
    this.stats.counters.serverConnectionsAborted++;
    this.quota.closed(server.key);
    if (waiter.settled) return;
    waiter.failures += 1;
    waiter.lastFailure = `${server.key}: ${failure.error.message}`;
    waiter.avoid.add(server);
    if (failure.isFinal) {
      this.failWaiter(waiter, { ...failure, error: tellable(failure.error, server.key, waiter) });
    } else if (waiter.failures > this.settings().connectRetriesOnFailure) {
      if (!this.fallBack(waiter)) this.failWaiter(waiter, failure);
    } else {
      const othersLeft = waiter.hostgroup.onlineMembers.some((other) => !waiter.avoid.has(other.server));
      waiter.retryTimer = setTimeout(() => this.serve(waiter), othersLeft ? 0 : RETRY_DELAY_MS);
    }
  }

  private failWaiter(waiter: Waiter, failure: OpenFailure | null): void {
    if (!waiter.settle()) return;
    this.stats.counters.poolGetFailure++;
    for (const member of waiter.hostgroup.all) this.updateDemand(member.server);
    const hostgroup = waiter.hostgroup.id;
    const detail = this.explain(waiter);
    if (failure?.isFinal === true) {
      waiter.lessee.onLeaseFailed(failure.error);
    } else if (failure !== null) {
      waiter.lessee.onLeaseFailed(weirError('connectFailuresMax', { hostgroup }, { detail }));
    } else {
      this.stats.counters.maxConnectTimeouts++;
      const waitedMs = Math.round(this.nowMs() - waiter.startedMs);
      waiter.lessee.onLeaseFailed(weirError('connectTimeoutMax', { hostgroup, waitedMs }, { detail }));
    }
  }

  private explain(waiter: Waiter): string {
    const limits = waiter.hostgroup.all
      .map((member) => ({ key: member.server.key, usage: this.quota.usage(member.server.key) }))
      .filter(({ usage }) => usage.open >= usage.granted)
      .map(({ key, usage }) => `${key} has all ${usage.granted} connections of this worker's share of max_connections in use`);
    const failure = waiter.lastFailure === '' ? [] : [`last attempt ${waiter.lastFailure}`];
    return [waiter.hostgroup.describe(), ...limits, ...failure].join('; ');
  }

  /** First come first served over all hostgroups in which the server is online. */
  private waiterFor(server: ServerPool, identity: BackendIdentity): Waiter | null {
    let first: Waiter | null = null;
    for (const group of this.hostgroups.values()) {
      if (group.waiters.length === 0 || !group.onlineMembers.some((member) => member.server === server)) continue;
      const waiter = group.waiters.find((candidate) => candidate.identity === identity && !candidate.avoid.has(server));
      if (waiter !== undefined && (first === null || waiter.startedMs < first.startedMs)) first = waiter;
    }
    return first;
  }

  /** An idle connection of one identity must not starve a waiter of another when the quota is used up. */
  private makeRoomForOthers(server: ServerPool): void {
    for (const group of this.hostgroups.values()) {
      if (group.waiters.length === 0 || group.memberOf(server) === null) continue;
      const waiter = group.waiters.find((candidate) => !candidate.connecting);
      if (waiter !== undefined) {
        this.serve(waiter);
        return;
      }
    }
  }

  private updateDemand(server: ServerPool): void {
    let waiting = 0;
    for (const group of this.hostgroups.values()) {
      if (group.waiters.length === 0 || !group.onlineMembers.some((member) => member.server === server)) continue;
      waiting += group.waiters.filter((waiter) => !waiter.connecting).length;
    }
    this.quota.want(server.key, waiting);
  }

  /** The control process granted more connections. */
  onGrant(key: ServerKey): void {
    const server = this.servers.get(key);
    if (server === undefined) return;
    for (const group of this.hostgroups.values()) {
      if (group.memberOf(server) !== null) for (const waiter of [...group.waiters]) this.serve(waiter);
    }
  }

  /** The control process wants connections back. */
  closeIdle(key: ServerKey, connections: number): void {
    const server = this.servers.get(key);
    for (let left = connections; left > 0; left--) {
      const oldest = server?.oldestIdle(this.nowMs()) ?? null;
      if (oldest === null) return;
      oldest.quit();
    }
  }

  /** Called by every connection when it is closed, whoever closed it. */
  onConnectionClosed(closed: BackendConnection, cause: Error | null, quiet: boolean): void {
    const connection = closed as PooledConnection;
    const { server } = connection;
    const isLeasedAndQuiet = connection.member !== null && quiet;
    this.countRelease(connection);
    server.remove(connection);
    if (isLeasedAndQuiet) (connection.lastLessee as Lessee | null)?.onIdleLost(connection, cause);
    this.quota.closed(server.key);
    this.makeRoomForOthers(server);
    if (this.servers.get(server.key) === server && server.total === 0 && this.membershipsOf(server).length === 0) {
      this.servers.delete(server.key);
    }
  }

  /** Sets the gauges of a statistics snapshot. */
  refreshGauges(): void {
    let connected = 0;
    this.stats.clearIdle();
    for (const server of this.servers.values()) {
      connected += server.total - server.connecting;
      const [first] = this.membershipsOf(server);
      if (first !== undefined) first.counters.connFree = server.idleCount;
    }
    this.stats.gauges.serverConnectionsConnected = connected;
  }
}

/** Why connections to a server end at once, whatever runs there; null when they do not. */
function whyAtOnce(members: readonly Member[]): string | null {
  if (members.length === 0) return 'the server was removed';
  if (members.every(({ status }) => status === 'OFFLINE_HARD')) return 'the server is OFFLINE_HARD';
  return members.find(({ unreachable }) => unreachable)?.reason ?? null;
}
