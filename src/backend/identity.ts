import type { NamesSetting } from './connection-state.js';

/** What weir can prove to a server that it is this user with. */
export interface BackendCredentials {
  /** Clear password, where the configuration has it or the client proved it in clear (TLS, RSA). */
  readonly clear: string | null;
  /** SHA1(password): enough for mysql_native_password. */
  readonly sha1: Uint8Array | null;
  /** SHA256(password): enough for the fast path of caching_sha2_password. */
  readonly sha256: Uint8Array | null;
  /** The configured text of the password that this is of, then those of the account's other passwords. Absent: there is one only. */
  readonly passwords?: readonly string[];
  /** What is known of another password of the same account: tried once where the server refuses this one. */
  readonly alternative?: BackendCredentials | null;
}

/**
 * What makes two server connections interchangeable, apart from the state that can be restored: the user and whatever
 * changes reply bytes or semantics (DESIGN §6, capability class). Interned: compared by reference.
 */
export interface BackendIdentity {
  readonly key: string;
  readonly username: string;
  /** Flags that the client negotiated and that the server must have been given too; unsigned 32 bits. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Collation id of the handshake. */
  readonly collation: number;
  /** The character set that servers gave to the newest connection at its handshake; null before there was one. */
  baseNames: NamesSetting | null;
  readonly interest: Interest;
  /** Newest known; used when a connection is opened. */
  credentials: BackendCredentials;
}

/**
 * Whether sessions of a user read what only a server connection knows of them, which costs a question whenever another session gets that connection.
 * Users whose sessions have left it unread this often in a row are not asked for any more, until they read it once.
 */
export class Interest {
  private static readonly PATIENCE = 1000;
  /** Questions for LAST_INSERT_ID(), and for FOUND_ROWS(), that are still worth it. */
  insertIds = Interest.PATIENCE;
  foundRows = Interest.PATIENCE;

  readsInsertIds(): void {
    this.insertIds = Interest.PATIENCE;
  }

  readsFoundRows(): void {
    this.foundRows = Interest.PATIENCE;
  }
}

export class IdentityInterner {
  private readonly interests = new Map<string, Interest>();
  private readonly identities = new Map<string, BackendIdentity>();

  get(
    username: string,
    capabilities: number,
    mariadbCapabilities: number,
    collation: number,
    credentials: BackendCredentials,
  ): BackendIdentity {
    const key = `${username}\0${capabilities >>> 0}\0${mariadbCapabilities >>> 0}\0${collation}`;
    const known = this.identities.get(key);
    if (known !== undefined) {
      known.credentials = mergeCredentials(known.credentials, credentials);
      return known;
    }
    const identity = {
      key,
      username,
      capabilities: capabilities >>> 0,
      mariadbCapabilities: mariadbCapabilities >>> 0,
      collation,
      baseNames: null,
      interest: this.interestOf(username),
      credentials,
    };
    this.identities.set(key, identity);
    return identity;
  }

  private interestOf(username: string): Interest {
    const interest = this.interests.get(username) ?? new Interest();
    this.interests.set(username, interest);
    return interest;
  }
}

/**
 * What one client proved stays known when the next one proves something else of the same password. Of another password of the
 * account it becomes the alternative; of one that the account no longer has it is forgotten.
 */
function mergeCredentials(old: BackendCredentials, now: BackendCredentials): BackendCredentials {
  if (old.passwords?.[0] !== now.passwords?.[0]) {
    return { ...now, alternative: now.alternative ?? (isPasswordOf(now, old) ? { ...old, alternative: null } : null) };
  }
  const kept = old.alternative && isPasswordOf(now, old.alternative) ? old.alternative : null;
  const alternative = now.alternative ?? kept;
  if (now.clear !== null) return { ...now, alternative };
  return { ...now, clear: old.clear, sha1: now.sha1 ?? old.sha1, sha256: now.sha256 ?? old.sha256, alternative };
}

function isPasswordOf(account: BackendCredentials, { passwords }: BackendCredentials): boolean {
  const [text] = passwords ?? [];
  return text !== undefined && account.passwords?.includes(text) === true;
}
