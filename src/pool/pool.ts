import type { BackendConnection } from '../backend/backend-connection.js';
import { type SessionState, stateDistance } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { HostgroupId, ServerKey } from '../base/ids.js';
import type { HostTable } from '../config/snapshot.js';
import type { WorkerStats } from '../stats/worker-stats.js';
import type { Connector } from './connector.js';
import { Hostgroup, type Member } from './hostgroup.js';
import type { PooledConnection } from './pooled-connection.js';
import { ServerPool } from './server-pool.js';
import { type QuotaSource, Serving, type ServingSettings } from './serving.js';
import { type Lessee, Waiter } from './waiter.js';

export interface PoolSettings extends ServingSettings {
  readonly multiplexing: boolean;
}

/** Server connections of one worker. Invariant: a connection is leased to at most one lessee. Who waits for one is served by `Serving`. */
export class Pool {
  private readonly servers = new Map<ServerKey, ServerPool>();
  /** Others have their place, as they are connected to in another way; those with connections that are in use or being opened. */
  private readonly replaced = new Set<ServerPool>();
  private readonly hostgroups = new Map<HostgroupId, Hostgroup>();
  private readonly serving: Serving;

  constructor(
    connector: Connector,
    private readonly quota: QuotaSource,
    private readonly stats: WorkerStats,
    settings: () => PoolSettings,
    private readonly nowMs: () => number,
  ) {
    const handOver = (...args: Parameters<Pool['handOver']>) => this.handOver(...args);
    const isOnline = (server: ServerPool) => this.isOnline(server);
    this.serving = new Serving({ connector, quota, stats, settings, nowMs, hostgroups: this.hostgroups, owner: this, isOnline, handOver });
  }

  hostgroup(id: HostgroupId): Hostgroup {
    let group = this.hostgroups.get(id);
    if (group === undefined) {
      group = new Hostgroup(id);
      this.hostgroups.set(id, group);
    }
    return group;
  }

  get allServers(): Iterable<ServerPool> {
    return [...this.servers.values(), ...this.replaced];
  }

  /** Takes over who serves what; connections to servers that are gone, OFFLINE_HARD or unreachable are closed, idle ones of all that are not ONLINE. */
  applyHosts(table: HostTable): void {
    const groups = new Map<HostgroupId, Member[]>();
    for (const placement of table.placements) {
      const members = groups.get(placement.hostgroup) ?? [];
      members.push({
        server: this.serverOf(placement.key, placement.hostname, placement.port, placement.useSsl),
        status: placement.status,
        serves: placement.serves,
        reason: placement.reason,
        unreachable: placement.unreachable,
        weight: placement.weight,
        counters: this.stats.server(placement.hostgroup, placement.hostname, placement.port),
      });
      groups.set(placement.hostgroup, members);
    }
    for (const id of this.hostgroups.keys()) if (!groups.has(id)) groups.set(id, []);
    for (const [id, members] of groups) {
      const group = this.hostgroup(id);
      for (const { server, status } of members)
        if (status === 'ONLINE' && group.memberOf(server)?.status !== 'ONLINE') server.backoff.forgive();
      group.replaceMembers(members);
    }
    for (const server of this.allServers) this.closeUnwanted(server);
    this.serving.serveAll();
  }

  private serverOf(key: ServerKey, hostname: string, port: number, useSsl: boolean): ServerPool {
    const known = this.servers.get(key);
    if (known !== undefined && known.useSsl === useSsl) return known;
    const server = new ServerPool(key, hostname, port, useSsl);
    if (known !== undefined) this.replaced.add(known);
    this.servers.set(key, server);
    return server;
  }

  private closeUnwanted(server: ServerPool): void {
    const members = this.membershipsOf(server);
    if (!this.isOnline(server)) for (const connection of server.idleConnections()) connection.quit();
    for (const connection of [...server.leased]) {
      const cause = whyAtOnce(members, connection.hostgroupId);
      if (cause !== null) connection.destroy(new Error(cause));
    }
    this.forgetUnused(server);
  }

  private forgetUnused(server: ServerPool): void {
    if (server.total > 0) return;
    this.replaced.delete(server);
    if (this.servers.get(server.key) === server && this.membershipsOf(server).length === 0) this.servers.delete(server.key);
  }

  /** false of one that was replaced. */
  private isOnline(server: ServerPool): boolean {
    for (const group of this.hostgroups.values()) if (group.memberOf(server)?.status === 'ONLINE') return true;
    return false;
  }

  /** Of one that was replaced, those of the other one. */
  private membershipsOf({ key }: ServerPool): Member[] {
    const found: Member[] = [];
    const server = this.servers.get(key);
    if (server === undefined) return found;
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
  leaseAgain(connection: PooledConnection, group: Hostgroup | null, lessee: Lessee, nowMs: number): boolean {
    if (connection.isClosed || connection.lastLessee !== lessee || connection.idleIndex < 0) return false;
    const server = connection.server;
    const member = group === null ? (this.membershipsOf(server)[0] ?? null) : group.memberOf(server);
    if (member === null || (group !== null && !member.serves)) return false;
    if (!server.takeExactly(connection, nowMs)) return false;
    this.handOver(connection, member, lessee);
    return true;
  }

  /** This connection, whoever used it last and may still ask it for something, if it is free and may serve the hostgroup in this state. */
  leaseExactly(connection: PooledConnection, group: Hostgroup, state: SessionState, lessee: Lessee, nowMs: number): boolean {
    const member = group.memberOf(connection.server);
    if (member?.serves !== true || connection.isClosed || connection.idleIndex < 0 || !connection.quiet) return false;
    if (stateDistance(connection.state, state) === Number.POSITIVE_INFINITY) return false;
    if (!connection.server.takeExactly(connection, nowMs)) return false;
    this.handOver(connection, member, lessee);
    return true;
  }

  /**
   * Queues for a connection; `lessee` is called later, never within this call. `fallback` serves a waiter whose hostgroup has nobody
   * online, or nobody that can be reached. `sinceMs`: when it began to wait, where it has waited before.
   */
  wait(
    group: Hostgroup,
    identity: BackendIdentity,
    state: SessionState,
    lessee: Lessee,
    avoid: readonly ServerPool[] | null,
    fallback: Hostgroup | null,
    sinceMs = this.nowMs(),
  ): Waiter {
    const waiter = new Waiter(group, identity, state, lessee, sinceMs, fallback);
    for (const server of avoid ?? []) waiter.avoid.add(server);
    this.serving.begin(waiter);
    return waiter;
  }

  /** The server does not do what the hostgroup is for: it gets nothing there until the host table is replaced, at most for a second. */
  setAside(group: Hostgroup, server: ServerPool, reason: string): void {
    group.setAside(server, reason, () => this.serving.serveAt(server));
  }

  cancel(waiter: Waiter): void {
    this.serving.cancel(waiter);
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
    if (holdMs <= 0 && this.serving.give(connection)) return;
    connection.lastLessee = lessee;
    connection.holdUntilMs = holdMs > 0 ? now + holdMs : 0;
    server.putIdle(connection, now);
    this.serving.makeRoom(server);
  }

  private mustClose(connection: PooledConnection, server: ServerPool): boolean {
    return connection.needsReset || connection.isBeyondReset || this.quota.inDebt(server.key) || !this.isOnline(server);
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

  /** The control process granted more connections. */
  onGrant(key: ServerKey): void {
    const server = this.servers.get(key);
    if (server !== undefined) this.serving.serveAt(server);
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
    this.serving.makeRoom(server);
    this.forgetUnused(server);
  }

  /** Nobody gets this idle connection until `answered`. */
  reserve(connection: PooledConnection): void {
    connection.holdUntilMs = Number.POSITIVE_INFINITY;
    connection.lastLessee = this;
  }

  /** The reserved connection is again as it was. */
  answered(connection: PooledConnection, lessee: object | null): void {
    connection.holdUntilMs = 0;
    connection.lastLessee = lessee;
    this.serving.makeRoom(connection.server);
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

/** Why a connection that serves `hostgroup` ends at once, whatever runs there; null when it does not. One whose server has left only the hostgroup goes on. */
function whyAtOnce(members: readonly Member[], hostgroup: number): string | null {
  if (members.length === 0) return 'the server was removed';
  const here = members.filter(({ counters }) => counters.hostgroup === hostgroup);
  if ((here.length > 0 ? here : members).every(({ status }) => status === 'OFFLINE_HARD')) return 'the server is OFFLINE_HARD';
  return members.find(({ unreachable }) => unreachable)?.reason ?? null;
}
