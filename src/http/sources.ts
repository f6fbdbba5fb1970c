import type { HostTable } from '../config/snapshot.js';
import type { StatsSnapshot } from '../stats/snapshot.js';

/** A worker process as the HTTP port shows it. */
export interface WorkerHealth {
  readonly worker: number;
  readonly pid: number | undefined;
  readonly running: boolean;
  readonly accepting: boolean;
  readonly restarts: number;
}

/** How often a check of the monitor ended well and not. */
export interface CheckTotals {
  readonly check: string;
  readonly ok: number;
  readonly failed: number;
}

export interface RefusedCheck {
  /** `host:port` */
  readonly endpoint: string;
  readonly check: string;
  /** account, privilege, host, tls, plugin, limit or missing. */
  readonly cause: string;
  /** The server's error number; 0 where it gave none. */
  readonly errno: number;
}

/** How often something happened to servers or workers that led to a state. */
export interface EventTotal {
  readonly kind: string;
  readonly to: string;
  readonly count: number;
}

/** Where the HTTP port gets what it shows; asked at each request. */
export interface HttpSources {
  /** One snapshot a worker and one of the dead; must answer within a second or two, whatever workers do. */
  stats(): Promise<readonly StatsSnapshot[]>;
  hosts(): HostTable;
  workers(): readonly WorkerHealth[];
  checks(): readonly CheckTotals[];
  /** Checks that servers refuse to the monitor. */
  refusals(): readonly RefusedCheck[];
  events(): readonly EventTotal[];
  /** Runs of the event hook by how they ended. */
  hookRuns(): Readonly<Record<string, number>>;
  adminAccepting(): boolean;
  /** The first monitor round has ended. */
  firstRoundDone(): boolean;
  /** Hostgroups that need a server ONLINE for weir to be of use. */
  writerHostgroups(): readonly number[];
}
