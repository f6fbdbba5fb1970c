import type { BackendCredentials } from '../../backend/identity.js';
import type { ServerError } from '../../base/errors.js';
import type { ConfigSnapshot, ServerIdentity, UserConfig } from '../../config/snapshot.js';
import type { SecureContext } from '../../net/transports.js';
import type { GlobalCounters } from '../../stats/global-counters.js';
import type { BackendUserTable } from './backend-user-table.js';
import type { VerifiedPlugin } from './offered-capabilities.js';
import type { Sha2Cache } from './sha2-cache.js';

/** Read anew at each use: the snapshot may change while a client logs in. */
export interface LoginEnvironment {
  readonly snapshot: ConfigSnapshot;
  readonly identity: ServerIdentity;
  readonly secureContext: SecureContext | null;
  readonly sha2Cache: Sha2Cache;
  readonly stats: { readonly counters: Pick<GlobalCounters, 'clientConnectionsSha2Cached'> };
  readonly backendUsers: BackendUserTable;
  /**
   * Has the servers' user tables read again; `onDone` is called once, later: when `backendUsers` is as the servers have it, or when
   * that takes too long.
   */
  refreshBackendUsers(username: string, onDone: () => void): void;
}

export interface LoginResult {
  readonly user: UserConfig;
  /** '' for none. */
  readonly schema: string;
  /** What both sides agreed on; unsigned 32 bits. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Collation id that the client asked for; the identity's where it asked for none. */
  readonly collation: number;
  readonly credentials: BackendCredentials;
  readonly attributes: ReadonlyMap<string, string>;
  /** Sequence number of the OK or ERR packet that ends the login. */
  readonly sequence: number;
}

/** How a client came in: fixed once its login has ended, and needed again for each COM_CHANGE_USER. */
export interface LoginChannel {
  /** 20 bytes, the only ones of a connection: drivers differ in which of several they would answer after a switch. */
  readonly scramble: Uint8Array;
  /** The plugin named in the greeting. */
  readonly greetingPlugin: VerifiedPlugin;
  /** The host part of messages. */
  readonly clientAddress: string;
  /** '' for a Unix socket. */
  readonly remoteAddress: string;
  /** TLS. */
  readonly encrypted: boolean;
  /** TLS or a Unix socket: the password may travel in clear. */
  readonly secure: boolean;
}

/** What both kinds of login tell their owner. After `accept` or `refuse` nothing more is called. */
export interface LoginOutput {
  /** `bytes` are whole packets and are given away. */
  send(bytes: Buffer): void;
  accept(result: LoginResult): void;
  /** The owner sends the ERR packet with `sequence` and ends the connection. */
  refuse(error: ServerError, sequence: number): void;
}
