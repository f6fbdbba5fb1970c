import { describe, expect, it } from 'vitest';
import { sha2Stage1 } from '../../../src/protocol/auth/caching-sha2.js';
import { formatNativeHash, nativeStage1, nativeStage2 } from '../../../src/protocol/auth/native-password.js';
import { formatStoredSha2 } from '../../../src/protocol/auth/stored-sha2.js';
import { Capability, has } from '../../../src/protocol/constants.js';
import { PacketAssembler } from '../../../src/protocol/wire/framing.js';
import { ProtocolViolation } from '../../../src/protocol/wire/protocol-violation.js';
import { encodePacket } from '../../../src/protocol/wire/writer.js';
import { ClientLogin } from '../../../src/session/login/client-login.js';
import { greetingPlugin, offeredCapabilities } from '../../../src/session/login/offered-capabilities.js';
import { Sha2Cache } from '../../../src/session/login/sha2-cache.js';
import { type ClientOptions, MARIADB, MYSQL, TestClient, TestEnvironment, user } from './login-client.js';

const HEX = formatNativeHash(nativeStage2(nativeStage1('s3cret')));
const SHA2 = formatStoredSha2('s3cret', Buffer.from('abcdefghij0123456789')).toString('latin1');
const NATIVE = 'mysql_native_password';
const CACHING = 'caching_sha2_password';
const VERSION_9 = {
  response: {
    connectAttributes: [
      ['_client_name', 'libmysql'],
      ['_client_version', '9.1.0'],
    ] as const,
  },
};

const accounts = [user('clear', 's3cret'), user('hex', HEX), user('sha2', SHA2), user('open', ''), user('tls', 's3cret', { useSsl: true })];
const environment = (identity = MYSQL): TestEnvironment => new TestEnvironment(identity, ...accounts);
const logIn = (username: string, more: Partial<ClientOptions> = {}, within = environment()): TestClient =>
  new TestClient(within, { username, password: 's3cret', ...more }).run();

describe('login: a password in clear in the configuration', () => {
  it.each([
    ['native on a native greeting', MARIADB, {}, ['accept 2']],
    ['caching_sha2 on its own greeting', MYSQL, {}, ['fast', 'accept 3']],
    ['native that answered a caching_sha2 greeting', MYSQL, { plugin: NATIVE }, ['accept 2']],
    ['native that waits to be asked', MYSQL, { plugin: NATIVE, silentFirst: true }, [`switch ${NATIVE}`, 'accept 4']],
    ['caching_sha2 that waits to be asked', MARIADB, { plugin: CACHING, silentFirst: true }, [`switch ${CACHING}`, 'fast', 'accept 5']],
    ['another plugin', MYSQL, { plugin: 'client_ed25519' }, [`switch ${CACHING}`, 'fast', 'accept 5']],
    ['another plugin on a native greeting', MARIADB, { plugin: 'dialog' }, [`switch ${NATIVE}`, 'accept 4']],
  ] as const)('%s', (_, identity, more, story) => {
    const client = logIn('clear', more, environment(identity));
    expect(client.story).toEqual(story);
    expect(client.result?.credentials).toMatchObject({ clear: 's3cret', sha1: null, sha256: null });
  });

  it('takes native answers of a client without plugins, and cannot ask it for another', () => {
    const old = { plugin: '', response: { capabilities: Capability.protocol41 | Capability.secureConnection } };
    const native = new TestClient(environment(), { username: 'clear', password: 's3cret', plugin: NATIVE, response: old.response }).run();
    expect(native.story).toEqual(['accept 2']);
    expect(logIn('sha2', { plugin: NATIVE, response: old.response }).story).toEqual(['refuse 1251 2']);
  });
});

describe('login: *HEX', () => {
  it('learns SHA1(password) from a native answer', () => {
    const client = logIn('hex', { plugin: NATIVE });
    expect(client.story).toEqual(['accept 2']);
    expect(client.result?.credentials).toMatchObject({ clear: null, sha1: nativeStage1('s3cret'), sha256: null });
  });

  it('asks caching_sha2 clients in clear for native', () => {
    expect(logIn('hex').story).toEqual([`switch ${NATIVE}`, 'accept 4']);
    expect(logIn('hex', { password: 'wrong' }).story).toEqual([`switch ${NATIVE}`, 'refuse 1045 4']);
  });

  it.each([
    ['over a Unix socket', { secure: true }, ['full', 'accept 4'], ['fast', 'accept 3']],
    ['over TLS', { encrypted: true }, ['full', 'accept 5'], ['fast', 'accept 4']],
    ['with RSA when the client has no native plugin', VERSION_9, ['full', 'key', 'accept 6'], ['fast', 'accept 3']],
    ['with a known RSA key', { ...VERSION_9, hasKey: true }, ['full', 'accept 4'], ['fast', 'accept 3']],
  ] as const)('authenticates in full %s, then fast', (_, more, first, second) => {
    const shared = environment();
    const full = logIn('hex', more, shared);
    expect(full.story).toEqual(first);
    expect(full.result?.credentials).toMatchObject({ clear: 's3cret', sha1: null, sha256: null });
    const fast = logIn('hex', more, shared);
    expect(fast.story).toEqual(second);
    expect(fast.result?.credentials).toMatchObject({ clear: 's3cret', sha1: null, sha256: sha2Stage1('s3cret') });
    expect(logIn('hex', { ...more, password: 'wrong' }, shared).error?.errno).toBe(1045);
    expect(shared.stats.counters.clientConnectionsSha2Cached).toBe(1);
  });

  it('refuses what full authentication shows to be wrong, and remembers nothing', () => {
    const shared = environment();
    expect(logIn('hex', { secure: true, password: 'wrong' }, shared).story).toEqual(['full', 'refuse 1045 4']);
    expect(logIn('hex', { ...VERSION_9, password: 'wrong' }, shared).story).toEqual(['full', 'key', 'refuse 1045 6']);
    expect(shared.sha2Cache.size).toBe(0);
  });

  it('keeps native for drivers whose own version happens to be 9', () => {
    const attributes = [
      ['_client_name', 'MySQL Connector/J'],
      ['_client_version', '9.1.0'],
    ] as const;
    expect(logIn('hex', { response: { connectAttributes: attributes } }).story).toEqual([`switch ${NATIVE}`, 'accept 4']);
  });
});

describe('login: $A$', () => {
  it('authenticates in full against the hash, then fast', () => {
    const shared = environment();
    expect(logIn('sha2', {}, shared).story).toEqual(['full', 'key', 'accept 6']);
    const fast = logIn('sha2', {}, shared);
    expect(fast.story).toEqual(['fast', 'accept 3']);
    expect(fast.result?.credentials.sha256).toEqual(sha2Stage1('s3cret'));
    expect(logIn('sha2', { password: 'wrong' }, shared).story).toEqual(['refuse 1045 2']);
  });

  it('asks native clients for caching_sha2', () => {
    expect(logIn('sha2', { plugin: NATIVE, secure: true }, environment(MARIADB)).story).toEqual([`switch ${CACHING}`, 'full', 'accept 6']);
  });

  it('refuses wrong and endless passwords', () => {
    expect(logIn('sha2', { password: 'wrong', secure: true }).story).toEqual(['full', 'refuse 1045 4']);
    expect(logIn('sha2', { password: 'x'.repeat(300), secure: true }).story).toEqual(['full', 'refuse 1045 4']);
  });

  it('refuses what is not encrypted with its key', () => {
    const client = new TestClient(environment(), { username: 'sha2', password: 's3cret' });
    client.send(1, client.firstResponse());
    client.send(3, Buffer.from('s3cret\0'));
    expect(client.story).toEqual(['refuse 1045 4']);
  });
});

describe('login: no password, wrong password, no user', () => {
  it('wants an empty answer for an empty password', () => {
    expect(logIn('open', { password: '' }).story).toEqual(['accept 2']);
    expect(logIn('open', { password: '' }, environment(MARIADB)).result?.credentials.clear).toBe('');
    expect(logIn('open', { password: '', plugin: NATIVE }).story).toEqual([`switch ${NATIVE}`, 'accept 4']);
    expect(logIn('open').story).toEqual(['refuse 1045 2']);
    expect(logIn('open', {}, environment(MARIADB)).story).toEqual(['refuse 1045 2']);
  });

  it.each([CACHING, NATIVE])('treats unknown users as known ones with a wrong password: %s', (plugin) => {
    const known = logIn('clear', { password: 'wrong', plugin });
    const unknown = logIn('nobody', { password: 'wrong', plugin });
    expect(unknown.story).toEqual(known.story);
    expect(unknown.story).toEqual(['refuse 1045 2']);
    expect(unknown.error).toMatchObject({
      sqlState: '28000',
      message: "Access denied for user 'nobody'@'10.0.0.9' (using password: YES)",
    });
  });

  it('says when no password was given', () => {
    for (const username of ['clear', 'hex', 'sha2', 'nobody']) {
      expect(logIn(username, { password: '' }).error?.message).toBe(`Access denied for user '${username}'@'10.0.0.9' (using password: NO)`);
    }
  });

  it('lets accounts that demand TLS in over TLS only', () => {
    expect(logIn('tls').story).toEqual(['refuse 1045 2']);
    expect(logIn('tls', { secure: true }).story).toEqual(['refuse 1045 2']);
    expect(logIn('tls', { encrypted: true }).story).toEqual(['fast', 'accept 4']);
  });

  it('asks the configuration again before it lets a client in', () => {
    const shared = environment();
    const client = new TestClient(shared, { username: 'sha2', password: 's3cret', secure: true });
    client.send(1, client.firstResponse());
    shared.users = [];
    client.send(3, Buffer.from('s3cret\0'));
    expect(client.story).toEqual(['refuse 1045 4']);
  });
});

describe('login: packets', () => {
  it('hands over to TLS and leaves what came with the request to it', () => {
    const client = new TestClient(environment(), { username: 'clear', password: 's3cret' });
    const request = Buffer.alloc(32);
    request.writeUInt32LE((Capability.ssl | Capability.protocol41) >>> 0);
    const hello = Buffer.from('\x16\x03\x01 client hello');
    const bytes = Buffer.concat([encodePacket(1, request), hello]);
    const assembler = new PacketAssembler(1 << 20);
    assembler.continueSequence = true;
    assembler.expectedSequence = 1;
    assembler.feed(bytes, 0, bytes.length);
    expect(assembler.next()).toBe(true);
    client.login.onPacket(assembler.payloadBuffer, assembler.payloadStart, assembler.payloadEnd, assembler.sequence);
    expect(client.tlsRequests).toBe(1);
    expect(assembler.takeUnread()).toEqual(hello);
    expect(() => client.send(2, client.firstResponse())).toThrow(ProtocolViolation);
    client.login.tlsStarted();
    expect(client.login.channel).toMatchObject({ encrypted: true, secure: true });
    expect(() => client.login.onPacket(request, 0, 32, 2)).toThrow(/Bad handshake/);
  });

  it('calls every cut of the response a bad handshake', () => {
    const whole = new TestClient(environment(), { username: 'clear', password: 's3cret' }).firstResponse();
    for (let length = 0; length < 32 + 6 + 1 + 32; length++) {
      const client = new TestClient(environment(), { username: 'clear', password: 's3cret' });
      let code = '';
      try {
        client.send(1, whole.subarray(0, length));
      } catch (error) {
        code = error instanceof ProtocolViolation ? error.code : String(error);
      }
      expect([length, code]).toEqual([length, 'badHandshake']);
    }
  });

  it('refuses clients without PROTOCOL_41, passwords without end, and packets nobody asked for', () => {
    const old = new TestClient(environment(), { username: 'clear', password: '', response: { capabilities: Capability.secureConnection } });
    expect(() => old.send(1, old.firstResponse())).toThrow(expect.objectContaining({ errno: 1043, sqlState: '08S01' }));
    const client = new TestClient(environment(), { username: 'sha2', password: 's3cret', secure: true });
    client.send(1, client.firstResponse());
    expect(() => client.send(3, Buffer.from('s3cret'))).toThrow(ProtocolViolation);
    const done = logIn('clear');
    expect(() => done.send(3, Buffer.from('x'))).toThrow(ProtocolViolation);
  });

  it('agrees on what both have, and fills in collation and schema', () => {
    const within = new TestEnvironment(MARIADB, user('clear', 's3cret', { defaultSchema: 'shop' }));
    const wanted = 0xffff_ffff & ~(Capability.longPassword | Capability.zstdCompression | Capability.connectWithDb | Capability.ssl);
    const response = { capabilities: wanted >>> 0, mariadbCapabilities: 0x17, collation: 0 };
    const { result } = logIn('clear', { response }, within);
    expect(result).toMatchObject({ schema: 'shop', collation: 45, mariadbCapabilities: 0x05 });
    expect(has(result!.capabilities, Capability.compress)).toBe(false);
    expect(result!.capabilities).toBeGreaterThanOrEqual(0);
    const named = { capabilities: Capability.protocol41 | Capability.secureConnection | Capability.connectWithDb, schema: 'other' };
    expect(logIn('clear', { response: named }, within).result?.schema).toBe('other');
  });
});

describe('login: COM_CHANGE_USER', () => {
  const connected = (identity = MYSQL, more: Partial<ClientOptions> = {}): TestClient => logIn('clear', more, environment(identity));

  it.each([
    ['native over the old scramble', 'hex', { plugin: NATIVE }, ['accept 1']],
    ['caching_sha2 that waits to be asked', 'clear', { plugin: CACHING, silentFirst: true }, [`switch ${CACHING}`, 'fast', 'accept 4']],
    ['an empty password', 'open', { plugin: NATIVE, password: '' }, ['accept 1']],
    ['an empty caching_sha2 password', 'open', { plugin: CACHING, password: '' }, [`switch ${CACHING}`, 'accept 3']],
    ['a $A$ account', 'sha2', { plugin: NATIVE }, [`switch ${CACHING}`, 'full', 'key', 'accept 7']],
    ['a wrong password', 'hex', { plugin: NATIVE, password: 'wrong' }, ['refuse 1045 1']],
    ['an unknown user', 'nobody', { plugin: NATIVE }, ['refuse 1045 1']],
  ] as const)('%s', (_, username, more, story) => {
    const client = connected().changeUser({ username, password: 's3cret', ...more });
    expect(client.story).toEqual(story);
    if (client.result !== null) expect(client.result).toMatchObject({ schema: 'shop', collation: 33, user: { username } });
  });

  it('goes on with the scramble of the greeting after a switch', () => {
    const client = connected(MYSQL, { plugin: NATIVE, silentFirst: true });
    const { capabilities } = client.result!;
    client.changeUser({ username: 'hex', password: 's3cret', plugin: NATIVE });
    expect(client.story).toEqual(['accept 1']);
    expect(client.result?.capabilities).toBe(capabilities);
  });

  it('throws for cut packets', () => {
    const client = connected();
    expect(() => client.send(1, Buffer.of(0x11))).toThrow(ProtocolViolation);
  });
});

describe('login: greeting', () => {
  it('offers what servers and weir can both do', () => {
    const { capabilities, mariadbCapabilities } = offeredCapabilities(MYSQL, { tls: true, localInfile: true });
    expect(capabilities).toBe(0x0bff_efdf);
    expect(mariadbCapabilities).toBe(0);
    expect(has(offeredCapabilities(MYSQL, { tls: false, localInfile: true }).capabilities, Capability.ssl)).toBe(false);
    expect(has(offeredCapabilities(MYSQL, { tls: true, localInfile: false }).capabilities, Capability.localFiles)).toBe(false);
    const mariadb = offeredCapabilities(MARIADB, { tls: true, localInfile: true });
    expect([mariadb.capabilities & 1, mariadb.mariadbCapabilities]).toEqual([0, 0x2d]);
    expect(offeredCapabilities({ ...MARIADB, mariadbCapabilities: 0 }, { tls: true, localInfile: true }).capabilities & 1).toBe(1);
  });

  it('names a plugin that weir speaks', () => {
    expect(greetingPlugin(MYSQL)).toBe(CACHING);
    expect(greetingPlugin({ ...MYSQL, authPlugin: 'sha256_password' })).toBe(CACHING);
    expect(greetingPlugin({ ...MYSQL, version: '5.7.44', authPlugin: 'sha256_password' })).toBe(NATIVE);
    expect(greetingPlugin({ ...MARIADB, authPlugin: 'unix_socket' })).toBe(NATIVE);
  });

  it('shows the identity', () => {
    const client = new TestClient(environment(MARIADB), { username: 'clear', password: '' });
    expect(client.greeting).toMatchObject({ serverVersion: '11.4.2-MariaDB', threadId: 77, collation: 45, status: 2, authPlugin: NATIVE });
    expect(client.greeting?.mariadbCapabilities).toBe(0x2d);
  });

  it('does not take TLS that it has not offered', () => {
    const plain = { ...environment(), snapshot: environment().snapshot, secureContext: null, refreshBackendUsers() {} };
    const output = { send() {}, accept() {}, refuse() {}, upgradeToTls() {} };
    const login = new ClientLogin(plain, 1, 'localhost', output, '10.0.0.9');
    login.start();
    const request = Buffer.alloc(32);
    request.writeUInt32LE((Capability.ssl | Capability.protocol41) >>> 0);
    expect(() => login.onPacket(request, 0, 32, 1)).toThrow(/TLS was not offered/);
  });
});

describe('Sha2Cache', () => {
  it('is bounded, keeps what is used, and forgets changed passwords', () => {
    const cache = new Sha2Cache(2);
    cache.remember('a', 'x', 'p');
    cache.remember('b', 'x', 'p');
    expect(cache.get('a', 'x')).not.toBeNull();
    cache.remember('c', 'x', 'p');
    expect([cache.size, cache.get('b', 'x'), cache.get('a', 'y')]).toEqual([2, null, null]);
  });
});

describe('login: the schema', () => {
  it('is what the client names, else what the account has, else mysql-default_schema', () => {
    const within = new TestEnvironment(MYSQL, user('plain', 's3cret'), user('own', 's3cret', { defaultSchema: 'shop' }));
    const WITH_SCHEMA = Capability.protocol41 | Capability.secureConnection | Capability.pluginAuth | Capability.connectWithDb;
    const schemaOf = (username: string, schema = '') =>
      logIn(username, { plugin: NATIVE, response: { schema, capabilities: WITH_SCHEMA } }, within).result?.schema;
    expect([schemaOf('plain'), schemaOf('own'), schemaOf('own', 'named')]).toEqual(['', 'shop', 'named']);
    within.defaultSchema = 'common';
    expect([schemaOf('plain'), schemaOf('own'), schemaOf('plain', 'named')]).toEqual(['common', 'shop', 'named']);
  });
});
