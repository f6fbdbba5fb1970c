import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPassword, isLocal, judgeLogin, type LoginAttempt, mustAskNative } from '../../../src/admin/accounts.js';
import { nativeHash } from '../../../src/admin/password-functions.js';
import { sha2ResponseOfPassword } from '../../../src/protocol/auth/caching-sha2.js';
import { nativeResponseOfPassword } from '../../../src/protocol/auth/native-password.js';
import { AuthPlugin } from '../../../src/protocol/auth/plugins.js';
import { generateScramble } from '../../../src/protocol/auth/scramble.js';
import { verifyStoredSha2 } from '../../../src/protocol/auth/stored-sha2.js';
import { parsePassword } from '../../../src/session/login/account.js';
import { layersWorld } from './layers-world.js';

const variables = new Map([
  ['admin-admin_credentials', `admin:admin;dba:s:cret;hashed:${nativeHash('h')};open:`],
  ['admin-stats_credentials', 'stats:stats;viewer:v'],
]);
const scramble = generateScramble();
const attempt = (username: string, password: string, more: Partial<LoginAttempt> = {}): LoginAttempt => {
  const plugin = more.plugin ?? AuthPlugin.cachingSha2;
  const response =
    plugin === AuthPlugin.cachingSha2 ? sha2ResponseOfPassword(password, scramble) : nativeResponseOfPassword(password, scramble);
  return { username, plugin, response, scramble, local: true, ...more };
};

describe('accounts of the admin port', () => {
  it.each([AuthPlugin.cachingSha2, AuthPlugin.nativePassword])('have their roles: %s', (plugin) => {
    const judge = (username: string, password: string, local = true) =>
      judgeLogin(attempt(username, password, { plugin, local }), variables);
    expect(judge('admin', 'admin')).toBe('admin');
    expect(judge('dba', 's:cret')).toBe('admin');
    expect(judge('viewer', 'v')).toBe('stats');
    expect(judge('open', '')).toBe('admin');
    expect(judge('dba', 'wrong')).toBe('denied');
    expect(judge('dba', '')).toBe('denied');
    expect(judge('nobody', 'no such account')).toBe('denied');
    expect(judge('hashed', nativeHash('h'))).toBe('denied');
  });

  it('may be given by a hash', () => {
    const plugin = AuthPlugin.nativePassword;
    expect(judgeLogin(attempt('hashed', 'h', { plugin }), variables)).toBe('admin');
    expect(judgeLogin(attempt('hashed', 'x', { plugin }), variables)).toBe('denied');
    expect(mustAskNative('hashed', AuthPlugin.cachingSha2, Buffer.alloc(32), variables)).toBe(true);
    expect(mustAskNative('dba', AuthPlugin.cachingSha2, Buffer.alloc(32), variables)).toBe(false);
    expect(mustAskNative('dba', 'client_ed25519', Buffer.alloc(32), variables)).toBe(true);
    expect(mustAskNative('dba', plugin, Buffer.alloc(0), variables)).toBe(true);
    expect(mustAskNative('dba', plugin, Buffer.alloc(20), variables)).toBe(false);
  });

  it('named admin and stats are for this machine only', () => {
    const remote = { local: false };
    expect(judgeLogin(attempt('admin', 'admin', remote), variables)).toBe('remote');
    expect(judgeLogin(attempt('stats', 'stats', remote), variables)).toBe('remote');
    expect(judgeLogin(attempt('admin', 'wrong', remote), variables)).toBe('denied');
    expect(judgeLogin(attempt('dba', 's:cret', remote), variables)).toBe('admin');
    expect(judgeLogin(attempt('viewer', 'v', remote), variables)).toBe('stats');
  });

  it.each([
    ['', true],
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
  ])('%s is of this machine: %s', (address, expected) => {
    expect(isLocal(address)).toBe(expected);
  });

  it('tells an empty answer of either plugin', () => {
    expect([Buffer.alloc(0), Buffer.of(0), Buffer.alloc(20)].map(hasPassword)).toEqual([false, false, true]);
  });
});

describe('accounts on the admin port', () => {
  const CNF = `mysql_servers = ( { address = "db1" port = 3306 hostgroup = 1 } )
    mysql_users = ( { username = "app" password = "p" default_hostgroup = 1 } )`;
  let world: ReturnType<typeof layersWorld>;
  beforeEach(() => {
    world = layersWorld(CNF);
  });
  afterEach(() => world.close());

  const rows = async (sql: string) => {
    const reply = await world.execute(sql);
    return reply.kind === 'rows' ? reply.rows : reply;
  };

  it('a name with two roles is refused at LOAD', async () => {
    await world.execute("SET admin-stats_credentials = 'stats:stats;admin:x'");
    await expect(world.execute('LOAD ADMIN VARIABLES TO RUNTIME')).rejects.toThrow(/the account admin is in admin-admin_credentials too/);
    await world.execute("SET admin-stats_credentials = 'viewer:x'");
    await world.execute('LOAD ADMIN VARIABLES TO RUNTIME');
    expect(world.runtime.variables.get('admin-stats_credentials')).toBe('viewer:x');
  });

  it('SAVE keeps passwords as given, or writes hashes with admin-hash_passwords', async () => {
    const sha2 = 'CACHING_SHA2_PASSWORD("p")';
    await world.execute(`INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('hex', MYSQL_NATIVE_PASSWORD('h'), 1)`);
    await world.execute(`INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('sha', ${sha2}, 1), ('none', NULL, 1)`);
    await world.execute(
      `INSERT INTO mysql_users (username, password, default_hostgroup, attributes) VALUES ('two', 'a', 1, '{"x":1,"additional_password":"b"}')`,
    );
    await world.execute('LOAD MYSQL USERS TO RUNTIME');
    const before = await rows('SELECT username, password, attributes FROM mysql_users ORDER BY 1');
    await world.execute('SAVE MYSQL USERS FROM RUNTIME');
    expect(await rows('SELECT username, password, attributes FROM mysql_users ORDER BY 1')).toEqual(before);
    await world.execute('SET admin-hash_passwords = true');
    await world.execute('LOAD ADMIN VARIABLES TO RUNTIME');
    await world.execute('SAVE MYSQL USERS TO MEMORY');
    const after = new Map(
      ((await rows('SELECT username, password, attributes FROM mysql_users')) as unknown as string[][]).map(([name, ...rest]) => [
        name,
        rest,
      ]),
    );
    expect(after.get('app')).toEqual([nativeHash('p'), '']);
    expect(after.get('hex')).toEqual([nativeHash('h'), '']);
    expect(after.get('sha')?.[0]).toMatch(/^\$A\$005\$/);
    expect(after.get('none')).toEqual([null, '']);
    expect(after.get('two')).toEqual([nativeHash('a'), JSON.stringify({ x: 1, additional_password: nativeHash('b') })]);
  });

  it('functions make hashes', async () => {
    expect(await rows("SELECT MYSQL_NATIVE_PASSWORD('test'), mysql_native_password(''), MYSQL_NATIVE_PASSWORD(NULL)")).toEqual([
      ['*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29', '', null],
    ]);
    const [[first, second, salted]] = (await rows(
      "SELECT CACHING_SHA2_PASSWORD('p'), CACHING_SHA2_PASSWORD('p'), CACHING_SHA2_PASSWORD('p', 'abcdefghij0123456789')",
    )) as unknown as [string[]];
    expect(first).not.toBe(second);
    expect(salted).toMatch(/^\$A\$005\$abcdefghij0123456789/);
    for (const text of [first, second, salted]) {
      const stored = parsePassword(text as string);
      expect(stored.kind === 'sha2Hash' && verifyStoredSha2(stored.stored, 'p')).toBe(true);
    }
    await expect(world.execute("SELECT CACHING_SHA2_PASSWORD('p', 'short')")).rejects.toThrow(/20 ASCII characters/);
  });

  it('what looks like a hash and is none is named, without its text', async () => {
    const odd = [`*${'z'.repeat(40)}`, '$A$005$short', `0x244124${'00'.repeat(10)}`];
    for (const [index, password] of odd.entries()) {
      await world.execute(`INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('odd${index}', '${password}', 1)`);
    }
    await world.execute(`INSERT INTO mysql_users (username, password, default_hostgroup, attributes)
      VALUES ('more', '*', 1, '{"additional_password":7,"spiffe_id":"x"}')`);
    const reply = await world.execute('LOAD MYSQL USERS TO RUNTIME');
    const warnings = reply.kind === 'ok' ? reply.warnings : [];
    expect(warnings).toEqual([
      expect.stringMatching(/mysql_users \(odd0, 1\): password: looks like a hash/),
      expect.stringMatching(/mysql_users \(odd1, 1\): password: begins with \$A\$ but/),
      expect.stringMatching(/mysql_users \(odd2, 1\): password: begins with \$A\$ but/),
      expect.stringMatching(/mysql_users \(more, 1\): attributes.additional_password: is no text/),
      expect.stringMatching(/mysql_users \(more, 1\): attributes.spiffe_id: has no effect/),
    ]);
    expect(warnings.join()).not.toContain('zzz');
  });
});
