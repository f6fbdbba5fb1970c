import { createHash } from 'node:crypto';
import { equalSecrets } from './scramble.js';

/** A caching_sha2_password hash as mysql.user.authentication_string has it. */
export interface StoredSha2 {
  /** SHA256-crypt rounds: the three hexadecimal digits times 1000. */
  readonly rounds: number;
  /** 20 bytes. */
  readonly salt: Buffer;
  /** 43 characters of crypt's base 64. */
  readonly digest: string;
}

const SALT_BYTES = 20;
const DIGEST_CHARACTERS = 43;
const DIGEST_BYTES = 32;
/** More rounds than a server accepts (caching_sha2_password_digest_rounds) would stall a worker. */
const MAX_ROUNDS = 0xfff * 1000;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * `$A$` rounds `$` salt and digest. The salt is raw bytes: pass the column's bytes, or a string that has one character a byte
 * (latin1). Null when it is none.
 */
export function parseStoredSha2(stored: string | Uint8Array): StoredSha2 | null {
  const bytes = typeof stored === 'string' ? Buffer.from(stored, 'latin1') : Buffer.from(stored);
  const head = /^\$A\$([0-9A-Fa-f]{3})\$/.exec(bytes.toString('latin1', 0, 7));
  if (head === null || bytes.length !== 7 + SALT_BYTES + DIGEST_CHARACTERS) return null;
  const rounds = Number.parseInt(head[1]!, 16) * 1000;
  if (rounds === 0 || rounds > MAX_ROUNDS) return null;
  return { rounds, salt: bytes.subarray(7, 7 + SALT_BYTES), digest: bytes.toString('latin1', 7 + SALT_BYTES) };
}

/** Takes milliseconds (5000 rounds): not for the fast path. */
export function verifyStoredSha2(stored: StoredSha2, password: string): boolean {
  return equalSecrets(Buffer.from(sha256Crypt(password, stored.salt, stored.rounds)), Buffer.from(stored.digest));
}

/** The stored form of a password; `salt` has 20 bytes. */
export function formatStoredSha2(password: string, salt: Uint8Array, rounds = 5000): Buffer {
  const head = `$A$${(rounds / 1000).toString(16).toUpperCase().padStart(3, '0')}$`;
  return Buffer.concat([Buffer.from(head), salt, Buffer.from(sha256Crypt(password, salt, rounds))]);
}

/**
 * The digest of Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512", whose step numbers are given here; other than there,
 * the salt may have 20 bytes.
 */
export function sha256Crypt(password: string, salt: Uint8Array, rounds: number): string {
  const key = Buffer.from(password, 'utf8');
  let digest = firstDigest(key, salt);
  // Steps 13 to 20: byte sequences of the lengths of password and salt.
  const p = repeatTo(hashOf(Array<Uint8Array>(key.length).fill(key)), key.length);
  const s = repeatTo(hashOf(Array<Uint8Array>(16 + digest[0]!).fill(salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const odd = (round & 1) !== 0;
    const parts = [odd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push(odd ? digest : p);
    digest = hashOf(parts);
  }
  return encodeDigest(digest);
}

/** Steps 1 to 12. */
function firstDigest(key: Buffer, salt: Uint8Array): Buffer {
  const b = hashOf([key, salt, key]);
  const parts: Uint8Array[] = [key, salt, repeatTo(b, key.length)];
  for (let bits = key.length; bits > 0; bits >>>= 1) parts.push((bits & 1) !== 0 ? b : key);
  return hashOf(parts);
}

function hashOf(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeatTo(bytes: Uint8Array, length: number): Buffer {
  const result = Buffer.alloc(length);
  for (let index = 0; index < length; index++) result[index] = bytes[index % DIGEST_BYTES]!;
  return result;
}

/** Step 22: groups of three bytes 10 apart, each group rotated by one, four characters from the low bits up. */
function encodeDigest(digest: Buffer): string {
  let text = '';
  for (let group = 0; group < 10; group++) {
    const [high, middle, low] = rotated(group);
    text += base64((digest[high]! << 16) | (digest[middle]! << 8) | digest[low]!, 4);
  }
  return text + base64((digest[31]! << 8) | digest[30]!, 3);
}

/** 0,10,20 · 21,1,11 · 12,22,2 · 3,13,23 · … */
function rotated(group: number): readonly [number, number, number] {
  const first = group;
  const second = group + 10;
  const third = group + 20;
  switch (group % 3) {
    case 0:
      return [first, second, third];
    case 1:
      return [third, first, second];
    default:
      return [second, third, first];
  }
}

function base64(value: number, characters: number): string {
  let text = '';
  for (let index = 0, rest = value; index < characters; index++, rest >>>= 6) text += ALPHABET[rest & 0x3f];
  return text;
}
