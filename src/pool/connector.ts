import type { ConnectionOwner } from '../backend/backend-connection.js';
import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import { type LoggedIn, type LoginFailure, type LoginTarget, logIn, TrackedVariables } from '../backend/login/server-login.js';
import { exhaustionOf } from '../base/descriptors.js';
import type { ServerError } from '../base/errors.js';
import type { ServerKey } from '../base/ids.js';
import type { Transports } from '../net/transports.js';
import { PooledConnection } from './pooled-connection.js';
import type { ServerPool } from './server-pool.js';

export interface OpenFailure {
  readonly error: ServerError;
  readonly kind: OpenFailureKind;
}

/**
 * failed: no connection could be made. busy: the server is there and puts new connections off (too many connections, shutting down), or weir
 * itself has no room. refused: it would say the same next time: the account is refused, or it lacks what the client negotiated.
 */
export type OpenFailureKind = 'failed' | 'busy' | 'refused';

export interface ConnectorSettings {
  readonly connectTimeoutServerMs: number;
  readonly serverCaPem: string | null;
  readonly serverCertPem: string | null;
  readonly serverKeyPem: string | null;
  /** Names of global variables that a login to the server reads. */
  globalsAt(server: ServerKey): readonly string[];
}

/** What every login to a server needs of the configuration, whoever it is for. */
export type LoginSettings = Pick<ConnectorSettings, 'connectTimeoutServerMs' | 'serverCaPem' | 'serverCertPem' | 'serverKeyPem'>;

/** Where the server is and how to log in there: with its certificate checked, where a CA is configured. */
export function loginTargetOf(
  { hostname, port, useSsl }: Pick<ServerPool, 'hostname' | 'port' | 'useSsl'>,
  settings: LoginSettings,
): LoginTarget {
  const { connectTimeoutServerMs, serverCaPem, serverCertPem, serverKeyPem } = settings;
  return { hostname, port, useSsl, connectTimeoutMs: connectTimeoutServerMs, ca: serverCaPem, cert: serverCertPem, key: serverKeyPem };
}

/** Reported to the control process, which alone decides whether to shun. */
export type FaultReport = (server: ServerPool, phase: 'connect' | 'handshake' | 'authentication', errno: number, message: string) => void;

const ACCESS_DENIED = 1045;
const NOT_PROVABLE = 2059;

type OnOpened = (...result: [connection: PooledConnection, failure: null] | [connection: null, failure: OpenFailure]) => void;

/** Access denied, no such schema: what an account may not do it may not do on the next attempt either. */
const FINAL_ERRNOS: ReadonlySet<number> = new Set([1044, 1045, 1049, 1130, 1227, 1251, 1698, 1862, 3118, 4151]);

/**
 * Too many connections (of all, of the account, within an hour), host blocked, shutdown in progress, out of resources: ER_CON_COUNT_ERROR,
 * ER_OUT_OF_RESOURCES, ER_SERVER_SHUTDOWN, ER_HOST_IS_BLOCKED, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED.
 */
const BUSY_ERRNOS: ReadonlySet<number> = new Set([1040, 1041, 1053, 1129, 1203, 1226]);

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
    private readonly onLogin: (...login: [LoggedIn, BackendIdentity, ServerPool, globals: readonly string[]]) => void,
    /** weir itself ran out of something that a connection needs, EMFILE for example: no fault of the server. */
    private readonly onExhausted: (code: string) => void,
  ) {}

  /** Calls back once, later: with a connection, or with null and why. */
  open(server: ServerPool, identity: BackendIdentity, owner: ConnectionOwner, onDone: OnOpened): void {
    this.attempt(server, identity, identity, owner, onDone);
  }

  /** `login` is the identity with the credentials of this attempt. */
  private attempt(server: ServerPool, identity: BackendIdentity, login: BackendIdentity, owner: ConnectionOwner, onDone: OnOpened): void {
    const { credentials } = login;
    const target = this.targetOf(server);
    logIn(
      this.transports,
      target,
      login,
      (result) => {
        this.onLogin(result, identity, server, target.globals ?? []);
        onDone(new PooledConnection(result, identity, this.initialState, this.nowMs(), owner, server), null);
      },
      (failure) => {
        const { alternative } = credentials;
        if (alternative && login === identity && asksForAnother(failure)) {
          const second = { ...identity, credentials: alternative };
          this.attempt(server, identity, second, owner, (connection, refusal) => {
            if (connection === null) return onDone(null, refusal);
            // What works comes first from now on.
            if (identity.credentials === credentials)
              identity.credentials = { ...alternative, alternative: { ...credentials, alternative: null } };
            onDone(connection, null);
          });
          return;
        }
        const exhausted = exhaustionOf(failure.error);
        if (exhausted !== null) {
          this.onExhausted(exhausted);
          onDone(null, { error: ownProblem(failure.error, exhausted), kind: 'busy' });
          return;
        }
        const phase = failure.phase === 'setup' ? 'authentication' : failure.phase;
        this.reportFault(server, phase, failure.fromServer ? failure.error.errno : 0, failure.error.message);
        onDone(null, { error: failure.error, kind: kindOf(failure) });
      },
      this.tracked,
    );
  }

  private targetOf(server: ServerPool): LoginTarget {
    const settings = this.settings();
    return { ...loginTargetOf(server, settings), globals: settings.globalsAt(server.key) };
  }
}

function kindOf({ fromServer, error }: LoginFailure): OpenFailureKind {
  if ((fromServer ? FINAL_ERRNOS : FINAL_LOGIN_ERRORS).has(error.errno)) return 'refused';
  return fromServer && BUSY_ERRNOS.has(error.errno) ? 'busy' : 'failed';
}

/** A password that the server refuses, or that can not be proved to it: the account's other one may do. Never more than two are tried. */
function asksForAnother({ fromServer, error }: LoginFailure): boolean {
  return fromServer ? error.errno === ACCESS_DENIED : error.errno === NOT_PROVABLE;
}

function ownProblem(error: ServerError, code: string): ServerError {
  const { errno, sqlState, message } = error;
  return { errno, sqlState, message: `weir itself has no resources left (${code}): ${message}` };
}
