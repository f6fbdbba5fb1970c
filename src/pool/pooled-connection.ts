import { BackendConnection, type ConnectionOwner } from '../backend/backend-connection.js';
import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { LoggedIn } from '../backend/login/server-login.js';
import type { Member } from './hostgroup.js';
import type { ServerPool } from './server-pool.js';

const NO_BYTES = Buffer.alloc(0);
/** The space of a copy larger than this is not used again. */
const KEPT_COPY_BYTES = 16_384;
/** Connections end in the last fifth of their greatest age. */
const LIFE_SPREAD = 0.2;
/**
 * After this idle time a connection is looked at before it is used again, ms: shorter than any wait_timeout, and longer than connections rest
 * under load.
 */
export const RESTED_MS = 200;

/** What a session's last statement left on a connection. */
export interface LeftBehind {
  /** The connection will be used by somebody else, or closed. true: it has to be asked first, by `ask`. */
  leaves(connection: PooledConnection): boolean;
  /** `onDone` is called once, later. */
  ask(connection: PooledConnection, onDone: (cause: Error | null, lost: boolean) => void): void;
}

/** A server connection with what the pool keeps of it. */
export class PooledConnection extends BackendConnection {
  /** Place in its idle stack, -1 while leased. */
  idleIndex = -1;
  idleSinceMs = 0;
  /** While idle: kept for `lastLessee` until then; 0: for anybody. */
  holdUntilMs = 0;
  lastLessee: object | null = null;
  /** When it was pinged last, monotonic ms. */
  pingedMs = 0;
  /** That ping is not answered yet. */
  awaitsPing = false;
  /** Share of mysql-connection_max_age_ms that it lives: those that were opened together do not end together. */
  readonly lifeShare = 1 - LIFE_SPREAD * Math.random();
  /** The session insert whose id LAST_INSERT_ID() gives on this connection; null: unknown. */
  insertToken: object | null = null;
  /** Whose statement ran here last: what it left behind may still be asked for. Owned by the session room. */
  diagnosticsOf: LeftBehind | null = null;
  /** A copy of the command under way: it may have to be sent elsewhere, and the process list shows it. Reused. */
  private copy: Buffer = NO_BYTES;
  private copyLength = 0;
  /** It is asked for the last time, and closed then; it counts until it is. */
  isLeaving = false;
  /** While leased: as which member of which hostgroup. */
  member: Member | null = null;
  /** Hostgroup of the last lease, for messages. */
  hostgroupId = 0;

  constructor(
    login: LoggedIn,
    identity: BackendIdentity,
    state: SessionState,
    openedMs: number,
    owner: ConnectionOwner,
    readonly server: ServerPool,
  ) {
    super(login, identity, state, openedMs, owner);
  }

  /** After so much idle time the server closes it, ms; its session may have set that. */
  get waitTimeoutMs(): number {
    const seconds = Number(this.state.variables.get('wait_timeout') ?? this.login.baseWaitTimeoutSec);
    return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
  }

  /** Also of what a session may still ask for; that is asked first. */
  override quit(): void {
    const { diagnosticsOf } = this;
    if (this.isLeaving) return;
    this.diagnosticsOf = null;
    if (this.isClosed || !this.quiet || diagnosticsOf === null || !diagnosticsOf.leaves(this)) {
      super.quit();
      return;
    }
    this.isLeaving = true;
    this.server.letLeave(this);
    diagnosticsOf.ask(this, () => super.quit());
  }

  /** Keeps `buffer[start, end)` until the next command. */
  keepCopy(buffer: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.copy.length < length || this.copy.length > KEPT_COPY_BYTES) {
      this.copy = Buffer.allocUnsafeSlow(Math.max(512, length));
    }
    this.copy.set(buffer.subarray(start, end), 0);
    this.copyLength = length;
  }

  /** What `keepCopy` kept last; empty when there is none. */
  copyOfCommand(): Buffer {
    return Buffer.from(this.copy.subarray(0, this.copyLength));
  }
}
