import { describe, expect, test } from 'vitest';
import { parseInterfaces } from '../../../src/config/interfaces.js';
import {
  booleanValue,
  findVariable,
  integerValue,
  ownVariableNames,
  parseCredentials,
  parseVariable,
  textValue,
  variableTable,
  withDefaults,
} from '../../../src/config/variables.js';

const parse = (name: string, text: string) => parseVariable(findVariable(name)!, text);

describe('variable table', () => {
  test('names are unique and have a prefix', () => {
    const names = variableTable.map((record) => record.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^(mysql|admin)-\w+$/);
  });

  test('every default is accepted in its own spelling', () => {
    for (const record of variableTable)
      expect(parseVariable(record, record.default), record.name).toEqual({ ok: true, value: record.default });
  });

  test('every doc is one sentence', () => {
    for (const record of variableTable) expect(record.doc, record.name).toMatch(/^\S.*[^.]\.$/);
  });

  test("a default that is not ProxySQL's is explained", () => {
    const differing = variableTable.filter((record) => record.proxysqlDefault !== null && record.implemented && !record.readOnly);
    for (const record of differing) expect(record.doc, record.name).toMatch(/default|ProxySQL/);
  });

  test('has the names of the reference', () => {
    const proxysql = variableTable.filter((record) => !ownVariableNames.includes(record.name));
    expect(proxysql.filter((record) => record.name.startsWith('admin-'))).toHaveLength(49);
    expect(proxysql.length).toBeGreaterThanOrEqual(162 + 49);
    for (const name of [
      'mysql-min_num_servers_lantency_awareness',
      'mysql-query_cache_size_MB',
      'admin-cluster_ldap_variables_save_to_disk',
    ]) {
      expect(findVariable(name), name).toBeDefined();
    }
  });

  test('is found in any case', () => expect(findVariable('MYSQL-Max_Connections')?.name).toBe('mysql-max_connections'));
});

describe('values', () => {
  test.each([
    ['mysql-max_connections', '007', '7'],
    ['mysql-max_connections', ' 100 ', '100'],
    ['mysql-have_ssl', 'TRUE', 'true'],
    ['mysql-have_ssl', '0', 'false'],
    ['mysql-read_write_split', 'OFF', 'off'],
    ['mysql-default_schema', ' a ', ' a '],
    ['mysql-interfaces', '', '0.0.0.0:6033'],
    ['admin-admin_credentials', 'a:b:c;d:', 'a:b:c;d:'],
  ])('%s %j is %j', (name, text, value) => expect(parse(name, text)).toEqual({ ok: true, value }));

  test.each([
    ['mysql-max_connections', '1e3', 'an integer from 1 to 1000000 (connections)'],
    ['mysql-max_connections', '', 'an integer from 1 to 1000000 (connections)'],
    ['mysql-max_connections', '0', 'an integer from 1 to 1000000 (connections)'],
    ['mysql-have_ssl', 'on', 'true or false'],
    ['mysql-read_write_split', 'yes', '"auto", "off"'],
    ['mysql-interfaces', 'localhost', '"host:port", "[IPv6]:port" or "/path/of.sock", separated by ";"'],
    ['admin-admin_credentials', ':x', '"user:password", more of them separated by ";"'],
    ['admin-admin_credentials', 'a:b;a:c', '"user:password", more of them separated by ";"'],
  ])('%s refuses %j', (name, text, accepted) => expect(parse(name, text)).toEqual({ ok: false, accepted }));

  test('typed access falls back to the default', () => {
    const values = new Map([['mysql-max_connections', '5']]);
    expect(integerValue(values, 'mysql-max_connections')).toBe(5);
    expect(integerValue(values, 'mysql-wait_timeout')).toBe(28_800_000);
    expect(booleanValue(values, 'mysql-multiplexing')).toBe(true);
    expect(textValue(values, 'mysql-server_version')).toBe('auto');
    expect(() => integerValue(values, 'mysql-multiplexing')).toThrow('is no integer');
    expect(withDefaults(values).size).toBe(variableTable.length);
  });
});

describe('interfaces', () => {
  test.each([
    ['0.0.0.0:6033', [{ kind: 'tcp', host: '0.0.0.0', port: 6033 }]],
    [
      '[::1]:6033 ; /tmp/a.sock;',
      [
        { kind: 'tcp', host: '::1', port: 6033 },
        { kind: 'unix', path: '/tmp/a.sock' },
      ],
    ],
    ['db.example.com:1', [{ kind: 'tcp', host: 'db.example.com', port: 1 }]],
    ['', []],
  ])('%j', (text, addresses) => expect(parseInterfaces(text)).toEqual(addresses));

  test.each(['6033', ':6033', 'a:0', 'a:65536', '::1:6033', 'a b:1', 'a:1;a:1', `/${'x'.repeat(107)}`, 'rel.sock'])(
    '%j is refused',
    (text) => expect(parseInterfaces(text)).toBeNull(),
  );
});

test('credentials keep colons of passwords', () => {
  expect(parseCredentials('a:b:c;d:')).toEqual([
    { username: 'a', password: 'b:c' },
    { username: 'd', password: '' },
  ]);
});
