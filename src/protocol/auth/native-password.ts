import { createHash } from 'node:crypto';
import { equalSecrets, xorBytes } from './scramble.js';

/**
 * mysql_native_password (manual: "Native Authentication"): the response is
 * SHA1(password) XOR SHA1(scramble + SHA1(SHA1(password))), 20 bytes; empty for an empty password.
 */
const sha1 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Bytes of a response and of every hash here. */
export const NATIVE_RESPONSE_BYTES = 20;

/** SHA1(password): with it one can answer any scramble. */
export const nativeStage1 = (password: string): Buffer => sha1(Buffer.from(password, 'utf8'));
/** SHA1(SHA1(password)): what a server stores, as `*HEX`. */
export const nativeStage2 = (stage1: Uint8Array): Buffer => sha1(stage1);

/** The 20 bytes of a stored `*HEX` hash, or null when `text` is none. */
export function parseNativeHash(text: string): Buffer | null {
  return /^\*[0-9a-fA-F]{40}$/.test(text) ? Buffer.from(text.slice(1), 'hex') : null;
}
export const formatNativeHash = (stage2: Uint8Array): string => `*${Buffer.from(stage2).toString('hex').toUpperCase()}`;

/** @param stage1 SHA1(password) */
export function nativeResponse(stage1: Uint8Array, scramble: Uint8Array): Buffer {
  return xorBytes(stage1, sha1(scramble, sha1(stage1)));
}
/** The response for a password; empty for an empty one. */
export function nativeResponseOfPassword(password: string, scramble: Uint8Array): Buffer {
  return password === '' ? Buffer.alloc(0) : nativeResponse(nativeStage1(password), scramble);
}

/** SHA1(password) as the response contains it for the one who knows `stage2`; right only when the response verifies. */
export function recoverNativeStage1(response: Uint8Array, scramble: Uint8Array, stage2: Uint8Array): Buffer {
  return xorBytes(response, sha1(scramble, stage2));
}

/**
 * Checks a response against SHA1(SHA1(password)).
 * @returns SHA1(password), which the response has revealed; null when it is wrong
 */
export function verifyNativeResponse(response: Uint8Array, scramble: Uint8Array, stage2: Uint8Array): Buffer | null {
  if (response.length !== NATIVE_RESPONSE_BYTES) return null;
  const stage1 = recoverNativeStage1(response, scramble, stage2);
  return equalSecrets(sha1(stage1), stage2) ? stage1 : null;
}

/** Checks a response against the password in clear; an empty password wants an empty response. */
export function verifyNativePassword(response: Uint8Array, scramble: Uint8Array, password: string): boolean {
  if (password === '') return response.length === 0;
  return verifyNativeResponse(response, scramble, nativeStage2(nativeStage1(password))) !== null;
}
