import { describe, expect, it } from 'vitest';
import { IdentityInterner } from '../../../src/backend/identity.js';
import type { BackendUser } from '../../../src/config/snapshot.js';
import { formatNativeHash, nativeStage1, nativeStage2 } from '../../../src/protocol/auth/native-password.js';
import { formatStoredSha2 } from '../../../src/protocol/auth/stored-sha2.js';
import { BackendUserTable } from '../../../src/session/login/backend-user-table.js';
import { type ClientOptions, MARIADB, MYSQL, TestClient, TestEnvironment, user } from './login-client.js';

const SALT = Buffer.from('abcdefghij0123456789');
const native = (password: string): string => formatNativeHash(nativeStage2(nativeStage1(password)));
const sha2 = (password: string): string => formatStoredSha2(password, SALT).toString('latin1');
const NATIVE = 'mysql_native_password';
const CACHING = 'caching_sha2_password';

const logIn = (within: TestEnvironment, options: Partial<ClientOptions> & { password: string }): TestClient =>
  new TestClient(within, { username: 'app', ...options }).run();

describe('login: two passwords', () => {
  const two = (first: string, second: string): TestEnvironment =>
    new TestEnvironment(MYSQL, user('app', first, { additionalPasswords: [second] }));

  it('lets in with either, and knows the other one for servers', () => {
    const within = two('old', 'new');
    for (const [password, other] of [
      ['old', 'new'],
      ['new', 'old'],
    ] as const) {
      const { result } = logIn(within, { password });
      expect(result?.credentials).toMatchObject({ clear: password, passwords: [password, other], alternative: { clear: other } });
    }
    expect(logIn(within, { password: 'none' }).story).toEqual(['refuse 1045 2']);
  });

  it.each([
    ['two hashes, native', native('old'), native('new'), { plugin: NATIVE }, ['accept 2']],
    ['clear and native hash', 'old', native('new'), { plugin: NATIVE }, ['accept 2']],
    ['clear and $A$', 'old', sha2('new'), { secure: true }, ['full', 'accept 4']],
    ['native hash and $A$', native('old'), sha2('new'), { plugin: NATIVE, secure: true }, [`switch ${CACHING}`, 'full', 'accept 6']],
    ['$A$ and clear', sha2('old'), 'new', { secure: true }, ['fast', 'accept 3']],
  ] as const)('%s', (_, first, second, options, story) => {
    expect(logIn(two(first, second), { password: 'new', ...options }).story).toEqual(story);
    expect(logIn(two(first, second), { password: 'wrong', ...options }).error?.errno).toBe(1045);
  });

  it('takes a $A$ hash in hexadecimal digits', () => {
    const hex = `0x${Buffer.from(sha2('s3cret'), 'latin1').toString('hex').toUpperCase()}`;
    const within = new TestEnvironment(MYSQL, user('app', hex));
    expect(logIn(within, { password: 's3cret', secure: true }).story).toEqual(['full', 'accept 4']);
  });
});

describe('credentials for servers', () => {
  const get = (interner: IdentityInterner, credentials: Parameters<IdentityInterner['get']>[4]) =>
    interner.get('app', 0, 0, 45, credentials).credentials;
  const sha1 = nativeStage1('p');

  it('never mixes what is known of two passwords', () => {
    const interner = new IdentityInterner();
    get(interner, { clear: 'old', sha1: null, sha256: null, passwords: ['h-old'] });
    const now = get(interner, { clear: null, sha1, sha256: null, passwords: ['h-new'] });
    expect(now).toMatchObject({ clear: null, sha1, alternative: null });
  });

  it('keeps the one as alternative while the account has both', () => {
    const interner = new IdentityInterner();
    get(interner, { clear: 'old', sha1: null, sha256: null, passwords: ['h-old', 'h-new'] });
    const both = get(interner, { clear: null, sha1, sha256: null, passwords: ['h-new', 'h-old'] });
    expect(both).toMatchObject({ clear: null, alternative: { clear: 'old' } });
    const alone = get(interner, { clear: null, sha1, sha256: null, passwords: ['h-new'] });
    expect(alone.alternative).toBeNull();
  });

  it('adds up what is known of one', () => {
    const interner = new IdentityInterner();
    get(interner, { clear: 'p', sha1: null, sha256: null, passwords: ['h'] });
    expect(get(interner, { clear: null, sha1, sha256: null, passwords: ['h'] })).toMatchObject({ clear: 'p', sha1 });
  });
});

const account = (host: string, password: string, more: Partial<BackendUser> = {}): BackendUser => ({
  username: 'app',
  host,
  passwords: [password],
  locked: false,
  useSsl: false,
  maxConnections: 0,
  defaultHostgroup: 1 as BackendUser['defaultHostgroup'],
  unusable: '',
  ...more,
});

describe('login: accounts of the servers', () => {
  function serversHave(identity: typeof MYSQL, ...users: BackendUser[]): TestEnvironment {
    const within = new TestEnvironment(identity);
    within.onServers = new BackendUserTable(users);
    within.backendUsers = within.onServers;
    return within;
  }

  it('takes the most specific host that fits', () => {
    const within = serversHave(
      MARIADB,
      account('%', native('any')),
      account('10.0.0.9', native('nine')),
      account('localhost', native('here')),
    );
    expect(logIn(within, { password: 'nine' }).story).toEqual(['accept 2']);
    expect(logIn(within, { password: 'any' }).error?.errno).toBe(1045);
    expect(logIn(within, { password: 'any', address: '10.0.0.8' }).story).toEqual(['accept 2']);
    expect(logIn(within, { password: 'here', secure: true }).story).toEqual(['accept 2']);
    expect(logIn(within, { password: 'here', address: '127.0.0.1' }).result?.user).toMatchObject({
      host: 'localhost',
      defaultHostgroup: 1,
    });
  });

  it('prefers rows of mysql_users', () => {
    const within = serversHave(MARIADB, account('%', native('servers')));
    within.users = [user('app', 'own')];
    expect(logIn(within, { password: 'own' }).story).toEqual(['accept 2']);
    expect(logIn(within, { password: 'servers' }).error?.errno).toBe(1045);
    expect(within.refreshes).toBe(0);
  });

  it('asks the servers once more before it denies', () => {
    const within = new TestEnvironment(MARIADB);
    within.onServers = new BackendUserTable([account('%', native('new'))]);
    expect(logIn(within, { password: 'new' }).story).toEqual(['accept 2']);
    expect(within.refreshes).toBe(1);
    expect(logIn(within, { password: 'wrong' }).story).toEqual(['refuse 1045 2']);
    expect(within.refreshes).toBe(2);
    within.onServers = new BackendUserTable([account('%', native('newer'))]);
    expect(logIn(within, { password: 'newer' }).story).toEqual(['accept 2']);
    within.onServers = new BackendUserTable([account('%', native('newest'))]);
    expect(logIn(within, { password: 'wrong' }).story).toEqual(['refuse 1045 2']);
  });

  it('goes on in the plugin that the account has now', () => {
    const within = serversHave(MARIADB, account('%', native('old')));
    within.onServers = new BackendUserTable([account('%', sha2('new'))]);
    expect(logIn(within, { password: 'new', secure: true }).story).toEqual([`switch ${CACHING}`, 'full', 'accept 6']);
    within.onServers = new BackendUserTable([account('%', sha2('third'))]);
    const third = logIn(within, { password: 'third', plugin: CACHING, secure: true });
    expect(third.story.at(-1)).toMatch(/^accept/);
  });

  it('judges a password in clear by the hash that the account has now', () => {
    const within = serversHave(MYSQL, account('%', sha2('old')));
    within.onServers = new BackendUserTable([account('%', sha2('new'))]);
    expect(logIn(within, { password: 'new', encrypted: true }).story).toEqual(['full', 'accept 5']);
  });

  it('refuses locked accounts in the words of their server, after the password', () => {
    const locked = account('%', native('p'), { locked: true });
    expect(logIn(serversHave(MARIADB, locked), { password: 'p' }).error).toMatchObject({ errno: 4151 });
    expect(logIn(serversHave(MYSQL, locked), { password: 'p', plugin: NATIVE }).error).toMatchObject({ errno: 3118 });
    expect(logIn(serversHave(MARIADB, locked), { password: 'wrong' }).error).toMatchObject({ errno: 1045 });
  });

  it('honours REQUIRE SSL, and takes any of several passwords', () => {
    const demanding = serversHave(MARIADB, account('%', native('p'), { useSsl: true, passwords: [native('p'), native('q')] }));
    expect(logIn(demanding, { password: 'p' }).error?.errno).toBe(1045);
    expect(logIn(demanding, { password: 'q', encrypted: true }).story).toEqual(['accept 3']);
  });

  it('says why an account can not be used', () => {
    const within = serversHave(MARIADB, account('%', '', { unusable: 'it uses ed25519' }));
    const { error } = logIn(within, { password: 'p' });
    expect(error?.errno).toBe(1524);
    expect(error?.message).toContain('it uses ed25519');
    expect(logIn(within, { password: '' }).error?.errno).toBe(1524);
  });

  it('calls nothing any more once the client is gone', () => {
    const within = serversHave(MARIADB, account('%', native('p')));
    let later = (): void => {};
    within.refreshBackendUsers = (_name, onDone) => {
      later = onDone;
    };
    const client = logIn(within, { password: 'wrong' });
    expect(client.story).toEqual([]);
    client.login.cancel();
    later();
    expect(client.story).toEqual([]);
  });
});
