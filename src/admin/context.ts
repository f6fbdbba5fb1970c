import type { Database } from 'better-sqlite3';
import type { ConnectionId } from '../base/ids.js';
import type { BackendUser, HostTable } from '../config/snapshot.js';
import type { ConfigStore } from '../config/store/config-store.js';
import type { ClientHosts } from '../link/client-hosts.js';
import type { RuntimeConfig } from './runtime-config.js';
import type { JobStatus } from './scheduler/scheduler.js';
import type { Statistics } from './statistics.js';

export type AdminRole = 'admin' | 'stats';

/** One login on the admin port. */
export interface AdminSession {
  readonly id: number;
  readonly username: string;
  readonly role: AdminRole;
  /** What `USE` and the login named; statements do not depend on it. */
  schema: string;
  /** Of the last statement but SHOW WARNINGS. */
  warnings: readonly string[];
}

/** A line of a monitor log table. */
export interface MonitorLogEntry {
  readonly hostname: string;
  readonly port: number;
  readonly startUs: number;
  readonly successUs: number;
  readonly value: number | null;
  readonly error: string | null;
}

/** A line of monitor.weir_events. */
export interface ServerEventEntry {
  readonly kind: string;
  readonly server: string;
  readonly hostgroups: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Since 1970. */
  readonly timeMs: number;
}

/** Entries behind a place in a log: `from` is the number of the first one, `first` that of the oldest one kept. */
export interface LogPart<Entry> {
  readonly first: number;
  readonly from: number;
  readonly entries: readonly Entry[];
}

/** What the admin port acts on; everything that reaches beyond the SQLite store. */
export interface AdminControl {
  readonly version: string;
  readonly startedAtMs: number;
  readonly statistics: Statistics;
  /** What /metrics answers. */
  metrics(): Promise<string>;
  hosts(): HostTable;
  /** Accounts of the servers' own user tables. */
  backendUsers(): readonly BackendUser[];
  /** Client addresses with failed logins. */
  readonly clientHosts: Pick<ClientHosts, 'list' | 'flush'>;
  workers(): number;
  monitorLog(check: 'connect' | 'ping' | 'read_only' | 'replication_lag'): readonly MonitorLogEntry[];
  /** Entries with a number above `number`. */
  monitorLogSince(check: 'connect' | 'ping' | 'read_only' | 'replication_lag', number: number): LogPart<MonitorLogEntry>;
  /** The same of events. */
  eventsSince(number: number): LogPart<ServerEventEntry>;
  /** Moves the digests to stats_history; answers how many. @throws Error of SQLite; nothing is lost then */
  saveDigests(): Promise<number>;
  scheduledPrograms(): readonly JobStatus[];
  monitorTotals(check: 'connect' | 'ping' | 'read_only' | 'replication_lag'): { readonly ok: number; readonly failed: number };
  kill(connection: ConnectionId, queryOnly: boolean): Promise<boolean>;
  /** Workers serve traffic, or are paused; false after stopTraffic. */
  readonly running: boolean;
  /** Ends all workers once their statements and transactions are done; the admin port stays. */
  stopTraffic(): Promise<void>;
  /** @throws Error when a port is taken or a worker can not start; no worker is left then */
  startTraffic(): Promise<void>;
  readonly paused: boolean;
  pause(): void;
  resume(): void;
  /** Ends the process; with `slow` after the sessions, else at once. */
  shutdown(slow: boolean): void;
  /** Ends and starts everything again within this process, from disk. @throws Error when the configuration file can not be read */
  restart(): void;
  /** Ends the process without waiting for anything. */
  exitAtOnce(): void;
  reloadKeys(): Promise<void>;
  reopenLogs(): void;
  /** A line of the operator for the log. */
  logEntry(text: string): void;
  /** What the configuration file says at its top level, with the datadir in use. */
  fileSettings(): Readonly<Record<string, string | number | boolean>>;
}

export interface AdminContext {
  readonly control: AdminControl;
  readonly store: ConfigStore;
  readonly runtime: RuntimeConfig;
  /** The database that this role sees. */
  databaseOf(role: AdminRole): Database;
}
