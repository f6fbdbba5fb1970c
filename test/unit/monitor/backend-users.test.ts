import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/base/log.js';
import type { BackendUser, HostTable } from '../../../src/config/snapshot.js';
import { accountOfGlobalPrivRow, accountOfUserRow, type ServerAccount } from '../../../src/monitor/backend-users/account-row.js';
import { BackendUsers } from '../../../src/monitor/backend-users/backend-users.js';
import { RefreshGate } from '../../../src/monitor/backend-users/refresh-gate.js';

const HEX = '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29';
const SHA2 = `$A$005$${'s'.repeat(20)}${'d'.repeat(43)}`;
const inHex = (text: string): string => Buffer.from(text, 'latin1').toString('hex').toUpperCase();

describe('a row of mysql.user', () => {
  const row = {
    User: 'app',
    Host: '%',
    plugin: 'caching_sha2_password',
    authentication_hex: inHex(SHA2),
    account_locked: 'N',
    ssl_type: '',
    max_user_connections: 0,
    User_attributes: null,
  };

  it.each([
    ['as it is', {}, { username: 'app', host: '%', passwords: [SHA2], locked: false, useSsl: false, maxConnections: 0, unusable: '' }],
    ['native', { plugin: 'mysql_native_password', authentication_hex: inHex(HEX) }, { passwords: [HEX] }],
    ['no password', { authentication_hex: '' }, { passwords: [''] }],
    ['locked', { account_locked: 'Y' }, { locked: true }],
    ['REQUIRE SSL', { ssl_type: 'ANY' }, { useSsl: true, unusable: '' }],
    ['REQUIRE X509', { ssl_type: 'X509' }, { unusable: expect.stringContaining('certificate') }],
    ['a limit', { max_user_connections: 7 }, { maxConnections: 7 }],
    [
      'two passwords',
      { User_attributes: { additional_password: HEX }, plugin: 'mysql_native_password', authentication_hex: inHex(HEX) },
      { passwords: [HEX, HEX] },
    ],
    ['two passwords as text', { User_attributes: JSON.stringify({ additional_password: SHA2 }) }, { passwords: [SHA2, SHA2] }],
    ['several factors', { User_attributes: { multi_factor_authentication: [{}] } }, { unusable: expect.stringContaining('factor') }],
    ['another plugin', { plugin: 'sha256_password' }, { passwords: [], unusable: expect.stringContaining('sha256_password') }],
    ['an old row with a password column', { plugin: '', authentication_hex: '', Password: HEX }, { passwords: [HEX] }],
  ] as const)('%s', (_, change, expected) => {
    expect(accountOfUserRow({ ...row, ...change })).toMatchObject(expected);
  });

  it('skips roles and accounts without a name', () => {
    expect(accountOfUserRow({ ...row, User: '' })).toBeNull();
    expect(accountOfUserRow({ ...row, is_role: 'Y' })).toBeNull();
  });
});

describe('a row of mysql.global_priv', () => {
  const of = (privileges: object) => accountOfGlobalPrivRow({ User: 'app', Host: '10.%', Priv: JSON.stringify(privileges) });
  const native = { plugin: 'mysql_native_password', authentication_string: HEX };

  it.each([
    ['native', native, { host: '10.%', passwords: [HEX], locked: false, useSsl: false, maxConnections: 0, unusable: '' }],
    ['no password', { access: 0 }, { passwords: [''] }],
    ['locked', { ...native, account_locked: true }, { locked: true }],
    ['REQUIRE SSL', { ...native, ssl_type: 1 }, { useSsl: true, unusable: '' }],
    ['REQUIRE SUBJECT', { ...native, ssl_type: 3 }, { unusable: expect.stringContaining('certificate') }],
    ['no connection at all', { ...native, max_user_connections: -1 }, { locked: true, maxConnections: 0 }],
    [
      'alternatives',
      { ...native, auth_or: [{ plugin: 'unix_socket' }, {}, { plugin: 'mysql_native_password', authentication_string: '' }] },
      { passwords: [HEX, ''] },
    ],
    [
      'ed25519',
      { plugin: 'ed25519', authentication_string: 'x' },
      { passwords: [], unusable: expect.stringContaining('it uses ed25519, whose proof can not be passed on') },
    ],
    [
      'root of a fresh server',
      { plugin: 'mysql_native_password', authentication_string: 'invalid', auth_or: [{}, { plugin: 'unix_socket' }] },
      { unusable: expect.stringContaining('without a valid hash or unix_socket') },
    ],
  ] as const)('%s', (_, privileges, expected) => {
    expect(of(privileges)).toMatchObject(expected);
  });

  it('skips roles', () => {
    expect(of({ is_role: true })).toBeNull();
  });
});

describe('refresh gate', () => {
  it('runs once for all who ask before it begins, and again for who asks later', async () => {
    let runs = 0;
    const gate = new RefreshGate(async () => {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }, 30);
    const begun = performance.now();
    const first = gate.request();
    expect(gate.request()).toBe(first);
    await first;
    const second = [gate.request(), gate.request(), gate.request()];
    expect(new Set(second).size).toBe(1);
    await Promise.all(second);
    expect([runs, performance.now() - begun >= 29]).toEqual([2, true]);
  });
});

describe('backend users', () => {
  const account = (username: string, more: Partial<ServerAccount> = {}): ServerAccount => ({
    ...{ username, host: '%', passwords: [HEX], locked: false, useSsl: false, maxConnections: 0, unusable: '' },
    ...more,
  });

  function world(variables: Record<string, string>, tables: Record<string, ServerAccount[] | Error>) {
    const logged: unknown[] = [];
    const told: (readonly BackendUser[])[] = [];
    const read: string[] = [];
    const place = (hostgroup: number, key: string, status = 'ONLINE') => ({ hostgroup, key, status });
    const config = {
      snapshot: { servers: [{ hostgroup: 3 }], replicationHostgroups: [] as { writer: number; reader: number }[] },
      variables: new Map([['mysql-users_from_backend', 'true'], ...Object.entries(variables)]),
      rows: { mysql_users: [] as { username: string; active: number }[] },
    };
    const placements = [place(0, 'w1'), place(1, 'r1'), place(10, 'w2'), place(3, 's3'), place(1, 'off', 'SHUNNED')];
    const log = { error: (fields: unknown) => logged.push(fields), info: (fields: unknown) => logged.push(fields) } as unknown as Logger;
    const users = new BackendUsers(
      {
        log,
        hosts: () => ({ placements }) as unknown as HostTable,
        onUsers: (list) => told.push(list),
        read: async (target) => {
          const { key } = target as unknown as { key: string };
          read.push(key);
          const answer = tables[key] ?? [];
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      config as unknown as ConstructorParameters<typeof BackendUsers>[1],
    );
    return { users, config, logged, told, read };
  }

  const PAIRS = [
    { writer: 0, reader: 1 },
    { writer: 10, reader: 11 },
  ];

  it('takes the writers of all pairs; the first that has an account keeps it', async () => {
    const { users, config } = world({}, { w1: [account('a')], w2: [account('a'), account('b')] });
    config.snapshot.replicationHostgroups = PAIRS;
    await users.reconfigure();
    expect(users.users.map(({ username, defaultHostgroup }) => [username, defaultHostgroup])).toEqual([
      ['a', 0],
      ['b', 10],
    ]);
    users.stop();
  });

  it('takes the hostgroup that is named, and without pairs the lowest', async () => {
    const named = world({ 'mysql-users_from_backend_hostgroup': '10' }, { w2: [account('b')] });
    await named.users.reconfigure();
    expect(named.users.users[0]).toMatchObject({ username: 'b', defaultHostgroup: 10 });
    named.users.stop();
    const bare = world({}, { s3: [account('c')] });
    await bare.users.reconfigure();
    expect(bare.users.users[0]).toMatchObject({ username: 'c', defaultHostgroup: 3 });
    bare.users.stop();
  });

  it('reads a replica where the writer does not answer, and says once what is wrong', async () => {
    const denied = Object.assign(new Error('SELECT command denied'), { errno: 1142 });
    const tables: Record<string, ServerAccount[] | Error> = { w1: denied, r1: denied };
    const { users, config, logged, told, read } = world({}, tables);
    config.snapshot.replicationHostgroups = [{ writer: 0, reader: 1 }];
    await users.reconfigure();
    await users.refresh();
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).toContain("GRANT SELECT ON mysql.user (MySQL) or mysql.global_priv (MariaDB) TO 'monitor'");
    expect(told).toEqual([]);
    tables['r1'] = [account('a')];
    await users.refresh();
    expect(read.slice(-2)).toEqual(['w1', 'r1']);
    expect([told.length, logged.length]).toEqual([1, 2]);
    tables['r1'] = denied;
    await users.refresh();
    expect(users.users).toHaveLength(1);
    users.stop();
  });

  it('leaves out names that mysql_users has, and everything once it is switched off', async () => {
    const { users, config, told } = world({}, { s3: [account('a'), account('b')] });
    config.rows.mysql_users = [{ username: 'a', active: 0 }];
    await users.reconfigure();
    expect(users.users.map(({ username }) => username)).toEqual(['b']);
    config.variables.set('mysql-users_from_backend', 'false');
    await users.reconfigure();
    expect(told.at(-1)).toEqual([]);
    await users.refresh();
    expect(users.users).toEqual([]);
  });
});
