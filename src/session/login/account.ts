import { randomBytes } from 'node:crypto';
import type { UserConfig } from '../../config/snapshot.js';
import { nativeStage1, nativeStage2, parseNativeHash } from '../../protocol/auth/native-password.js';
import { equalSecrets } from '../../protocol/auth/scramble.js';
import { parseStoredSha2, type StoredSha2, verifyStoredSha2 } from '../../protocol/auth/stored-sha2.js';

/** A configured password by its form. */
export type StoredPassword =
  | { readonly kind: 'empty' }
  | { readonly kind: 'clear'; readonly password: string }
  /** `*HEX`. */
  | { readonly kind: 'nativeHash'; readonly stage2: Buffer }
  /** `$A$…`. */
  | { readonly kind: 'sha2Hash'; readonly stored: StoredSha2 };

/** The account that a client names. */
export interface Account {
  readonly username: string;
  /** null: there is no such user. */
  readonly user: UserConfig | null;
  readonly stored: StoredPassword;
}

/** The password of all users that do not exist: the same work is done for them, and what they prove is refused. */
const NOBODYS_PASSWORD = randomBytes(16).toString('hex');
/** What MySQL accepts for caching_sha2_password (MAX_PLAINTEXT_LENGTH); a longer one would cost each of thousands of rounds more. */
const MAX_PASSWORD_BYTES = 256;

export function findAccount(users: readonly UserConfig[], username: string): Account {
  const user = users.find((candidate) => candidate.username === username) ?? null;
  return { username, user, stored: user === null ? { kind: 'clear', password: NOBODYS_PASSWORD } : parsePassword(user.password) };
}

export function parsePassword(text: string): StoredPassword {
  if (text === '') return { kind: 'empty' };
  const stage2 = parseNativeHash(text);
  if (stage2 !== null) return { kind: 'nativeHash', stage2 };
  const stored = parseStoredSha2(text);
  return stored === null ? { kind: 'clear', password: text } : { kind: 'sha2Hash', stored };
}

/** Checks a password in clear; takes milliseconds for a `$A$` hash. */
export function isRightPassword(stored: StoredPassword, password: string): boolean {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false;
  switch (stored.kind) {
    case 'empty':
      return password === '';
    case 'clear':
      return equalSecrets(nativeStage1(stored.password), nativeStage1(password));
    case 'nativeHash':
      return equalSecrets(nativeStage2(nativeStage1(password)), stored.stage2);
    case 'sha2Hash':
      return verifyStoredSha2(stored.stored, password);
  }
}
