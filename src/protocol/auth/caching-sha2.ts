import { constants, createHash, privateDecrypt, publicEncrypt } from 'node:crypto';
import { SCRAMBLE_BYTES } from '../constants.js';
import { ProtocolViolation } from '../wire/protocol-violation.js';
import { equalSecrets, xorBytes } from './scramble.js';

/**
 * caching_sha2_password (manual: "Caching_sha2_password information").
 *
 * Fast path: the client's response is SHA256(password) XOR SHA256(SHA256(SHA256(password)) + scramble), 32 bytes, empty for an
 * empty password. The server says `fastAuthSuccess` when it knows SHA256(SHA256(password)), else `fullAuthentication`; then the client
 * sends the password with a NUL, in clear over TLS or a Unix socket, else XORed with the scramble and RSA-OAEP encrypted with the
 * key that it has or asks for with `requestPublicKey`.
 */
export const CachingSha2 = {
  /** Client → server, a payload of this one byte. (The server's key comes back as AuthMoreData, PEM.) */
  requestPublicKey: 2,
  /** Server → client, in AuthMoreData: right; an OK follows. */
  fastAuthSuccess: 3,
  /** Server → client, in AuthMoreData: send the password. */
  fullAuthentication: 4,
} as const;

export const SHA2_RESPONSE_BYTES = 32;

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** SHA256(password): enough to answer any scramble on the fast path. */
export const sha2Stage1 = (password: string): Buffer => sha256(Buffer.from(password, 'utf8'));
/** SHA256(SHA256(password)): what a server caches. */
export const sha2Stage2 = (stage1: Uint8Array): Buffer => sha256(stage1);

/** @param stage1 SHA256(password) */
export function sha2Response(stage1: Uint8Array, scramble: Uint8Array): Buffer {
  return xorBytes(stage1, sha256(sha256(stage1), scramble));
}
/** The response for a password; empty for an empty one. */
export function sha2ResponseOfPassword(password: string, scramble: Uint8Array): Buffer {
  return password === '' ? Buffer.alloc(0) : sha2Response(sha2Stage1(password), scramble);
}

/**
 * Checks a fast response against SHA256(SHA256(password)).
 * @returns SHA256(password), which the response has revealed; null when it is wrong
 */
export function verifySha2Response(response: Uint8Array, scramble: Uint8Array, stage2: Uint8Array): Buffer | null {
  if (response.length !== SHA2_RESPONSE_BYTES) return null;
  const stage1 = xorBytes(response, sha256(stage2, scramble));
  return equalSecrets(sha256(stage1), stage2) ? stage1 : null;
}

/** Checks a fast response against the password in clear; an empty password wants an empty response. */
export function verifySha2Password(response: Uint8Array, scramble: Uint8Array, password: string): boolean {
  if (password === '') return response.length === 0;
  return verifySha2Response(response, scramble, sha2Stage2(sha2Stage1(password))) !== null;
}

/** The payload of full authentication over a secure channel. */
export const clearPasswordPayload = (password: string): Buffer => Buffer.from(`${password}\0`, 'utf8');

/** @throws ProtocolViolation when the payload does not end with its NUL */
export function readClearPassword(payload: Uint8Array): string {
  if (payload.at(-1) !== 0) throw new ProtocolViolation('a password in clear without its NUL', 'badHandshake');
  return Buffer.from(payload.subarray(0, -1)).toString('utf8');
}

/**
 * The payload of full authentication over an open channel.
 * @param publicKey PEM
 */
export function encryptPassword(password: string, scramble: Uint8Array, publicKey: string | Uint8Array): Buffer {
  const key = typeof publicKey === 'string' ? publicKey : Buffer.from(publicKey);
  const obfuscated = xorBytes(clearPasswordPayload(password), scramble.subarray(0, SCRAMBLE_BYTES));
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, obfuscated);
}

/**
 * The other end of `encryptPassword`.
 * @returns null when the payload is not of this key or scramble
 */
export function decryptPassword(payload: Uint8Array, scramble: Uint8Array, privateKey: string): string | null {
  try {
    const obfuscated = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, payload);
    const clear = xorBytes(obfuscated, scramble.subarray(0, SCRAMBLE_BYTES));
    return clear.at(-1) === 0 ? clear.subarray(0, -1).toString('utf8') : null;
  } catch {
    return null;
  }
}
