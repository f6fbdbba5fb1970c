import { describe, expect, test } from 'vitest';
import { configVersion } from '../../../src/base/ids.js';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import { buildSnapshot, type SnapshotInput } from '../../../src/config/snapshot-builder.js';
import type { ConfigRow, ConfigRows } from '../../../src/config/table-types.js';
import { withDefaults } from '../../../src/config/variables.js';

const rsa = { privateKey: 'private', publicKey: 'public' };

function inputOf(text: string, extras: Partial<SnapshotInput> = {}): SnapshotInput {
  const loaded = loadCnf(parseCnf(text, 'f.cnf'));
  expect(loaded.errors).toEqual([]);
  return {
    version: configVersion(3),
    rows: loaded.rows,
    variables: withDefaults(loaded.variables),
    tls: null,
    rsa,
    readPem: (path) => `PEM of ${path}`,
    ...extras,
  };
}

function snapshotOf(text: string, extras: Partial<SnapshotInput> = {}) {
  const result = buildSnapshot(inputOf(text, extras));
  if (!result.ok) throw new Error(result.errors.join('\n'));
  return result.snapshot;
}

function errorsOf(rows: ConfigRows, extras: Partial<SnapshotInput> = {}): readonly string[] {
  const result = buildSnapshot({ ...inputOf(''), rows, ...extras });
  return result.ok ? [] : result.errors;
}

const userRow = (values: ConfigRow): ConfigRow => ({ ...inputOf('mysql_users=({username="u"})').rows['mysql_users']![0]!, ...values });

describe('snapshot', () => {
  test('servers, pairs and users', () => {
    const snapshot = snapshotOf(`
      mysql_servers=({address="db1" hostgroup=1 comment="one"},{address="/run/my.sock" port=0 hostgroup=2 weight=0 status="offline_soft"})
      mysql_replication_hostgroups=({writer_hostgroup=1 reader_hostgroup=2 check_type="READ_ONLY|INNODB_READ_ONLY"})
      mysql_users=({username="app" password="p" default_hostgroup=1 default_schema="" max_connections=5},{username="off" default_hostgroup=1 active=0})`);
    expect(snapshot.version).toBe(3);
    expect(snapshot.servers).toEqual([
      {
        hostgroup: 1,
        hostname: 'db1',
        port: 3306,
        key: 'db1:3306',
        status: 'ONLINE',
        weight: 1,
        maxConnections: 1000,
        maxReplicationLagSec: 0,
        maxLatencyMs: 0,
        useSsl: false,
        comment: 'one',
      },
      {
        hostgroup: 2,
        hostname: '/run/my.sock',
        port: 0,
        key: '/run/my.sock',
        status: 'OFFLINE_SOFT',
        weight: 0,
        maxConnections: 1000,
        maxReplicationLagSec: 0,
        maxLatencyMs: 0,
        useSsl: false,
        comment: '',
      },
    ]);
    expect(snapshot.replicationHostgroups).toEqual([{ writer: 1, reader: 2, checkType: 'read_only|innodb_read_only' }]);
    expect(snapshot.users).toEqual([
      {
        username: 'app',
        password: 'p',
        additionalPasswords: [],
        defaultHostgroup: 1,
        defaultSchema: null,
        schemaLocked: false,
        transactionPersistent: true,
        maxConnections: 5,
        useSsl: false,
      },
    ]);
  });

  test('active rules in rule_id order', () => {
    const { queryRules } = snapshotOf(`mysql_query_rules=(
      {rule_id=9 match_digest="^B" destination_hostgroup=2 apply=1 multiplex=2 re_modifiers="caseless, GLOBAL"},
      {rule_id=3 match_pattern="^A" negate_match_pattern=1 flagIN=1 flagOUT=2 error_msg="no" re_modifiers=""},
      {rule_id=5 active=0})`);
    expect(queryRules.map((rule) => rule.ruleId)).toEqual([3, 9]);
    expect(queryRules[0]).toMatchObject({
      matchPattern: '^A',
      matchDigest: null,
      negateMatchPattern: true,
      flagIn: 1,
      flagOut: 2,
      errorMessage: 'no',
      destinationHostgroup: null,
      modifiers: [],
      apply: false,
      multiplex: null,
    });
    expect(queryRules[1]).toMatchObject({ destinationHostgroup: 2, modifiers: ['CASELESS', 'GLOBAL'], apply: true, multiplex: 2 });
  });

  test('variables', () => {
    const { variables } = snapshotOf(
      'mysql_variables={read_write_split="off" max_connections=7 ssl_p2s_ca="/ca.pem" use_tcp_keepalive=false wait_timeout=1000 max_allowed_packet=1073741824}',
    );
    expect(variables).toMatchObject({
      readWriteSplit: 'off',
      maxConnections: 7,
      serverCaPem: 'PEM of /ca.pem',
      serverKeyPem: null,
      tcpKeepAliveSec: 0,
      waitTimeoutMs: 1000,
      // A text of as many bytes is a string for V8 still.
      maxAllowedPacketBytes: 511 * 2 ** 20,
      writerGuard: true,
      localInfile: true,
      defaultSchema: '',
    });
  });

  test('is plain data', () => {
    const snapshot = snapshotOf('mysql_users=({username="a"})');
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });
});

describe('accounts in two rows', () => {
  const split = (values: ConfigRow = {}): ConfigRow[] => [
    userRow({ frontend: 1, backend: 0, password: 'p', max_connections: 7 }),
    userRow({ frontend: 0, backend: 1, password: 'p', ...values }),
  ];

  test('become one account', () => {
    const result = buildSnapshot({ ...inputOf(''), rows: { mysql_users: split() } });
    expect(result.ok && result.snapshot.users).toMatchObject([{ username: 'u', password: 'p', maxConnections: 7 }]);
  });

  test('with different passwords are refused', () => {
    expect(errorsOf({ mysql_users: split({ password: 'q' }) })).toEqual([
      'mysql_users (u, backend 0): password: the rows for clients and for servers have different passwords; accepted: the same one in both',
    ]);
  });

  test('the second one missing or inactive', () => {
    const message = 'mysql_users (u, backend 0): may log in to weir but to no server; accepted: backend=1, or an active row with backend=1';
    expect(errorsOf({ mysql_users: split().slice(0, 1) })).toEqual([message]);
    expect(errorsOf({ mysql_users: split({ active: 0 }) })).toEqual([message]);
  });

  test('an account for servers only is no account of clients', () => {
    const result = buildSnapshot({ ...inputOf(''), rows: { mysql_users: [userRow({ frontend: 0, backend: 1 })] } });
    expect(result.ok && result.snapshot.users).toEqual([]);
  });
});

describe('refusals name row, column and what is accepted', () => {
  test('rows', () => {
    expect(errorsOf({ mysql_users: [userRow({ default_hostgroup: -1 }), userRow({ username: 'v', default_hostgroup: 'one' })] })).toEqual([
      'mysql_users (u, 1): default_hostgroup: found -1; accepted: an integer of at least 0',
      'mysql_users (v, 1): default_hostgroup: found a text; accepted: an integer of at least 0',
    ]);
  });

  test('pairs', () => {
    const pair = (writer: number, reader: number): ConfigRow => ({
      writer_hostgroup: writer,
      reader_hostgroup: reader,
      check_type: 'read_only',
      comment: '',
    });
    expect(errorsOf({ mysql_replication_hostgroups: [pair(1, 2), pair(3, 1)] })).toEqual([
      'mysql_replication_hostgroups (3): reader_hostgroup: hostgroup 1 is the writer of another pair; accepted: a hostgroup that is no writer_hostgroup',
    ]);
  });

  test('variables and files', () => {
    expect(
      errorsOf(
        {},
        {
          variables: new Map([
            ['mysql-max_connections', 'x'],
            ['mysql-of_another_weir', 'x'],
            ['admin-version', 'x'],
          ]),
        },
      ),
    ).toEqual(['mysql-max_connections: this value can not be used; accepted: an integer from 1 to 1000000 (connections)']);
    const readPem = (): string => {
      throw new Error('ENOENT');
    };
    expect(errorsOf({}, { variables: new Map([['mysql-ssl_p2s_key', '/k']]), readPem })).toEqual([
      'mysql-ssl_p2s_key: can not read /k: ENOENT',
    ]);
  });

  test('patterns of active rules', () => {
    const { rows } = inputOf('mysql_query_rules=({rule_id=1 match_digest="("},{rule_id=2 match_digest="(" active=0})');
    expect(errorsOf(rows, { checkPattern: (pattern, modifiers) => `${pattern} with ${modifiers.join()} is not closed` })).toEqual([
      'mysql_query_rules (1): match_digest: ( with CASELESS is not closed; accepted: a regular expression',
    ]);
  });
});
