import { randomBytes, timingSafeEqual } from 'node:crypto';
import { SCRAMBLE_BYTES } from '../constants.js';

/**
 * 20 random bytes for a handshake: 7 bits each, neither NUL (which ends the field) nor '$' (which separates fields of stored hashes),
 * as servers generate them.
 */
export function generateScramble(): Buffer {
  const scramble = randomBytes(SCRAMBLE_BYTES);
  for (let index = 0; index < SCRAMBLE_BYTES; index++) {
    const byte = scramble[index]! & 0x7f;
    scramble[index] = byte === 0 || byte === 0x24 ? byte + 1 : byte;
  }
  return scramble;
}

/** `a` XOR `b`, where `b` is repeated to the length of `a`. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Buffer {
  const result = Buffer.alloc(a.length);
  for (let index = 0; index < a.length; index++) result[index] = a[index]! ^ b[index % b.length]!;
  return result;
}

/** Compares secrets in a time that does not depend on where they differ. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
