import { sha2Stage1, sha2Stage2 } from '../../protocol/auth/caching-sha2.js';

export interface ProvedPassword {
  /** SHA256(SHA256(password)). */
  readonly stage2: Buffer;
  /** In clear: servers whose own cache is empty want it. */
  readonly password: string;
}

/**
 * Passwords of accounts that are configured by a hash, learned when a client proved its password in clear: what makes the fast path of
 * caching_sha2_password possible. The configured text is part of the key, so a changed password is never served from here.
 */
export class Sha2Cache {
  private readonly entries = new Map<string, ProvedPassword>();

  /** @param maxEntries at least 1; the account that logged in least recently goes first */
  constructor(private readonly maxEntries = 10_000) {}

  get size(): number {
    return this.entries.size;
  }

  get(username: string, configuredPassword: string): ProvedPassword | null {
    const key = keyOf(username, configuredPassword);
    const proved = this.entries.get(key);
    if (proved === undefined) return null;
    this.entries.delete(key);
    this.entries.set(key, proved);
    return proved;
  }

  /** @param password in clear, verified against `configuredPassword` */
  remember(username: string, configuredPassword: string, password: string): void {
    const key = keyOf(username, configuredPassword);
    this.entries.delete(key);
    this.entries.set(key, { stage2: sha2Stage2(sha2Stage1(password)), password });
    if (this.entries.size <= this.maxEntries) return;
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}

/** A username has no NUL: it came as a NUL-terminated string. */
const keyOf = (username: string, configuredPassword: string): string => `${username}\0${configuredPassword}`;
