import type { ConfigVersion, ConnectionId, ServerKey } from '../base/ids.js';
import type { ConfigSnapshot, HostTable } from '../config/snapshot.js';
import type { StatsSnapshot } from '../stats/snapshot.js';

/** Control process → worker. */
export type ToWorker =
  | { readonly type: 'config'; readonly snapshot: ConfigSnapshot }
  | { readonly type: 'hosts'; readonly table: HostTable }
  /** A listening socket comes with this message as its handle. `address` is for logs. */
  | { readonly type: 'listen'; readonly address: string }
  /** The worker may open this many connections to the server, in total from now on. */
  | { readonly type: 'quota'; readonly server: ServerKey; readonly connections: number }
  /** Others need connections: give back what is idle, at most this many. */
  | { readonly type: 'quota-reclaim'; readonly server: ServerKey; readonly connections: number }
  | { readonly type: 'stats'; readonly request: number }
  /** Stop (pause) or start again (resume) to accept clients. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Stop accepting, end idle sessions, wait for the others at most so long, answer `stopped`, exit. */
  | { readonly type: 'stop'; readonly drainMs: number }
  | { readonly type: 'kill'; readonly request: number; readonly connection: ConnectionId; readonly queryOnly: boolean };

/** Worker → control process. */
export type ToMain =
  | { readonly type: 'started'; readonly worker: number; readonly transport: 'direct' | 'portable' }
  | { readonly type: 'config-ack'; readonly version: ConfigVersion; readonly refused: string | null }
  | { readonly type: 'fault'; readonly fault: BackendFault }
  /** Connections wanted beyond the quota; answered by `quota` with the new total, possibly unchanged. */
  | { readonly type: 'quota-request'; readonly server: ServerKey; readonly connections: number }
  | { readonly type: 'quota-return'; readonly server: ServerKey; readonly connections: number }
  | { readonly type: 'stats-reply'; readonly request: number; readonly stats: StatsSnapshot }
  | { readonly type: 'stopped' }
  /** A client of this worker asked to kill a connection of another worker. */
  | { readonly type: 'kill'; readonly request: number; readonly connection: ConnectionId; readonly queryOnly: boolean }
  | { readonly type: 'kill-reply'; readonly request: number; readonly found: boolean };

/** What a worker saw of a server that does not work; the control process decides what follows. */
export interface BackendFault {
  readonly server: ServerKey;
  readonly phase: 'connect' | 'handshake' | 'authentication' | 'query' | 'idle';
  /** errno of the server's ERR packet, or 0. */
  readonly errno: number;
  readonly message: string;
}
