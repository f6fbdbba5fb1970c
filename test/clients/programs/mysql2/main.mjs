import { rmSync } from 'node:fs';
import path from 'node:path';
import mysql from 'mysql2/promise';
import { end, inSync, report, reportFailure, reportRead, reportWrite, target } from '../lib/report.mjs';
import { BYTES, infile, LONG, TABLES, UTF8 } from '../lib/tables.mjs';

const { flavour: _flavour, ...login } = target;
const failure = ({ code, errno, sqlState, sqlMessage }) => ({ code, errno, sqlState, sqlMessage });
const connect = (options = {}) => mysql.createConnection({ ...login, ...options });
const rows = async (connection, sql, values) => (await connection.query(sql, values))[0];
const outcome = ({ affectedRows, insertId, warningStatus, info }) => ({ affectedRows, insertId, warningStatus, info });

const connection = await connect();
for (const statement of TABLES) await connection.query(statement);
await inSync();
await options();
await transactions(connection);
await preparedStatements(connection);
await streaming(connection);
await errors(connection);
await insertIds(connection);
await sessionState(connection);
await pool();
await multipleStatements();
await loadData();
await twoSessions();
await connection.end();
end();

async function options() {
  const here = await connect({ charset: 'LATIN1_SWEDISH_CI', timezone: '+05:30', dateStrings: true });
  const [names] = await rows(
    here,
    'SELECT @@character_set_client cs, @@character_set_results rs, @@collation_connection col, DATABASE() db, USER() LIKE ? me, @@server_id here',
    ['app@%'],
  );
  const { here: server, ...values } = names;
  reportRead('connection options', values, server);
  report('latin1 text', (await rows(here, "SELECT 'é' t, HEX('é') h, LENGTH('é') l"))[0]);
  await here.query("SET time_zone = '+05:30', sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES', @@session.group_concat_max_len = 7");
  const [moment] = await rows(here, 'SELECT FROM_UNIXTIME(86400) t, @@sql_mode m, GROUP_CONCAT(d) g, @@server_id here FROM digits AS "d"');
  reportRead('session variables', { ...moment, here: undefined }, moment.here);
  await here.changeUser({ database: target.database, charset: 'utf8mb4' });
  report(
    'change user resets',
    (await rows(here, 'SELECT @@time_zone z, @@group_concat_max_len g, @@character_set_client cs, DATABASE() db'))[0],
  );
  await here.end();
  const compressed = await connect({ flags: ['-CONNECT_WITH_DB'], database: undefined });
  report('no database', (await rows(compressed, 'SELECT DATABASE() db'))[0]);
  await compressed.query(`USE ${target.database}`);
  report('USE', (await rows(compressed, 'SELECT DATABASE() db, COUNT(*) n FROM digits'))[0]);
  await compressed.ping();
  await compressed.end();
  const found = await connect({ flags: ['-FOUND_ROWS'] });
  await found.query("INSERT INTO items (name) VALUES ('found rows')");
  report('affected without FOUND_ROWS', outcome((await found.query("UPDATE items SET amount = 0 WHERE name = 'found rows'"))[0]));
  report('affected with FOUND_ROWS', outcome((await connection.query("UPDATE items SET amount = 0 WHERE name = 'found rows'"))[0]));
  await found.end();
}

async function transactions(c) {
  const count = async (like) => (await rows(c, 'SELECT COUNT(*) n, @@server_id here FROM items WHERE name LIKE ?', [like]))[0];
  await c.beginTransaction();
  await c.query("INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)");
  const inside = await count('rolled%');
  reportWrite('inside a transaction', inside.n, inside.here);
  await c.rollback();
  await c.beginTransaction();
  await c.query("INSERT INTO items (name, server) VALUES ('committed', @@server_id)");
  await c.query('SAVEPOINT one');
  await c.query("INSERT INTO items (name, server) VALUES ('after savepoint', @@server_id)");
  await reportFailure('error inside', () => c.query("INSERT INTO items (name) VALUES ('committed')"), failure);
  await c.query('ROLLBACK TO SAVEPOINT one');
  await c.query("INSERT INTO items (name, server) VALUES ('committed too', @@server_id)");
  await c.commit();
  await inSync();
  const after = await count('%');
  reportRead('after commit', after.n, after.here);
  const [written] = await rows(c, "SELECT GROUP_CONCAT(name ORDER BY id) names, MAX(server) server FROM items WHERE name LIKE 'comm%'");
  reportWrite('committed', written.names, written.server);
  await c.query('SET autocommit = 0');
  await c.query("INSERT INTO items (name, server) VALUES ('no autocommit', @@server_id)");
  const open = await count('no auto%');
  reportWrite('without autocommit', open.n, open.here);
  await c.query('ROLLBACK');
  await c.query('SET autocommit = 1');
  report('rolled back without autocommit', (await count('no auto%')).n);
  await c.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  report('isolation', (await rows(c, "SHOW VARIABLES LIKE 't%\\_isolation'"))[0].Value);
  await c.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await c.query('START TRANSACTION READ ONLY');
  report('read only transaction', (await count('committed')).n);
  await reportFailure('write in a read only transaction', () => c.query("INSERT INTO items (name) VALUES ('never')"), failure);
  await c.query('COMMIT');
}

async function preparedStatements(c) {
  const columns =
    'id, small, big, huge, exact, approximate, day, moment, clock, stamp, made, name, story, bytes, bits, choice, many, document';
  const insert = await c.prepare(`INSERT INTO kinds (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})`);
  const day = '2024-02-29';
  const [done] = await insert.execute([
    1,
    -128,
    '-9223372036854775808',
    '18446744073709551615',
    '12345678901234567890.0123456789',
    1.5e-300,
    day,
    `${day} 23:59:59.123456`,
    '-838:59:59.000',
    `${day} 12:00:00`,
    2024,
    UTF8,
    LONG,
    BYTES,
    Buffer.from([2, 170]),
    'green',
    'a,c',
    JSON.stringify({ key: ['välue', 1, null] }),
  ]);
  report('prepared insert', outcome(done));
  await insert.execute([2, ...Array(17).fill(null)]);
  await insert.close();
  await inSync();
  const select = await c.prepare(`SELECT ${columns}, @@server_id AS here FROM kinds WHERE id >= ? ORDER BY id`);
  for (let turn = 0; turn < 3; turn++) {
    const [result, fields] = await select.execute([1]);
    for (const { here, ...row } of result) reportRead(`prepared select ${turn}`, row, here);
    report(
      `columns ${turn}`,
      fields.map((field) => [field.name, field.columnType, field.flags, field.columnLength, field.characterSet]),
    );
  }
  await select.close();
  const [text] = await c.query({
    sql: `SELECT ${columns} FROM kinds ORDER BY id`,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  report('the same as text', text);
  const [mixed] = await c.execute('SELECT ? AS a, ? AS b, ? + 1 AS c, COALESCE(?, ?) AS d', ['text', null, 5, null, new Date(0)]);
  report('parameters in the list', mixed);
  await c.execute('INSERT INTO numbers VALUES (?, ?)', [100_000, 'to be altered']);
  report('before DDL', (await c.execute('SELECT * FROM numbers WHERE n = ? FOR UPDATE', [100_000]))[0]);
  await c.query('ALTER TABLE numbers ADD COLUMN more INT NOT NULL DEFAULT 3');
  report('after DDL', (await c.execute('SELECT * FROM numbers WHERE n = ? FOR UPDATE', [100_000]))[0]);
  await c.query('ALTER TABLE numbers DROP COLUMN more');
  await c.execute('DELETE FROM numbers WHERE n = ?', [100_000]);
  await reportFailure('prepare of a wrong statement', () => c.prepare('SELECT FROM WHERE'), failure);
  await reportFailure('execute that fails', () => c.execute('INSERT INTO items (name) VALUES (?)', ['committed']), failure);
}

async function streaming(c) {
  await inSync();
  let [sum, count, server] = [0, 0, 0];
  const stream = c.connection.query('SELECT n, text, @@server_id AS here FROM numbers ORDER BY n').stream({ highWaterMark: 5 });
  for await (const row of stream) {
    sum += row.n + row.text.length;
    count += 1;
    server = row.here;
  }
  reportRead('streamed', { sum, count }, server);
  const empty = c.connection.query('SELECT * FROM numbers WHERE n < 0').stream();
  let none = 0;
  for await (const _ of empty) none += 1;
  report('empty stream', none);
  const broken = await connect();
  for await (const row of broken.connection.query('SELECT a.text FROM numbers a, digits b, digits c').stream()) {
    report('first of a large result', row);
    break;
  }
  broken.destroy();
  report('after a broken stream', (await rows(c, 'SELECT 1 AS one'))[0]);
}

async function errors(c) {
  const statements = [
    'SELEKT 1',
    'SELECT nothing FROM items',
    'SELECT * FROM nowhere',
    'SELECT * FROM missing_schema_1.nowhere',
    "INSERT INTO items (name) VALUES ('committed')",
    'INSERT INTO items (name) VALUES (NULL)',
    `INSERT INTO items (name) VALUES ('${'x'.repeat(51)}')`,
    'INSERT INTO kinds (id, small) VALUES (3, 1000)',
    'INSERT INTO kinds (id, day) VALUES (3, "2024-02-30")',
    'SELECT (SELECT d FROM digits)',
    'SET nothing_like_it = 1',
    'CALL nothing_like_it()',
    'SELECT 1; SELECT 2',
    '',
    '-- only a comment',
    'USE missing_schema_1',
  ];
  for (const statement of statements) await reportFailure(statement.slice(0, 60), () => c.query(statement), failure);
  await reportFailure('wrong password', () => connect({ password: 'wrong' }), failure);
  await reportFailure('unknown database', () => connect({ database: 'missing_schema_1' }), failure);
  report('still there', (await rows(c, 'SELECT 1 AS one'))[0]);
}

async function insertIds(c) {
  const insert = async (check, sql) => report(check, outcome((await c.query(sql))[0]));
  const ask = async (check) => report(check, (await rows(c, 'SELECT LAST_INSERT_ID() a, @@last_insert_id b, @@identity c'))[0]);
  await c.query('DROP TABLE IF EXISTS counted');
  await c.query('CREATE TABLE counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE)');
  await insert('insert of one row', "INSERT INTO counted (name) VALUES ('a')");
  await ask('its id');
  await insert('insert of three rows', "INSERT INTO counted (name) VALUES ('b'), ('c'), ('d')");
  await rows(c, 'SELECT COUNT(*) FROM digits');
  await ask('id of the first');
  await insert('insert with its own id', "INSERT INTO counted VALUES (100, 'e')");
  await insert('on duplicate key', "INSERT INTO counted (name) VALUES ('a') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)");
  await ask('id of the duplicate');
  await insert('set by an expression', 'UPDATE counted SET id = LAST_INSERT_ID(id + 200) WHERE name = "b"');
  await ask('id of the expression');
  await insert('in a statement', "INSERT INTO counted (name) SELECT CONCAT('of ', LAST_INSERT_ID())");
  report('rows', await rows(c, 'SELECT id, name FROM counted ORDER BY id FOR UPDATE'));
}

async function sessionState(c) {
  await c.query("INSERT IGNORE INTO items (name) VALUES ('committed'), ('fresh')");
  report('warnings', await rows(c, 'SHOW WARNINGS'));
  await c.query("UPDATE items SET amount = amount + 1 WHERE name IN ('fresh', 'committed')");
  report('row count', (await rows(c, 'SELECT ROW_COUNT() n'))[0]);
  await rows(c, 'SELECT SQL_CALC_FOUND_ROWS n FROM numbers LIMIT 3');
  report('found rows', (await rows(c, 'SELECT FOUND_ROWS() n'))[0]);
  await c.query('SET @a = 5, @b := @a + 1');
  report('user variables', (await rows(c, 'SELECT @a a, @b b, @c c'))[0]);
  await c.query('CREATE TEMPORARY TABLE passing (id INT) SELECT d AS id FROM digits');
  report('temporary table', (await rows(c, 'SELECT SUM(id) s FROM passing'))[0]);
  await c.query('DROP TEMPORARY TABLE passing');
  report('lock', (await rows(c, "SELECT GET_LOCK('weir-mysql2', 1) got"))[0]);
  const other = await connect();
  report('lock of another', (await rows(other, "SELECT GET_LOCK('weir-mysql2', 0) got"))[0]);
  report('release', (await rows(c, "SELECT RELEASE_LOCK('weir-mysql2') released"))[0]);
  report('lock after release', (await rows(other, "SELECT GET_LOCK('weir-mysql2', 1) got"))[0]);
  await other.end();
  await c.query("PREPARE p FROM 'SELECT ? + 1 AS sum'");
  report('prepared by SQL', await rows(c, 'EXECUTE p USING @a'));
  await c.query('DEALLOCATE PREPARE p');
  await c.query('DROP PROCEDURE IF EXISTS twice');
  await c.query(
    "CREATE PROCEDURE twice(n INT) BEGIN SELECT n; SELECT n * 2 AS m; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'enough', MYSQL_ERRNO = 1644; END",
  );
  await reportFailure('procedure that fails', () => c.query('CALL twice(4)'), failure);
  await c.query('CREATE OR REPLACE VIEW seen AS SELECT name FROM items');
  report('view', (await rows(c, "SELECT COUNT(*) n FROM seen WHERE name = 'fresh' FOR UPDATE"))[0]);
  report('thread id', (await rows(c, 'SELECT CONNECTION_ID() id'))[0].id === c.threadId);
}

async function pool() {
  const pool = mysql.createPool({ ...login, connectionLimit: 2, resetOnRelease: true });
  const first = await pool.getConnection();
  await first.query("SET @left = 'over', time_zone = '+03:00'");
  await first.query('CREATE TEMPORARY TABLE left_over (id INT)');
  first.release();
  const second = await pool.getConnection();
  report('same connection of the pool', second.threadId === first.threadId);
  report('left in the pool', (await rows(second, 'SELECT @left l, @@time_zone z'))[0]);
  await reportFailure('temporary table of the pool', () => rows(second, 'SELECT * FROM left_over'), failure);
  second.release();
  const all = await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query('SELECT ? AS n, @@server_id AS here', [n])));
  for (const [[{ n, here }]] of all) reportRead('one of many', n, here);
  await pool.execute('INSERT INTO items (name, server) VALUES (?, @@server_id)', ['by pool']);
  const [[{ server }]] = await pool.query("SELECT server FROM items WHERE name = 'by pool' FOR UPDATE");
  reportWrite('write of the pool', null, server);
  await pool.end();
}

async function multipleStatements() {
  const several = await connect({ multipleStatements: true });
  const [results] = await several.query(
    "SELECT 1 AS a; INSERT INTO items (name) VALUES ('multi'); SELECT name FROM items WHERE name = 'multi'; SELECT LAST_INSERT_ID() > 0 AS id",
  );
  report(
    'several statements',
    results.map((result) => (Array.isArray(result) ? result : outcome({ ...result, insertId: result.insertId > 0 }))),
  );
  await reportFailure('the second fails', () => several.query('SELECT 1 AS a; SELECT * FROM nowhere; SELECT 2 AS b'), failure);
  await reportFailure(
    'transaction in one packet',
    async () => (await several.query("BEGIN; DELETE FROM items WHERE name = 'multi'; ROLLBACK"))[0].length,
    failure,
  );
  report('rolled back in one packet', (await rows(several, "SELECT COUNT(*) n FROM items WHERE name = 'multi' FOR UPDATE"))[0]);
  await several.end();
}

async function loadData() {
  const { file, open } = infile(3000);
  const here = await connect({ infileStreamFactory: open });
  const sql = `LOAD DATA LOCAL INFILE '${file}' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id`;
  report('LOAD DATA LOCAL', outcome((await here.query(sql))[0]));
  const [loaded] = await rows(here, 'SELECT COUNT(*) n, MAX(name) name, MAX(server) server FROM loaded FOR UPDATE');
  reportWrite('loaded', [loaded.n, loaded.name], loaded.server);
  await here.end();
  rmSync(path.dirname(file), { recursive: true });
}

/** Two sessions that wait for each other: the server ends one of the transactions. */
async function twoSessions() {
  const [a, b] = [await connect(), await connect()];
  await a.query('SET SESSION innodb_lock_wait_timeout = 1');
  await a.beginTransaction();
  await b.beginTransaction();
  await a.query('UPDATE digits SET d = d WHERE d = 1');
  await b.query('UPDATE digits SET d = d WHERE d = 2');
  await reportFailure('waiting for a lock', () => a.query('UPDATE digits SET d = d WHERE d = 2'), failure);
  await a.query('SET SESSION innodb_lock_wait_timeout = 50');
  const waiting = a.query('UPDATE digits SET d = d WHERE d = 2').then(() => 'waited', failure);
  const crossing = b.query('UPDATE digits SET d = d WHERE d = 1').then(() => 'waited', failure);
  const outcomes = [await waiting, await crossing];
  report(
    'deadlock',
    outcomes.sort((x) => (x === 'waited' ? -1 : 1)),
  );
  await a.rollback();
  await b.rollback();
  await a.end();
  await b.end();
}
