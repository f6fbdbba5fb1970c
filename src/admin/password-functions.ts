import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { formatNativeHash, nativeStage1, nativeStage2 } from '../protocol/auth/native-password.js';
import { formatStoredSha2 } from '../protocol/auth/stored-sha2.js';

const SALT_BYTES = 20;
/** Of crypt's alphabet: 64 characters that stay as they are in any text. */
const SALT_CHARACTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** ProxySQL's functions that make hashes for mysql_users.password; NULL gives NULL, and an empty password an empty text. */
export function addPasswordFunctions(database: Database): void {
  database.function('MYSQL_NATIVE_PASSWORD', { deterministic: true }, (password: unknown) => hashOf(password, nativeHash));
  database.function('CACHING_SHA2_PASSWORD', { deterministic: false, varargs: true }, (password: unknown, ...more: unknown[]) => {
    if (password === undefined || more.length > 1)
      throw new Error('CACHING_SHA2_PASSWORD takes a password and, if wanted, a salt of 20 bytes');
    const salt = more.length === 0 ? randomSalt() : givenSalt(more[0]);
    return hashOf(password, (text) => formatStoredSha2(text, salt).toString('latin1'));
  });
}

/** `*HEX` of a password in clear; '' for none. */
export const nativeHash = (password: string): string => formatNativeHash(nativeStage2(nativeStage1(password)));

function hashOf(password: unknown, hash: (text: string) => string): string | null {
  if (password === null) return null;
  const text = password instanceof Buffer ? password.toString('utf8') : String(password);
  return text === '' ? '' : hash(text);
}

function givenSalt(value: unknown): Buffer {
  const salt = Buffer.from(typeof value === 'string' ? value : '', 'utf8');
  // Servers allow neither in a salt: the one ends texts, the other separates the fields of the hash.
  if (salt.length === SALT_BYTES && salt.every((byte) => byte !== 0 && byte !== 0x24 && byte < 0x80)) return salt;
  throw new Error("CACHING_SHA2_PASSWORD: the salt must have 20 ASCII characters, none of them '$' or NUL");
}

function randomSalt(): Buffer {
  return Buffer.from(Array.from(randomBytes(SALT_BYTES), (byte) => SALT_CHARACTERS.charCodeAt(byte & 63)));
}
