import type { ConnectionOwner } from '../backend/backend-connection.js';
import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import { type LoggedIn, logIn, TrackedVariables } from '../backend/login/server-login.js';
import type { ServerError } from '../base/errors.js';
import type { Transports } from '../net/transports.js';
import { PooledConnection } from './pooled-connection.js';
import type { ServerPool } from './server-pool.js';

export interface OpenFailure {
  readonly error: ServerError;
  /** Another attempt or another server would say the same: the account is refused, or the server lacks what the client negotiated. */
  readonly isFinal: boolean;
}

export interface ConnectorSettings {
  readonly connectTimeoutServerMs: number;
  readonly serverCaPem: string | null;
  readonly serverCertPem: string | null;
  readonly serverKeyPem: string | null;
}

/** Reported to the control process, which alone decides whether to shun. */
export type FaultReport = (server: ServerPool, phase: 'connect' | 'handshake' | 'authentication', errno: number, message: string) => void;

/** Access denied, no such schema: what an account may not do it may not do on the next attempt either. */
const FINAL_ERRNOS: ReadonlySet<number> = new Set([1044, 1045, 1049, 1130, 1227, 1251, 1698, 1862, 3118, 4151]);

/** weir's own: the server lacks what the client negotiated (2012), or its authentication can not be answered (2059). */
const FINAL_LOGIN_ERRORS: ReadonlySet<number> = new Set([2012, 2059]);

/** Opens connections: transport, login, set-up. */
export class Connector {
  /** Shared by all logins: what a server version can track is asked once. */
  private readonly tracked = new TrackedVariables();

  constructor(
    private readonly transports: Transports,
    private readonly settings: () => ConnectorSettings,
    private readonly initialState: SessionState,
    private readonly reportFault: FaultReport,
    private readonly nowMs: () => number,
    private readonly onLogin: (login: LoggedIn) => void,
  ) {}

  /** Calls back once, later: with a connection, or with null and why. */
  open(
    server: ServerPool,
    identity: BackendIdentity,
    owner: ConnectionOwner,
    onDone: (...result: [connection: PooledConnection, failure: null] | [connection: null, failure: OpenFailure]) => void,
  ): void {
    const { connectTimeoutServerMs, serverCaPem, serverCertPem, serverKeyPem } = this.settings();
    const target = {
      hostname: server.hostname,
      port: server.port,
      useSsl: server.useSsl,
      connectTimeoutMs: connectTimeoutServerMs,
      ca: serverCaPem,
      cert: serverCertPem,
      key: serverKeyPem,
    };
    logIn(
      this.transports,
      target,
      identity,
      (login) => {
        this.onLogin(login);
        onDone(new PooledConnection(login, identity, this.initialState, this.nowMs(), owner, server), null);
      },
      (failure) => {
        const phase = failure.phase === 'setup' ? 'authentication' : failure.phase;
        this.reportFault(server, phase, failure.fromServer ? failure.error.errno : 0, failure.error.message);
        const finals = failure.fromServer ? FINAL_ERRNOS : FINAL_LOGIN_ERRORS;
        const isFinal = finals.has(failure.error.errno);
        onDone(null, { error: failure.error, isFinal });
      },
      this.tracked,
    );
  }
}
