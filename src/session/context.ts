import type { SessionState, StateInterner } from '../backend/connection-state.js';
import type { IdentityInterner } from '../backend/identity.js';
import type { KillAnswer, KillOrder } from '../base/kill-order.js';
import type { Logger } from '../base/log.js';
import type { LogLimit } from '../base/log-limit.js';
import type { ConfigSnapshot, ServerIdentity } from '../config/snapshot.js';
import type { SecureContext } from '../net/transports.js';
import type { Pool } from '../pool/pool.js';
import type { PooledConnection } from '../pool/pooled-connection.js';
import type { Router } from '../route/router.js';
import type { StatementAnalyzer } from '../sql/analyzer.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import type { WorkerStats } from '../stats/worker-stats.js';
import type { ClientLimits } from './client-limits.js';
import type { FactsInterner } from './facts.js';
import type { FaultReports } from './fault-reports.js';
import type { GlobalSettings } from './global-settings.js';
import type { BackendUserTable } from './login/backend-user-table.js';
import type { LoginTurns } from './login/login-turns.js';
import type { Sha2Cache } from './login/sha2-cache.js';
import type { SessionBases } from './session-bases.js';
import type { OpenSideConnection } from './side-connection.js';
import type { StatementForms } from './statement-form.js';

/** What the sessions of one worker share. `snapshot`, `router` and `identity` are replaced as a whole when the configuration changes. */
export interface SessionContext extends SessionBases {
  snapshot: ConfigSnapshot;
  router: Router;
  identity: ServerIdentity;
  secureContext: SecureContext | null;
  readonly pool: Pool;
  /** Replaced when the variables that it depends on change. */
  analyzer: StatementAnalyzer;
  readonly states: StateInterner;
  /** A session that has set nothing: no schema, the handshake's character set. */
  readonly initialState: SessionState;
  readonly identities: IdentityInterner;
  readonly facts: FactsInterner;
  readonly sha2Cache: Sha2Cache;
  /** Replaced when the control process has read the servers' user tables anew. */
  backendUsers: BackendUserTable;
  refreshBackendUsers(username: string, onDone: () => void): void;
  /** Client addresses that are refused (`mysql-client_host_error_counts`); replaced as a whole. */
  blockedHosts: ReadonlySet<string>;
  /** Tells the control process of a login from this address. */
  reportLogin(address: string, failed: boolean): void;
  readonly clientLimits: ClientLimits;
  readonly loginTurns: LoginTurns;
  /** For log lines about what clients do wrong. */
  readonly complaints: LogLimit;
  /** Digests whose route the guard has been warned of. */
  readonly guardedDigests: WeakSet<DigestEntry>;
  readonly stats: WorkerStats;
  readonly log: Logger;
  /** The servers' max_prepared_stmt_count as the newest connection saw it: no server gives one session more statements. */
  maxPreparedStatements: number;
  readonly forms: StatementForms;
  /** The worker ends: sessions close when they are idle. */
  draining: boolean;
  /** Milliseconds of a monotonic clock, with fractions. */
  nowMs(): number;
  /** Among the sessions of all workers. `onDone` is called once, perhaps at once. */
  kill(order: KillOrder, onDone: (answer: KillAnswer) => void): void;
  /**
   * Ends what the server executes on this connection, by KILL QUERY on another, if it is still `wanted` once that is open. `onEnded` is called
   * once, later: the server has answered the KILL, or it has not and may still execute it if it was sent.
   */
  killOnServer(connection: PooledConnection, wanted: () => boolean, onEnded?: (answered: boolean) => void): void;
  readonly faults: FaultReports;
  readonly globalSettings: GlobalSettings;
  readonly openSide: OpenSideConnection;
}
