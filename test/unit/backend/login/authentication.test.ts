import { describe, expect, it } from 'vitest';
import { Authentication, type Channel } from '../../../../src/backend/login/authentication.js';
import { sha2Stage1, sha2Stage2, verifySha2Password, verifySha2Response } from '../../../../src/protocol/auth/caching-sha2.js';
import { nativeStage1, verifyNativePassword } from '../../../../src/protocol/auth/native-password.js';

const scramble = Buffer.from('abcdefghijklmnopqrst');
const other = Buffer.from('ABCDEFGHIJKLMNOPQRST');

function authenticate(known: { clear?: string; sha1?: Uint8Array; sha256?: Uint8Array }, channel: Channel = 'plain'): Authentication {
  return new Authentication('app', { clear: known.clear ?? null, sha1: known.sha1 ?? null, sha256: known.sha256 ?? null }, channel);
}

describe('authentication at a server', () => {
  it('begins with the plugin of the server when it can be answered', () => {
    const { plugin, response } = authenticate({ clear: 'secret' }).begin('caching_sha2_password', scramble);
    expect(plugin).toBe('caching_sha2_password');
    expect(verifySha2Password(response, scramble, 'secret')).toBe(true);
  });

  it('begins with the plugin whose hash is known', () => {
    const { plugin, response } = authenticate({ sha1: nativeStage1('secret') }).begin('caching_sha2_password', scramble);
    expect(plugin).toBe('mysql_native_password');
    expect(verifyNativePassword(response, scramble, 'secret')).toBe(true);
  });

  it('switches to the plugin of the account with its own scramble', () => {
    const sha256 = sha2Stage1('secret');
    const authentication = authenticate({ sha1: nativeStage1('secret'), sha256 });
    authentication.begin('mysql_native_password', scramble);
    const response = authentication.switchTo('caching_sha2_password', other);
    expect(verifySha2Response(response, other, sha2Stage2(sha256))).toEqual(sha256);
  });

  it('answers nothing for an empty password', () => {
    expect(authenticate({ clear: '' }).begin('mysql_native_password', scramble).response).toHaveLength(0);
    expect(authenticate({ clear: '' }).begin('caching_sha2_password', scramble).response).toHaveLength(0);
  });

  it('sends the password in clear over TLS and a Unix socket only', () => {
    for (const [channel, answer] of [
      ['tls', Buffer.from('secret\0')],
      ['unixSocket', Buffer.from('secret\0')],
      ['plain', Uint8Array.of(2)],
    ] as const) {
      const authentication = authenticate({ clear: 'secret' }, channel);
      authentication.begin('caching_sha2_password', scramble);
      expect(authentication.more(Uint8Array.of(4))).toEqual(answer);
    }
  });

  it('says nothing to a success of the fast path', () => {
    const authentication = authenticate({ clear: 'secret' });
    authentication.begin('caching_sha2_password', scramble);
    expect(authentication.more(Uint8Array.of(3))).toBeNull();
  });

  it('answers mysql_clear_password over TLS only', () => {
    expect(authenticate({ clear: 'secret' }, 'tls').switchTo('mysql_clear_password', scramble)).toEqual(Buffer.from('secret\0'));
    expect(() => authenticate({ clear: 'secret' }).switchTo('mysql_clear_password', scramble)).toThrow(/only answered over TLS/);
  });

  it('names a plugin that it does not speak', () => {
    expect(() => authenticate({ clear: 'secret' }).switchTo('client_ed25519', scramble)).toThrow(/'client_ed25519'/);
  });

  it('says what to do when only a hash is known', () => {
    const authentication = authenticate({ sha256: sha2Stage1('secret') });
    authentication.begin('caching_sha2_password', scramble);
    expect(() => authentication.more(Uint8Array.of(4))).toThrow(/only a hash of the password is known: put the password in clear/);
    expect(() => authenticate({ sha1: nativeStage1('x') }).switchTo('caching_sha2_password', scramble)).toThrow(/only a hash/);
    expect(() => authenticate({}).begin('mysql_native_password', scramble)).toThrow(/nothing of the password is known/);
  });

  it('does not answer data that no plugin sends', () => {
    const authentication = authenticate({ clear: 'secret' });
    authentication.begin('mysql_native_password', scramble);
    expect(() => authentication.more(Uint8Array.of(3))).toThrow(/AuthMoreData/);
    authentication.switchTo('caching_sha2_password', scramble);
    authentication.more(Uint8Array.of(4));
    expect(() => authentication.more(Buffer.from('no key'))).toThrow(/public key/);
  });
});
