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

/** Where the HTTP port gets what it shows; asked at each request. */
export interface HttpSources {
  /** One snapshot a worker and one of the dead; must answer within a second or two, whatever workers do. */
  stats(): Promise<readonly StatsSnapshot[]>;
  hosts(): HostTable;
  workers(): readonly WorkerHealth[];
  checks(): readonly CheckTotals[];
  /** Servers that refuse the monitor's account, as `host:port`. */
  refusals(): readonly string[];
  adminAccepting(): boolean;
  /** The first monitor round has ended. */
  firstRoundDone(): boolean;
  /** Hostgroups that need a server ONLINE for weir to be of use. */
  writerHostgroups(): readonly number[];
}
