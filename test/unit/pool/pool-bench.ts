import type { ConnectionOwner } from '../../../src/backend/backend-connection.js';
import { type SessionState, StateInterner } from '../../../src/backend/connection-state.js';
import { type BackendIdentity, IdentityInterner } from '../../../src/backend/identity.js';
import type { LoggedIn } from '../../../src/backend/login/server-login.js';
import type { ServerError } from '../../../src/base/errors.js';
import { hostgroupId, type ServerKey, serverKey } from '../../../src/base/ids.js';
import type { HostTable, Placement, ServerStatus } from '../../../src/config/snapshot.js';
import { ignoringSink, type Transport, type TransportSink } from '../../../src/net/transport.js';
import type { Connector, OpenFailure } from '../../../src/pool/connector.js';
import type { Hostgroup } from '../../../src/pool/hostgroup.js';
import { Pool, type PoolSettings } from '../../../src/pool/pool.js';
import { PooledConnection } from '../../../src/pool/pooled-connection.js';
import type { ServerPool } from '../../../src/pool/server-pool.js';
import type { QuotaSource } from '../../../src/pool/serving.js';
import type { Lessee, Rest } from '../../../src/pool/waiter.js';
import { Capability } from '../../../src/protocol/constants.js';
import { WorkerStats } from '../../../src/stats/worker-stats.js';

export const states = new StateInterner();
export const EMPTY = states.get('', null, new Map());
const NO_CREDENTIALS = { clear: '', sha1: null, sha256: null };
const identities = new IdentityInterner();
export const identityOf = (username: string): BackendIdentity => identities.get(username, 0, 0, 45, NO_CREDENTIALS);
export const APP = identityOf('app');
export const OTHER = identityOf('other');

/** Keeps what is written; closes when told. */
export class FakeTransport implements Transport {
  sink: TransportSink = ignoringSink;
  readonly pendingBytes = 0;
  readonly remoteAddress = '';
  readonly remotePort = 0;
  readonly localAddress = '';
  readonly localPort = 0;
  readonly encrypted = false;
  closed = false;
  readonly written: Buffer[] = [];
  write(buffer: Uint8Array, start: number, end: number): void {
    this.written.push(Buffer.from(buffer.subarray(start, end)));
  }
  pause(): void {}
  resume(): void {}
  surrenderSlab(): void {}
  /** The server has closed, and nobody has noticed. */
  unread = false;
  hasUnread(): boolean {
    return this.unread;
  }
  end(): void {
    this.close(null);
  }
  destroy(cause?: Error): void {
    this.close(cause ?? null);
  }
  detach(): never {
    throw new Error('nobody detaches in these tests');
  }
  /** As if the server had closed. */
  close(cause: Error | null): void {
    if (this.closed) return;
    this.closed = true;
    this.sink.onClose(cause);
  }
}

export const fakeLogin = (): LoggedIn => ({
  transport: new FakeTransport(),
  connectionId: 1,
  serverVersion: '8.4.0',
  flavour: 'mysql',
  capabilities: Capability.protocol41,
  mariadbCapabilities: 0,
  statusFlags: 2,
  baseCharset: 'utf8mb4',
  baseCollation: 'utf8mb4_general_ci',
  baseSqlMode: '',
  baseWaitTimeoutSec: 28_800,
  maxPreparedStatements: 16_382,
  globals: { sqlMode: '', charset: 'utf8mb4', collation: 'utf8mb4_general_ci' },
  supportsReset: true,
  setupSql: 'SET session_track_schema=1',
  roleSql: null,
  globalValues: new Map(),
});

/** An attempt to connect that the test decides. */
export class Attempt {
  constructor(
    readonly server: ServerPool,
    readonly identity: BackendIdentity,
    private readonly owner: ConnectionOwner,
    private readonly onDone: Parameters<Connector['open']>[3],
  ) {}

  succeed(state: SessionState = EMPTY): PooledConnection {
    const connection = new PooledConnection(fakeLogin(), this.identity, state, Date.now(), this.owner, this.server);
    this.onDone(connection, null);
    return connection;
  }

  fail(message: string, kind: OpenFailure['kind'] = 'failed'): void {
    const failure: OpenFailure = { error: { errno: 1045, sqlState: '28000', message }, kind };
    this.onDone(null, failure);
  }
}

/** Grants `limit` connections to each server. */
export class FakeQuota implements QuotaSource {
  limit = 100;
  readonly debts = new Set<ServerKey>();
  readonly open = new Map<ServerKey, number>();
  readonly wanted = new Map<ServerKey, number>();
  tryOpen(server: ServerKey): boolean {
    const open = this.open.get(server) ?? 0;
    if (open >= this.limit) return false;
    this.open.set(server, open + 1);
    return true;
  }
  closed(server: ServerKey): void {
    const left = (this.open.get(server) ?? 0) - 1;
    if (left < 0) throw new Error(`more connections to ${server} closed than opened`);
    this.open.set(server, left);
  }
  want(server: ServerKey, connections: number): void {
    this.wanted.set(server, connections);
  }
  inDebt(server: ServerKey): boolean {
    return this.debts.has(server);
  }
  usage(server: ServerKey): { readonly granted: number; readonly open: number } {
    return { granted: this.limit, open: this.open.get(server) ?? 0 };
  }
}

export class FakeLessee implements Lessee {
  readonly leases: PooledConnection[] = [];
  readonly errors: ServerError[] = [];
  readonly lost: { readonly connection: PooledConnection; readonly cause: Error | null }[] = [];
  onLease(connection: PooledConnection): void {
    this.leases.push(connection);
  }
  onLeaseFailed(error: ServerError): void {
    this.errors.push(error);
  }
  onIdleLost(connection: PooledConnection, cause: Error | null): void {
    this.lost.push({ connection, cause });
  }
  rest: Rest | null = null;
  restOn(): Rest | null {
    return this.rest;
  }
  get connection(): PooledConnection {
    const [last] = this.leases.slice(-1);
    if (last === undefined) throw new Error('nothing was leased');
    return last;
  }
}

export interface Host {
  readonly group?: number;
  readonly name?: string;
  readonly status?: ServerStatus;
  readonly weight?: number;
  readonly reason?: string;
  readonly unreachable?: boolean;
  /** Default: when ONLINE with a weight. */
  readonly serves?: boolean;
  readonly useSsl?: boolean;
}

const placement = (host: Host): Placement => ({
  hostgroup: hostgroupId(host.group ?? 1),
  hostname: host.name ?? 'db1',
  port: 3306,
  key: serverKey(host.name ?? 'db1', 3306),
  status: host.status ?? 'ONLINE',
  serves: host.serves ?? ((host.status ?? 'ONLINE') === 'ONLINE' && host.weight !== 0),
  reason: host.reason ?? '',
  unreachable: host.unreachable ?? false,
  weight: host.weight ?? 1,
  maxConnections: 100,
  useSsl: host.useSsl ?? false,
});

/** A pool over fakes. With fake timers: `vi.advanceTimersByTime(0)` runs what `wait` puts off. */
export class PoolBench {
  readonly attempts: Attempt[] = [];
  readonly quota = new FakeQuota();
  readonly stats = new WorkerStats(0);
  readonly settings: { -readonly [Name in keyof PoolSettings]: PoolSettings[Name] } = {
    connectTimeoutServerMaxMs: 10_000,
    connectRetriesOnFailure: 2,
    connectRetriesDelayMs: 1,
    throttleConnectionsPerSec: 1_000_000,
    multiplexing: true,
  };
  readonly pool: Pool;

  constructor(...hosts: readonly Host[]) {
    const connector = {
      open: (...[server, identity, owner, onDone]: Parameters<Connector['open']>) =>
        this.attempts.push(new Attempt(server, identity, owner, onDone)),
    };
    this.pool = new Pool(
      connector as unknown as Connector,
      this.quota,
      this.stats,
      () => this.settings,
      () => Date.now(),
    );
    this.apply(...hosts);
  }

  apply(...hosts: readonly Host[]): void {
    this.pool.applyHosts({ version: 1, placements: hosts.map(placement), identity: {} as HostTable['identity'] });
  }

  group(id = 1): Hostgroup {
    return this.pool.hostgroup(hostgroupId(id));
  }

  server(name = 'db1'): ServerPool {
    const found = [...this.pool.allServers].find((server) => server.hostname === name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  }

  openTo(name = 'db1'): number {
    return this.quota.open.get(serverKey(name, 3306)) ?? 0;
  }

  lease(lessee: Lessee, state: SessionState = EMPTY, identity: BackendIdentity = APP, group = 1): PooledConnection | null {
    return this.pool.lease(this.group(group), identity, state, lessee, Date.now());
  }

  wait(lessee: Lessee, state: SessionState = EMPTY, identity: BackendIdentity = APP, group = 1, fallback: number | null = null) {
    return this.pool.wait(this.group(group), identity, state, lessee, null, fallback === null ? null : this.group(fallback));
  }

  release(lessee: FakeLessee, holdMs = 0): void {
    this.pool.release(lessee.connection, lessee, holdMs, Date.now());
  }

  /** The attempts since the last call. */
  taken = 0;
  newAttempts(): Attempt[] {
    const made = this.attempts.slice(this.taken);
    this.taken = this.attempts.length;
    return made;
  }
}

export const transportOf = (connection: PooledConnection): FakeTransport => connection.transport as FakeTransport;
