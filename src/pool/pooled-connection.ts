import { BackendConnection, type ConnectionOwner } from '../backend/backend-connection.js';
import type { SessionState } from '../backend/connection-state.js';
import type { BackendIdentity } from '../backend/identity.js';
import type { LoggedIn } from '../backend/login/server-login.js';
import type { Member } from './hostgroup.js';
import type { ServerPool } from './server-pool.js';

const NO_BYTES = Buffer.alloc(0);
/** A copy larger than this is not kept with the connection. */
const KEPT_COPY_BYTES = 16_384;

/** A server connection with what the pool keeps of it. */
export class PooledConnection extends BackendConnection {
  /** Place in its idle stack, -1 while leased. */
  idleIndex = -1;
  idleSinceMs = 0;
  /** While idle: kept for `lastLessee` until then; 0: for anybody. */
  holdUntilMs = 0;
  lastLessee: object | null = null;
  /** The session insert whose id LAST_INSERT_ID() gives on this connection; null: unknown. */
  insertToken: object | null = null;
  /** A copy of the read under way, to send it elsewhere should the server be lost. Reused. */
  retryCopy: Buffer = NO_BYTES;
  retryLength = 0;
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

  /** Keeps `buffer[start, end)` until the next command. */
  keepForRetry(buffer: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.retryCopy.length < length || this.retryCopy.length > KEPT_COPY_BYTES) {
      this.retryCopy = Buffer.allocUnsafeSlow(Math.max(512, length));
    }
    this.retryCopy.set(buffer.subarray(start, end), 0);
    this.retryLength = length;
  }

  takeRetryCopy(): Buffer {
    return Buffer.from(this.retryCopy.subarray(0, this.retryLength));
  }
}
