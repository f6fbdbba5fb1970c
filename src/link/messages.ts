import type { ConfigVersion, ServerKey } from '../base/ids.js';
import type { KillAnswer, KillOrder } from '../base/kill-order.js';
import type { GlobalChange } from '../config/global-change.js';
import type { BackendUser, ConfigSnapshot, HostTable } from '../config/snapshot.js';
import type { DetailName } from '../stats/details.js';
import type { StatsSnapshot } from '../stats/snapshot.js';

/** Control process → worker. */
export type ToWorker =
  | { readonly type: 'config'; readonly snapshot: ConfigSnapshot }
  | { readonly type: 'hosts'; readonly table: HostTable }
  /** A bound socket comes with this message as its handle (see net/listener.ts). `address` is for logs. Answered by `listening`. */
  | { readonly type: 'listen'; readonly address: string }
  /**
   * The worker may open this many connections to the server, in total from now on, less what it gave back beyond `returnsSeen`:
   * all connections that this worker has returned for the server since it started, as far as the control process has heard.
   */
  | { readonly type: 'quota'; readonly server: ServerKey; readonly connections: number; readonly returnsSeen: number }
  /**
   * Others need connections: give back unused quota and idle connections, at most this many; what is busy now, once it is free.
   * Replaces an earlier demand for the same server; 0 cancels it.
   */
  | { readonly type: 'quota-reclaim'; readonly server: ServerKey; readonly connections: number }
  /** `resetPeaks`: high-water marks start again behind the snapshot. */
  | { readonly type: 'stats'; readonly request: number; readonly resetPeaks: boolean }
  /** Rows that are made only when somebody asks; answered by `details-reply` in parts. */
  | { readonly type: 'details'; readonly request: number; readonly what: DetailName }
  /** Stop (pause) or start again (resume) to accept clients. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Stop accepting, end idle sessions, wait for the others at most so long, answer `stopped`, exit. */
  | { readonly type: 'stop'; readonly drainMs: number }
  | { readonly type: 'kill'; readonly request: number; readonly order: KillOrder }
  /** The accounts of the servers' own user tables, whole; none where `mysql-users_from_backend` is off. */
  | { readonly type: 'backend-users'; readonly users: readonly BackendUser[] }
  /** Answer to `login-failed`: what the servers' user tables have now has been sent before, where it differs. */
  | { readonly type: 'login-retry'; readonly request: number }
  /** Clients from these addresses are refused; replaces what was sent before. */
  | { readonly type: 'blocked-hosts'; readonly addresses: readonly string[] }
  /** Clients of other workers have set these; answered by `globals-noted`. */
  | { readonly type: 'globals'; readonly request: number; readonly changes: readonly GlobalChange[] }
  /** Answer to the worker's own `globals-set`: all other workers know. */
  | { readonly type: 'globals-noted'; readonly request: number }
  /** Answer to the worker's own `kill`. */
  | { readonly type: 'kill-reply'; readonly request: number; readonly answer: KillAnswer };

/** Worker → control process. */
export type ToMain =
  | { readonly type: 'started'; readonly worker: number; readonly transport: 'direct' | 'portable' }
  | { readonly type: 'config-ack'; readonly version: ConfigVersion; readonly refused: string | null }
  /** The answer to each `listen`; `error` is null when the worker accepts from the socket now. */
  | { readonly type: 'listening'; readonly address: string; readonly error: string | null }
  | { readonly type: 'fault'; readonly fault: BackendFault }
  /**
   * Connections wanted beyond the quota; answered by `quota` with the new total, possibly unchanged. `grantsSeen`: all that was ever
   * granted as far as the worker has heard, so that what is on its way to it is not granted a second time.
   */
  | { readonly type: 'quota-request'; readonly server: ServerKey; readonly connections: number; readonly grantsSeen: number }
  | { readonly type: 'quota-return'; readonly server: ServerKey; readonly connections: number }
  | { readonly type: 'stats-reply'; readonly request: number; readonly stats: StatsSnapshot }
  /** A part of the rows of kind `what`; the answer is complete with `last`. */
  | {
      readonly type: 'details-reply';
      readonly request: number;
      readonly what: DetailName;
      readonly rows: readonly unknown[];
      readonly last: boolean;
    }
  | { readonly type: 'stopped' }
  /** Once a second: the event loop turns. */
  | { readonly type: 'alive' }
  /** A client was denied that the servers may know; answered by `login-retry`. */
  | { readonly type: 'login-failed'; readonly request: number; readonly username: string }
  /** A client of this address failed to log in, or did; sent only while `mysql-client_host_cache_size` is not 0. */
  | { readonly type: 'client-login'; readonly address: string; readonly failed: boolean }
  /** A client of this worker has set global variables of a server; answered by `globals-noted`. */
  | { readonly type: 'globals-set'; readonly request: number; readonly changes: readonly GlobalChange[] }
  | { readonly type: 'globals-noted'; readonly request: number }
  /** A client of this worker asked to kill what other workers may have. */
  | { readonly type: 'kill'; readonly request: number; readonly order: KillOrder }
  | { readonly type: 'kill-reply'; readonly request: number; readonly answer: KillAnswer };

/** What a worker saw of a server that does not work; the control process decides what follows. */
export interface BackendFault {
  readonly server: ServerKey;
  readonly phase: 'connect' | 'handshake' | 'authentication' | 'query' | 'idle';
  /** errno of the server's ERR packet, or 0. */
  readonly errno: number;
  readonly message: string;
}
