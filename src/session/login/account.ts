import { randomBytes } from 'node:crypto';
import type { BackendUser, UserConfig } from '../../config/snapshot.js';
import { decodeHexForm } from '../../config/user-passwords.js';
import { nativeStage1, nativeStage2, parseNativeHash } from '../../protocol/auth/native-password.js';
import { equalSecrets } from '../../protocol/auth/scramble.js';
import { parseStoredSha2, type StoredSha2, verifyStoredSha2 } from '../../protocol/auth/stored-sha2.js';
import type { BackendUserTable } from './backend-user-table.js';

/** A configured password by its form. */
export type StoredPassword =
  | { readonly kind: 'empty' }
  | { readonly kind: 'clear'; readonly password: string }
  /** `*HEX`. */
  | { readonly kind: 'nativeHash'; readonly stage2: Buffer }
  /** `$A$…`. */
  | { readonly kind: 'sha2Hash'; readonly stored: StoredSha2 };

/** A password of an account with the text that it was configured by. */
export interface KnownPassword {
  readonly text: string;
  readonly stored: StoredPassword;
}

/** The account that a client names. */
export interface Account {
  readonly username: string;
  /** null: there is no such user. */
  readonly user: UserConfig | null;
  /** At least one; any of them lets the client in. */
  readonly passwords: readonly KnownPassword[];
  /** The account is a server's own; null for one of mysql_users, and for none. */
  readonly origin: BackendUser | null;
}

/** Where accounts are looked up; rows of mysql_users win. */
export interface AccountSources {
  readonly users: readonly UserConfig[];
  readonly backendUsers: BackendUserTable;
}

/** The password of all users that do not exist or can not be used: the same work is done for them, and what they prove is refused. */
const NOBODYS_PASSWORDS: readonly KnownPassword[] = [{ text: '', stored: { kind: 'clear', password: randomBytes(16).toString('hex') } }];
/** What MySQL accepts for caching_sha2_password (MAX_PLAINTEXT_LENGTH); a longer one would cost each of thousands of rounds more. */
const MAX_PASSWORD_BYTES = 256;

/** @param clientAddress '' for a Unix socket */
export function findAccount(sources: AccountSources, username: string, clientAddress: string): Account {
  const row = sources.users.find((candidate) => candidate.username === username) ?? null;
  const origin = row === null ? sources.backendUsers.find(username, clientAddress) : null;
  const user = origin === null ? row : userOfBackend(origin);
  const usable = user !== null && (origin?.unusable ?? '') === '';
  const texts = usable ? [user.password, ...user.additionalPasswords] : [];
  const passwords = texts.map((text) => ({ text, stored: parsePassword(text) }));
  return { username, user, passwords: passwords.length > 0 ? passwords : NOBODYS_PASSWORDS, origin };
}

/** Whether both let the same passwords in. */
export function isSameAccount(left: Account, right: Account): boolean {
  const describe = ({ user, passwords, origin }: Account): string =>
    JSON.stringify([user === null, user?.useSsl, passwords.map(({ text }) => text), origin]);
  return describe(left) === describe(right);
}

function userOfBackend(origin: BackendUser): UserConfig {
  const [password = '', ...additionalPasswords] = origin.passwords;
  return {
    username: origin.username,
    password,
    additionalPasswords,
    defaultHostgroup: origin.defaultHostgroup,
    defaultSchema: null,
    schemaLocked: false,
    transactionPersistent: true,
    maxConnections: origin.maxConnections,
    useSsl: origin.useSsl,
    host: origin.host,
  };
}

export function parsePassword(text: string): StoredPassword {
  if (text === '') return { kind: 'empty' };
  const stage2 = parseNativeHash(text);
  if (stage2 !== null) return { kind: 'nativeHash', stage2 };
  const stored = parseStoredSha2(decodeHexForm(text));
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
