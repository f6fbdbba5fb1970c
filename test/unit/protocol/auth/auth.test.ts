import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  clearPasswordPayload,
  decryptPassword,
  encryptPassword,
  readClearPassword,
  sha2ResponseOfPassword,
  sha2Stage1,
  sha2Stage2,
  verifySha2Password,
  verifySha2Response,
} from '../../../../src/protocol/auth/caching-sha2.js';
import {
  formatNativeHash,
  nativeResponse,
  nativeResponseOfPassword,
  nativeStage1,
  nativeStage2,
  parseNativeHash,
  verifyNativePassword,
  verifyNativeResponse,
} from '../../../../src/protocol/auth/native-password.js';
import { generateScramble } from '../../../../src/protocol/auth/scramble.js';
import { formatStoredSha2, parseStoredSha2, sha256Crypt, verifyStoredSha2 } from '../../../../src/protocol/auth/stored-sha2.js';

const scramble = Buffer.from('abcdefghijklmnopqrst');

describe('mysql_native_password', () => {
  it('knows the hash of PASSWORD()', () => {
    expect(formatNativeHash(nativeStage2(nativeStage1('password')))).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19');
    expect(parseNativeHash('*2470c0c06dee42fd1618bb99005adca2ec9d1e19')).toEqual(nativeStage2(nativeStage1('password')));
    expect([parseNativeHash('password'), parseNativeHash('*2470')]).toEqual([null, null]);
  });

  it('reveals SHA1(password) to the one who knows the stored hash', () => {
    const response = nativeResponseOfPassword('geheim', scramble);
    const stage1 = verifyNativeResponse(response, scramble, nativeStage2(nativeStage1('geheim')));
    expect(stage1).toEqual(nativeStage1('geheim'));
    expect(nativeResponse(stage1!, scramble)).toEqual(response);
  });

  it('refuses what is wrong', () => {
    const stage2 = nativeStage2(nativeStage1('geheim'));
    expect(verifyNativeResponse(nativeResponseOfPassword('falsch', scramble), scramble, stage2)).toBeNull();
    expect(verifyNativeResponse(Buffer.alloc(0), scramble, stage2)).toBeNull();
    expect(verifyNativeResponse(Buffer.alloc(21), scramble, stage2)).toBeNull();
    expect(verifyNativePassword(nativeResponseOfPassword('a', scramble), scramble, 'a')).toBe(true);
    expect(verifyNativePassword(Buffer.alloc(0), scramble, '')).toBe(true);
    expect(verifyNativePassword(Buffer.alloc(20), scramble, '')).toBe(false);
    expect(verifyNativePassword(Buffer.alloc(0), scramble, 'a')).toBe(false);
  });
});

describe('caching_sha2_password', () => {
  it('verifies the fast path and reveals SHA256(password)', () => {
    const response = sha2ResponseOfPassword('geheim', scramble);
    expect(response.length).toBe(32);
    expect(verifySha2Response(response, scramble, sha2Stage2(sha2Stage1('geheim')))).toEqual(sha2Stage1('geheim'));
    expect(verifySha2Response(response, scramble, sha2Stage2(sha2Stage1('falsch')))).toBeNull();
    expect(verifySha2Response(response, Buffer.alloc(20, 1), sha2Stage2(sha2Stage1('geheim')))).toBeNull();
    expect(verifySha2Password(response, scramble, 'geheim')).toBe(true);
    expect(verifySha2Password(Buffer.alloc(0), scramble, '')).toBe(true);
    expect(verifySha2Password(Buffer.alloc(0), scramble, 'geheim')).toBe(false);
  });

  it('carries the password through RSA', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    for (const password of ['', 'geheim', 'a password that is longer than the scramble, größer']) {
      const payload = encryptPassword(password, scramble, Buffer.from(publicKey));
      expect(decryptPassword(payload, scramble, privateKey)).toBe(password);
      expect(decryptPassword(payload, Buffer.alloc(20, 9), privateKey)).not.toBe(password);
    }
    expect(decryptPassword(Buffer.alloc(256), scramble, privateKey)).toBeNull();
  });

  it('carries the password in clear', () => {
    expect(readClearPassword(clearPasswordPayload('grün'))).toBe('grün');
    expect(() => readClearPassword(Buffer.from('grün'))).toThrow('without its NUL');
    expect(() => readClearPassword(Buffer.alloc(0))).toThrow('without its NUL');
  });

  it('computes SHA-256 crypt as openssl does', () => {
    expect(sha256Crypt('Hello world!', Buffer.from('saltstring'), 5000)).toBe('5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5');
    expect(sha256Crypt('x'.repeat(70), Buffer.from('saltstring'), 5000)).toBe('D1DsTGKixUiITWGe4c3jtSicDXvgr6h50agFIGXAx6/');
  });

  it('verifies a hash that a MySQL 9.7 server has stored', () => {
    const hex =
      '24412430304124393c217f6557501a320b47114e03786e697957275352674f576e3670366f2f31484f43796f7250313047526757424f36495775413830796179337a66677843';
    const stored = parseStoredSha2(Buffer.from(hex, 'hex'))!;
    expect(stored.rounds).toBe(10_000);
    expect(verifyStoredSha2(stored, 'geheim')).toBe(true);
    expect(verifyStoredSha2(stored, 'geheim ')).toBe(false);
  });

  it('verifies stored hashes', () => {
    const salt = Buffer.from([1, 255, 128, ...Buffer.from('seventeen bytes.!')]);
    const stored = parseStoredSha2(formatStoredSha2('geheim', salt))!;
    expect([stored.rounds, stored.salt.equals(salt)]).toEqual([5000, true]);
    expect(verifyStoredSha2(stored, 'geheim')).toBe(true);
    expect(verifyStoredSha2(stored, 'Geheim')).toBe(false);
    expect(parseStoredSha2(formatStoredSha2('geheim', salt).toString('latin1'))).toEqual(stored);
    for (const wrong of ['', '$A$005$short', `$A$000$${'x'.repeat(63)}`, `$B$005$${'x'.repeat(63)}`])
      expect(parseStoredSha2(wrong)).toBeNull();
  });
});

it('scrambles have 20 bytes of 7 bits, without NUL and $', () => {
  for (let round = 0; round < 200; round++) {
    const bytes = generateScramble();
    expect(bytes.length).toBe(20);
    expect(bytes.every((byte) => byte > 0 && byte < 0x80 && byte !== 0x24)).toBe(true);
  }
});
