import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configModules } from '../../../src/config/table-types.js';
import { configTables } from '../../../src/config/tables.js';
import { type LayersWorld, layersWorld } from './layers-world.js';

const cnf = `
mysql_servers = ( { address="db1" port=3306 hostgroup=10 }, { address="db2" port=3306 hostgroup=20 } )
mysql_replication_hostgroups = ( { writer_hostgroup=10 reader_hostgroup=20 } )
mysql_users = ( { username="app" password="x" default_hostgroup=10 }, { username="other" password="y" default_hostgroup=10 } )
mysql_query_rules = ( { rule_id=1 match_digest="^SELECT" destination_hostgroup=20 apply=1 } )
`;

let world: LayersWorld;
beforeEach(() => {
  world = layersWorld(cnf);
});
afterEach(() => world.close());

const toRuntime = ['LOAD % TO RUNTIME', 'LOAD % TO RUN', 'LOAD % FROM MEMORY', 'LOAD % FROM MEM'];
const toMemory = ['SAVE % TO MEMORY', 'SAVE % TO MEM', 'SAVE % FROM RUNTIME', 'SAVE % FROM RUN'];
const fromDisk = ['LOAD % FROM DISK', 'LOAD % TO MEMORY', 'LOAD % TO MEM'];
const toDisk = ['SAVE % TO DISK', 'SAVE % FROM MEMORY', 'SAVE % FROM MEM'];
const all = [...toRuntime, ...toMemory, ...fromDisk, ...toDisk, 'LOAD % FROM CONFIG'];

describe('spellings', () => {
  it.each(configModules)('%s has all of them', async (module) => {
    for (const spelling of all) {
      await world.ok(spelling.replace('%', module));
      await world.ok(`${spelling.replace('%', module).toLowerCase().replaceAll(' ', '  ')} ;`);
    }
  });

  const comment = async (): Promise<unknown> => (await world.rows('SELECT comment FROM mysql_users WHERE username = "app"'))[0]![0];
  const set = (text: string) => world.ok(`UPDATE mysql_users SET comment = '${text}' WHERE username = 'app'`);

  it.each(toRuntime)('%s takes memory to runtime', async (spelling) => {
    await set('new');
    await world.ok(spelling.replace('%', 'MYSQL USERS'));
    expect(await world.rows('SELECT DISTINCT comment FROM runtime_mysql_users WHERE username = "app"')).toEqual([['new']]);
  });

  it.each(toMemory)('%s takes runtime to memory', async (spelling) => {
    await set('new');
    await world.ok(spelling.replace('%', 'MYSQL USERS'));
    expect(await comment()).toBe('');
  });

  it.each(fromDisk)('%s takes disk to memory', async (spelling) => {
    await set('new');
    await world.ok(spelling.replace('%', 'MYSQL USERS'));
    expect(await comment()).toBe('');
  });

  it.each(toDisk)('%s takes memory to disk', async (spelling) => {
    await set('new');
    await world.ok(spelling.replace('%', 'MYSQL USERS'));
    expect(await world.rows('SELECT comment FROM disk.mysql_users WHERE username = "app"')).toEqual([['new']]);
  });

  it('one that is no move says which are', async () => {
    const wrong = await world.error('SAVE MYSQL USERS TO RUNTIME');
    expect(wrong).toContain('SAVE MYSQL USERS TO RUNTIME is no move between layers; accepted: LOAD MYSQL USERS TO RUNTIME, ');
    expect(wrong).toContain('SAVE MYSQL USERS TO DISK');
    expect(await world.error('SAVE MYSQL USERS FROM CONFIG')).toContain('LOAD MYSQL USERS FROM CONFIG');
    expect(await world.error('LOAD MYSQL SERVERS')).toContain('LOAD MYSQL SERVERS needs a layer; accepted: LOAD MYSQL SERVERS TO RUNTIME');
    expect(await world.error('LOAD MYSQL SERVERS RUNTIME')).toContain('needs a layer');
    expect(await world.error('LOAD MYSQL SERVER TO RUNTIME')).toContain('accepted: LOAD with MYSQL SERVERS, MYSQL USERS');
    expect(await world.error('LOAD PGSQL USERS TO RUNTIME')).toContain('weir has no PGSQL USERS');
    expect(await world.error('SAVE')).toContain('SAVE of what?');
  });
});

describe('LOAD MYSQL USER', () => {
  it('loads, changes and takes away one account', async () => {
    const running = () => world.runtime.snapshot.users.map((user) => [user.username, user.password]).sort();
    await world.ok("UPDATE mysql_users SET password = 'changed'");
    await world.ok('LOAD MYSQL USER app TO RUNTIME');
    expect(running()).toEqual([
      ['app', 'changed'],
      ['other', 'y'],
    ]);
    await world.ok('DELETE FROM mysql_users');
    await world.ok("load mysql user 'app' from mem");
    expect(running()).toEqual([['other', 'y']]);
    expect(await world.error('LOAD MYSQL USER nobody TO RUNTIME')).toBe('mysql_users has no account nobody');
  });
});

describe('a load is refused', () => {
  it('with the reason of each row, and what ran goes on', async () => {
    await world.ok(`INSERT INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup) VALUES
      (2, 1, '(', 20), (3, 1, 'x', 77), (4, 0, '(', 77), (5, 1, 'a++', NULL)`);
    await world.ok("INSERT INTO mysql_query_rules_fast_routing VALUES ('app', 's', 0, 78, '')");
    const lines = (await world.error('LOAD MYSQL QUERY RULES TO RUNTIME')).split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^mysql_query_rules \(2\): match_digest: not a regular expression: .*; accepted: a regular expression$/),
      'mysql_query_rules (5): match_digest: the possessive quantifier ++ is not supported; accepted: a regular expression',
      'mysql_query_rules (3): destination_hostgroup: no server and no replication pair has hostgroup 77; accepted: 10, 20',
      'mysql_query_rules_fast_routing (app, s, 0): destination_hostgroup: no server and no replication pair has hostgroup 78; accepted: 10, 20',
    ]);
    expect(world.pushed).toEqual([]);
    expect(await world.rows('SELECT rule_id FROM runtime_mysql_query_rules')).toEqual([[1]]);
    expect(await world.rows('SELECT count(*) FROM mysql_query_rules')).toEqual([[5]]);
  });

  it('for a hostgroup that neither runtime nor memory has', async () => {
    await world.ok("UPDATE mysql_users SET default_hostgroup = 30 WHERE username = 'app'");
    expect(await world.error('LOAD MYSQL USERS TO RUNTIME')).toBe(
      'mysql_users (app, 1): default_hostgroup: no server and no replication pair has hostgroup 30; accepted: 10, 20',
    );
    await world.ok("INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (30, 'db3')");
    expect((await world.ok('LOAD MYSQL USERS TO RUNTIME')).warnings).toEqual([]);
    await world.ok('LOAD MYSQL SERVERS TO RUNTIME');
    expect(world.runtime.snapshot.users.find((user) => user.username === 'app')?.defaultHostgroup).toBe(30);
  });

  it('for a text where SQLite lets one stand for a number', async () => {
    await world.ok("INSERT INTO proxysql_servers VALUES ('p', 6032, 'much', '')");
    expect(await world.error('LOAD PROXYSQL SERVERS TO RUNTIME')).toBe(
      'proxysql_servers (p, 6032): weight: found a text; accepted: an integer of at least 0',
    );
    await world.ok("UPDATE mysql_users SET default_hostgroup = 'ten'");
    expect((await world.error('LOAD MYSQL USERS TO RUNTIME')).split('\n')).toHaveLength(4);
  });
});

describe('SAVE … TO DISK', () => {
  it('saves what it is given, and says what would refuse a start', async () => {
    await world.ok("INSERT INTO mysql_query_rules (rule_id, active, match_digest) VALUES (2, 1, '(')");
    const { warnings } = await world.ok('SAVE MYSQL QUERY RULES TO DISK');
    expect(warnings).toEqual([
      expect.stringMatching(/^mysql_query_rules \(2\): match_digest: .*; a start from disk is refused with this$/),
    ]);
    expect(await world.rows('SELECT rule_id FROM disk.mysql_query_rules')).toEqual([[1], [2]]);
    await world.ok("UPDATE global_variables SET variable_value = 'many' WHERE variable_name = 'mysql-max_connections'");
    expect((await world.ok('SAVE MYSQL VARIABLES TO DISK')).warnings).toEqual([
      'mysql-max_connections: this value can not be used; accepted: an integer from 1 to 1000000 (connections); a start from disk is refused with this',
    ]);
    const path = join(world.datadir, 'a.cnf');
    expect((await world.ok(`SAVE CONFIG TO FILE ${path}`)).warnings).toHaveLength(2);
    expect((await world.ok('SAVE MYSQL USERS TO DISK')).warnings).toEqual([]);
  });
});

describe('an order of loading that leaves something open is a warning', () => {
  it('servers that go away from under users and rules', async () => {
    await world.ok('DELETE FROM mysql_servers WHERE hostgroup_id = 20');
    await world.ok('DELETE FROM mysql_replication_hostgroups');
    const { warnings } = await world.ok('LOAD MYSQL SERVERS TO RUNTIME');
    expect(warnings).toEqual([
      'mysql_query_rules (1): destination_hostgroup: no server and no replication pair has hostgroup 20; accepted: 10',
    ]);
    expect(await world.rows('SHOW WARNINGS')).toEqual([['Warning', 1105, warnings[0]]]);
    expect(world.logged).toEqual(warnings);
    await world.ok('LOAD MYSQL SERVERS TO RUNTIME');
    expect(world.logged, 'logged once').toEqual(warnings);
  });

  it('users before any server', async () => {
    const empty = layersWorld('');
    await empty.ok("INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('app', 'x', 1)");
    expect((await empty.ok('LOAD MYSQL USERS TO RUNTIME')).warnings).toEqual([
      'mysql_users (app, 1): default_hostgroup: no server and no replication pair has hostgroup 1; accepted: one of a server; there is none yet',
    ]);
    empty.close();
  });

  it('a pair without servers', async () => {
    await world.ok('INSERT INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (50, 51)');
    expect((await world.ok('LOAD MYSQL SERVERS TO RUNTIME')).warnings).toEqual([
      'mysql_replication_hostgroups (50): no server stands in either hostgroup; statements for them are answered with error 9001',
    ]);
  });

  it('and never ends a start from disk', async () => {
    await world.ok('DELETE FROM mysql_servers');
    await world.ok('DELETE FROM mysql_replication_hostgroups');
    await world.ok('SAVE MYSQL SERVERS TO DISK');
    world.close(true);
    world = layersWorld('', { datadir: world.datadir });
    expect(world.logged).toHaveLength(3);
    expect(world.runtime.snapshot.users).toHaveLength(2);
  });
});

describe('what has no effect is said by name', () => {
  it('in columns and in tables', async () => {
    await world.ok("UPDATE mysql_servers SET compression = 1, gtid_port = 5 WHERE hostname = 'db1'");
    await world.ok('INSERT INTO mysql_galera_hostgroups VALUES (60, 61, 62, 63, 1, 1, 0, 0, NULL)');
    await world.ok('INSERT INTO mysql_galera_hostgroups VALUES (70, 71, 72, 73, 0, 1, 0, 0, NULL)');
    expect((await world.ok('LOAD MYSQL SERVERS TO RUNTIME')).warnings).toEqual([
      'mysql_servers.gtid_port (10, db1, 3306): has no effect in this version',
      'mysql_servers.compression (10, db1, 3306): has no effect in this version',
      'mysql_galera_hostgroups (60): has no effect in this version',
    ]);
    await world.ok('UPDATE mysql_query_rules SET cache_ttl = 1000, mirror_hostgroup = 10, log = 0');
    expect((await world.ok('LOAD MYSQL QUERY RULES TO RUNTIME')).warnings).toEqual(
      ['cache_ttl', 'mirror_hostgroup', 'log'].map((column) => `mysql_query_rules.${column} (1): has no effect in this version`),
    );
    expect(await world.rows('SELECT cache_ttl FROM runtime_mysql_query_rules')).toEqual([[1000]]);
  });

  it('in variables, with those that wait for a start', async () => {
    await world.ok('SET mysql-monitor_history = 5000');
    await world.ok("UPDATE global_variables SET variable_value = '7' WHERE variable_name IN ('mysql-threads', 'mysql-poll_timeout')");
    await world.ok("UPDATE global_variables SET variable_value = '1' WHERE variable_name = 'mysql-multiplexing'");
    await world.ok("INSERT INTO global_variables VALUES ('mysql-nonsense', 'x')");
    const { info, warnings } = await world.ok('LOAD MYSQL VARIABLES TO RUNTIME');
    expect(info).toMatch(/^Records: \d{3} Updated: 3 Rejected: 0 Unknown: 1$/);
    expect(warnings).toContain('mysql-nonsense: weir has no such variable; the row stays without effect');
    expect(warnings).toContain('mysql-poll_timeout: has no effect in this version');
    expect(warnings).toContain('mysql-threads: takes effect at the next start (PROXYSQL RESTART); until then 0 holds');
    const running = "SELECT variable_value FROM runtime_global_variables WHERE variable_name = 'mysql-multiplexing'";
    expect(await world.rows(running), 'in the spelling that is compared with').toEqual([['true']]);
    await world.ok("UPDATE global_variables SET variable_value = '9' WHERE variable_name = 'admin-version'");
    expect(await world.ok('LOAD ADMIN VARIABLES TO RUNTIME')).toMatchObject({
      info: expect.stringContaining('Updated: 0 Rejected: 1 Unknown: 0'),
      warnings: ['admin-version: is read only; its value is that of this weir'],
    });
  });
});

describe('the configuration as a file', () => {
  it('starts an equal weir, whatever stands in the rows', async () => {
    const odd = 'tab\t, line\n, return\r, quote \\" \' # // /* end \\\\ \\x41 ä 😀';
    const literal = `'${odd.replaceAll("'", "''")}'`;
    await world.ok(`UPDATE mysql_users SET password = ${literal}, comment = ${literal}, default_schema = NULL WHERE username = 'app'`);
    await world.ok("UPDATE mysql_users SET default_schema = '', attributes = '{\"a\": [1, \"\\\\\"]}' WHERE username = 'other'");
    await world.ok(
      "INSERT INTO mysql_query_rules (rule_id, match_pattern, re_modifiers, comment) VALUES (9, '\\d+\"', NULL, ''), (10, '', 'GLOBAL', NULL)",
    );
    await world.ok("INSERT INTO mysql_query_rules_fast_routing VALUES ('u', '', 2147483647, 10, '')");
    await world.ok("INSERT INTO scheduler (id, interval_ms, filename, arg1, arg3) VALUES (7, 1000, '/bin/x y', '', '\"')");
    await world.ok("INSERT INTO restapi_routes VALUES (3, 0, 1000, 'GET', 'a', 'b', '')");
    await world.ok("INSERT INTO mysql_firewall_whitelist_users VALUES (1, 'u', '', 'DETECTING', '')");
    await world.ok("INSERT INTO mysql_firewall_whitelist_sqli_fingerprints VALUES (1, 's&1')");
    await world.ok("INSERT INTO proxysql_servers VALUES ('p', 6032, 0, 'c')");
    await world.ok("INSERT INTO mysql_hostgroup_attributes (hostgroup_id, init_connect) VALUES (10, 'SET @a = ''1''')");
    await world.ok("INSERT INTO mysql_servers_ssl_params (hostname, username) VALUES ('db1', 'x')");
    await world.ok('INSERT INTO mysql_aws_aurora_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (80, 81)');
    await world.ok("INSERT INTO coredump_filters VALUES ('f.cpp', 12)");
    await world.ok(`UPDATE global_variables SET variable_value = ${literal} WHERE variable_name = 'mysql-monitor_password'`);
    await world.ok('SET mysql-max_connections = 321; ');
    const path = join(world.datadir, 'written.cnf');
    expect((await world.ok(`SAVE CONFIG TO FILE ${path}`)).warnings).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(await world.rows('SELECT CONFIG FILE')).toEqual([[text]]);
    await world.ok(`SELECT CONFIG INTO OUTFILE '${join(world.datadir, 'second file.cnf')}'`);
    expect(readFileSync(join(world.datadir, 'second file.cnf'), 'utf8')).toBe(text);
    const before = world.store.memoryRows();
    const next = layersWorld(text, { initial: true });
    for (const table of configTables.filter(({ name }) => name !== 'global_variables')) {
      expect(next.store.memoryRows()[table.name], table.name).toEqual(before[table.name]);
    }
    expect(new Map([...next.store.memoryVariables()].sort())).toEqual(new Map([...world.store.memoryVariables()].sort()));
    next.close();
  });

  it('says what a start from it would refuse or lose', async () => {
    await world.ok("UPDATE mysql_users SET default_hostgroup = 99 WHERE username = 'app'");
    const { warnings } = await world.ok(`SAVE CONFIG TO FILE ${join(world.datadir, 'a.cnf')}`);
    expect(warnings).toEqual([expect.stringMatching(/^a start from this file is refused: .*hostgroup 99/)]);
    await world.ok('LOAD MYSQL USERS FROM DISK');
    await world.ok('UPDATE mysql_query_rules SET next_query_flagIN = -1');
    expect((await world.ok(`SAVE CONFIG TO FILE ${join(world.datadir, 'b.cnf')}`)).warnings).toEqual([
      'mysql_query_rules: a row has a value that a configuration file can not hold; it reads back differently',
    ]);
  });

  it('is written whole, to a plain file, and not over weir.db', async () => {
    expect(await world.error(`SAVE CONFIG TO FILE ${join(world.datadir, 'weir.db')}`)).toContain("is weir's own database");
    expect(await world.error(`SAVE CONFIG TO FILE ${world.datadir}`)).toContain('no plain file');
    expect(await world.error('SAVE CONFIG TO FILE /nowhere/at/all.cnf')).toMatch(/could not be written: ENOENT.*accepted: a path/);
    const path = join(world.datadir, 'old.cnf');
    writeFileSync(path, 'x'.repeat(100_000));
    await world.ok(`SAVE CONFIG TO FILE ${path}`);
    expect(readFileSync(path, 'utf8')).not.toContain('xxx');
  });
});
