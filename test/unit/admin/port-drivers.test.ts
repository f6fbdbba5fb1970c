import mariadb from 'mariadb';
import mysql from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PortWorld, portWorld } from './port-world.js';

let world: PortWorld;
beforeEach(async () => {
  world = await portWorld();
});
afterEach(() => {
  expect(world.failures).toEqual([]);
  world.close();
});

describe('mysql2', () => {
  it('executes SQL with parameters, again and with other types', async () => {
    const connection = await mysql.createConnection(world.login);
    const insert = 'INSERT INTO mysql_servers (hostgroup_id, hostname, port, comment) VALUES (?, ?, ?, ?)';
    for (const [hostgroup, name, port, comment] of [
      [1, "it's", 3307, 'a\\b'],
      [2, 'ü', '3308', ''],
    ]) {
      expect((await connection.execute(insert, [hostgroup, name, port, comment]))[0]).toMatchObject({ affectedRows: 1 });
    }
    const [rows] = await connection.execute('SELECT hostname, port, comment FROM mysql_servers WHERE hostgroup_id < ? ORDER BY 2', [3]);
    expect(rows).toEqual([
      { hostname: "it's", port: '3307', comment: 'a\\b' },
      { hostname: 'ü', port: '3308', comment: '' },
    ]);
    const [nulls] = await connection.execute('SELECT ? AS a, ? AS b, ? AS c LIMIT ?', [null, 1.5, Buffer.from('ab'), 1]);
    expect(nulls).toEqual([{ a: null, b: '1.5', c: 'ab' }]);
    await expect(connection.execute(insert, [1, 'x'])).rejects.toThrow();
    await connection.end();
  });

  it('whole numbers stay whole, whatever column they go to', async () => {
    const connection = await mysql.createConnection(world.login);
    await connection.execute('UPDATE global_variables SET variable_value = ? WHERE variable_name = ?', [500, 'mysql-max_connections']);
    const [rows] = await connection.execute('SELECT @@mysql-max_connections AS value');
    expect(rows).toEqual([{ value: '500' }]);
    await connection.end();
  });

  it('executes commands with parameters', async () => {
    const connection = await mysql.createConnection(world.login);
    await connection.execute('SET mysql-max_connections = ?', [700]);
    await connection.execute('SET mysql-init_connect = ?', ["SET @a = 'x\\y?'"]);
    expect((await connection.execute("SHOW VARIABLES LIKE 'mysql-max_connections'"))[0]).toEqual([
      { Variable_name: 'mysql-max_connections', Value: '700' },
    ]);
    expect((await connection.execute('SHOW VARIABLES LIKE ?', ['mysql-init_connect']))[0]).toMatchObject([{ Value: "SET @a = 'x\\y?'" }]);
    await connection.execute('LOAD MYSQL VARIABLES TO RUNTIME');
    expect(world.runtime.variables.get('mysql-max_connections')).toBe('700');
    await connection.execute('KILL CONNECTION ?', [257]);
    await expect(connection.execute('KILL CONNECTION ?', [258])).rejects.toThrow('Unknown thread id: 258');
    await connection.end();
  });

  it('is told of a mistake when it prepares, and nothing is executed then', async () => {
    const connection = await mysql.createConnection(world.login);
    await expect(connection.prepare('SELEC 1')).rejects.toMatchObject({ errno: 1045, message: expect.stringContaining('syntax error') });
    await expect(connection.prepare('SELECT * FROM nowhere')).rejects.toThrow('no such table: nowhere');
    await expect(connection.prepare('SELECT 1; SELECT 2')).rejects.toThrow('one statement');

    await expect(connection.query("PREPARE s FROM 'SELECT 1'")).rejects.toThrow('PREPARE is not supported as SQL');
    const statement = await connection.prepare('DELETE FROM mysql_servers WHERE hostname = ?');
    expect(await world.rows('SELECT count(*) FROM mysql_servers')).toEqual([[1]]);
    expect((await statement.execute(['db1']))[0]).toMatchObject({ affectedRows: 1 });
    await statement.close();
    await connection.end();
  });

  it('sends several statements where it said so at its login', async () => {
    const alone = await mysql.createConnection(world.login);
    await expect(alone.query('SELECT 1; DELETE FROM mysql_servers')).rejects.toThrow('CLIENT_MULTI_STATEMENTS');
    expect((await alone.query('SELECT 1 AS a;  '))[0]).toEqual([{ a: '1' }]);
    const connection = await mysql.createConnection({ ...world.login, multipleStatements: true });
    const [results] = await connection.query("SELECT ';' AS a /* ; */; SET mysql-max_connections = 5; SHOW DATABASES; -- end;\n");
    expect(results).toMatchObject([[{ a: ';' }], { affectedRows: 1 }, expect.arrayContaining([expect.objectContaining({ name: 'main' })])]);
    await expect(connection.query('DELETE FROM mysql_users; SELEC 1; DELETE FROM mysql_servers')).rejects.toThrow('syntax error');
    expect(await world.rows('SELECT count(*) FROM mysql_servers')).toEqual([[1]]);
    expect(await world.rows('SELECT count(*) FROM mysql_users')).toEqual([[0]]);
    await Promise.all([alone.end(), connection.end()]);
  });

  it('changes its user and resets its connection', async () => {
    const connection = await mysql.createConnection(world.login);
    await connection.changeUser({ user: 'stats', password: 'stats' });
    await expect(connection.query('SELECT * FROM mysql_users')).rejects.toThrow('no such table');
    await connection.changeUser({ user: 'root', password: 'secret', database: 'disk' });
    expect((await connection.query('SELECT DATABASE() AS d, USER() AS u'))[0]).toEqual([{ d: 'disk', u: 'root' }]);
    await expect(connection.changeUser({ user: 'root', password: 'wrong' })).rejects.toMatchObject({ errno: 1045 });
    await expect(connection.query('SELECT 1')).rejects.toThrow();
    await expect(mysql.createConnection({ ...world.login, database: 'nowhere' })).rejects.toMatchObject({ errno: 1049 });
    connection.destroy();
  });
});

describe('mariadb', () => {
  it('executes with parameters and in batches', async () => {
    const connection = await mariadb.createConnection({ ...world.login, allowPublicKeyRetrieval: true });
    const insert = 'INSERT INTO mysql_users (username, password, default_hostgroup) VALUES (?, ?, ?)';
    expect(await connection.execute(insert, ['b', null, 10n])).toMatchObject({ affectedRows: 1 });
    await connection.batch(insert, [
      ['c', "it's", 10],
      ['d', 'a\\b', 20],
    ]);
    expect(
      await connection.execute('SELECT username, password, default_hostgroup FROM mysql_users WHERE username > ? ORDER BY 1', ['app']),
    ).toEqual([
      { username: 'b', password: null, default_hostgroup: '10' },
      { username: 'c', password: "it's", default_hostgroup: '10' },
      { username: 'd', password: 'a\\b', default_hostgroup: '20' },
    ]);
    const date = new Date(2026, 10, 21, 1, 2, 3);
    expect(await connection.execute('SELECT ? AS at, ? AS flag, ? AS big', [date, true, 2n ** 63n])).toEqual([
      { at: expect.stringMatching(/^2026-11-21 01:02:03/), flag: '1', big: '9223372036854775808' },
    ]);
    expect(await connection.execute('SHOW VARIABLES LIKE ?', ['mysql-max_connections'])).toMatchObject([{ Value: '10000' }]);
    await connection.end();
  });

  it('sends several statements and resets', async () => {
    const connection = await mariadb.createConnection({ ...world.login, multipleStatements: true });
    expect(await connection.query('SELECT 1 AS a; SELECT 2 AS b')).toEqual([[{ a: '1' }], [{ b: '2' }]]);
    await connection.reset();
    expect(await connection.query('SELECT 3 AS c')).toEqual([{ c: '3' }]);
    await connection.end();
  });
});
