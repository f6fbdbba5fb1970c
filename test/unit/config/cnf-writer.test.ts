import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCnf } from '../../../src/config/cnf-loader.js';
import { parseCnf } from '../../../src/config/cnf-parser.js';
import { writeCnf } from '../../../src/config/cnf-writer.js';
import { readConfigFile } from '../../../src/config/config-file.js';
import { withDefaults } from '../../../src/config/variables.js';

const load = (text: string) => loadCnf(parseCnf(text, 'written.cnf'));
const realLife = readFileSync(join(import.meta.dirname, '../../cases/cnf/real-life.cnf'), 'utf8');

describe('writing a configuration file', () => {
  test('reads back to the same rows, variables and settings', () => {
    const first = load(realLife);
    const second = load(writeCnf(first));
    expect(second.errors).toEqual([]);
    expect(second.warnings).toEqual([]);
    expect(second.rows).toEqual(first.rows);
    expect(new Map([...second.variables].sort())).toEqual(new Map([...first.variables].sort()));
    expect(second.settings).toEqual(first.settings);
  });

  test('takes every variable with its default, but for the read-only ones', () => {
    const all = withDefaults(new Map());
    const read = load(writeCnf({ settings: {}, rows: {}, variables: all }));
    expect(read.errors).toEqual([]);
    all.delete('admin-version');
    expect(new Map([...read.variables].sort())).toEqual(new Map([...all].sort()));
  });

  test('keeps every character of a text', () => {
    const odd = '\\ " \n\r\t\f\u0001\u007f ä 😀 \\s \\x41 # // /* {}()[];,= ';
    const [row] = load('mysql_users=({username="u"})').rows['mysql_users']!;
    const read = load(
      writeCnf({
        settings: { datadir: odd },
        variables: new Map([['mysql-monitor_password', odd]]),
        rows: { mysql_users: [{ ...row!, password: odd }] },
      }),
    );
    expect(read.settings['datadir']).toBe(odd);
    expect(read.variables.get('mysql-monitor_password')).toBe(odd);
    expect(read.rows['mysql_users']![0]!['password']).toBe(odd);
  });

  test('keeps NULL where the default is another', () => {
    const { rows } = load('mysql_query_rules=({rule_id=1 re_modifiers=""},{rule_id=2 destination_hostgroup=-1})');
    expect(rows['mysql_query_rules']!.map((row) => [row['re_modifiers'], row['destination_hostgroup']])).toEqual([
      [null, null],
      ['CASELESS', null],
    ]);
    expect(load(writeCnf({ settings: {}, variables: new Map(), rows })).rows).toEqual(rows);
  });
});

describe('reading a file', () => {
  const files: Record<string, string> = {
    '/etc/a.cnf': '@include "users.cnf"\ndatadir="/x"',
    '/etc/users.cnf': '\nmysql_users=({username=1})',
    '/etc/bad.cnf': 'a=',
  };
  const read = (path: string) =>
    readConfigFile(path, {}, (name) => {
      if (!Object.hasOwn(files, name)) throw new Error(`ENOENT: ${name}`);
      return files[name]!;
    });

  test('includes are relative to their file and keep their lines', () => {
    const loaded = read('/etc/a.cnf');
    expect(loaded.settings).toEqual({ datadir: '/x' });
    expect(loaded.errors).toMatchObject([{ file: '/etc/users.cnf', line: 2, key: 'mysql_users.username' }]);
  });

  test('a missing or broken file is an error of the result', () => {
    expect(read('/none').errors).toMatchObject([
      { file: '/none', line: 0, message: 'the configuration file can not be read: ENOENT: /none' },
    ]);
    expect(read('/etc/bad.cnf').errors).toMatchObject([{ file: '/etc/bad.cnf', line: 1 }]);
  });
});
