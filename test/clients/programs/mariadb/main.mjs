import { rmSync } from 'node:fs';
import path from 'node:path';
import mariadb from 'mariadb';
import { end, inSync, report, reportFailure, reportRead, reportWrite, target } from '../lib/report.mjs';
import { BYTES, infile, LONG, TABLES, UTF8 } from '../lib/tables.mjs';

const { flavour, ...account } = target;
// The account of a MySQL server proves itself by caching_sha2_password, without TLS by the server's RSA key.
const login = { ...account, allowPublicKeyRetrieval: true };
const connect = (options = {}) => mariadb.createConnection({ ...login, ...options });
const failure = ({ errno, sqlState, sqlMessage, fatal, code }) => ({ code, errno, sqlState, sqlMessage, fatal });
const outcome = ({ affectedRows, insertId, warningStatus }) => ({ affectedRows, insertId, warningStatus });
const rows = async (connection, sql, values) => Array.from(await connection.query(sql, values));

const connection = await connect();
for (const statement of TABLES) await connection.query(statement);
await inSync();
await options();
await transactions(connection);
await preparedStatements(connection);
await statementsOfTheSameText();
await streaming(connection);
await batches(connection);
await errors(connection);
await pipelines(connection);
await pool();
await severalAndInfile();
await connection.end();
end();

async function options() {
  const here = await connect({
    collation: 'LATIN1_SWEDISH_CI',
    timezone: '+05:30',
    initSql: ["SET sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'", 'SET @init = 7'],
    sessionVariables: { group_concat_max_len: 9, wait_timeout: 600 },
    dateStrings: true,
    rowsAsArray: true,
  });
  const asked =
    'SELECT @@character_set_client, @@collation_connection, @@sql_mode, @@time_zone, @@wait_timeout, @@group_concat_max_len, @init, DATABASE()';
  report('connection options', await rows(here, asked));
  report('no backslash escapes', await rows(here, "SELECT 'a\\', HEX('é'), FROM_UNIXTIME(0)"));
  await here.reset();
  report('after reset', await rows(here, asked));
  await here.end();
  const changed = await connect();
  // The driver refuses to change the user of a MySQL server.
  if (flavour === 'mariadb') await changed.changeUser({ ...login, collation: 'UTF8MB4_BIN', database: target.database });
  report('after change user', await rows(changed, 'SELECT @@collation_connection c, DATABASE() d, CURRENT_USER() u'));
  await changed.ping();
  report('server version', changed.serverVersion() === (await rows(changed, 'SELECT VERSION() v'))[0].v);
  await changed.end();
  const found = await connect({ foundRows: false, insertIdAsNumber: true, bigIntAsNumber: true, checkDuplicate: false });
  report('affected without found rows', outcome(await found.query('UPDATE digits SET d = d')));
  await found.end();
}

async function transactions(c) {
  const count = async () => (await rows(c, 'SELECT COUNT(*) n, @@server_id here FROM items'))[0];
  await c.beginTransaction();
  await c.query("INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)");
  const inside = await count();
  reportWrite('inside a transaction', inside.n, inside.here);
  await c.rollback();
  await c.beginTransaction();
  await c.query("INSERT INTO items (name, server) VALUES ('kept', @@server_id)");
  await reportFailure('error inside', () => c.query("INSERT INTO items (name) VALUES ('kept')"), failure);
  await c.query('SAVEPOINT s');
  await c.query("INSERT INTO items (name, server) VALUES ('not kept', @@server_id)");
  await c.query('ROLLBACK TO s');
  await c.commit();
  await inSync();
  const after = await count();
  reportRead('after commit', after.n, after.here);
  await c.query('SET autocommit=0');
  await c.query("INSERT INTO items (name, server) VALUES ('second', @@server_id)");
  await c.rollback();
  await c.query('SET autocommit=1');
  const [written] = await rows(c, 'SELECT GROUP_CONCAT(name) names, MAX(server) server FROM items');
  reportWrite('kept', written.names, written.server);
  await c.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
  await c.beginTransaction();
  const locked = await count();
  reportWrite('serializable', locked.n, locked.here);
  await c.commit();
}

async function preparedStatements(c) {
  const columns =
    'id, small, big, huge, exact, approximate, day, moment, clock, stamp, made, name, story, bytes, bits, choice, many, document';
  const insert = await c.prepare(`INSERT INTO kinds (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})`);
  const fixed = ['2024-02-29', '2024-02-29 23:59:59.123456', '12:34:56.789', '2024-02-29 12:00:00', 2024];
  const values = [1, -128, -(2n ** 63n), 2n ** 64n - 1n, '12345678901234567890.0123456789', 0.1, ...fixed, UTF8, LONG, BYTES];
  report('prepared insert', outcome(await insert.execute([...values, Buffer.from([1, 3]), 'red', 'b', '{"a": [1, "ü"]}'])));
  report('nulls', outcome(await insert.execute([2, ...Array(17).fill(null)])));
  insert.close();
  await inSync();
  const select = await c.prepare(`SELECT ${columns}, @@server_id AS here FROM kinds WHERE id = ?`);
  report(
    'its columns',
    select.columns.map((column) => [column.name(), column.type, column.columnLength, column.flags]),
  );
  for (const id of [1, 2, 1, 3]) {
    for (const { here, ...row } of await select.execute([id])) reportRead(`prepared select ${id}`, row, here);
  }
  select.close();
  report(
    'the same as text',
    await rows(c, { sql: `SELECT ${columns} FROM kinds ORDER BY id`, bigIntAsNumber: false, decimalAsNumber: false }),
  );
  report('parameters in the list', Array.from(await c.execute('SELECT ? a, ? b, ? + 1 c', ['text', null, 5])));
  report('date parameters', Array.from(await c.execute('SELECT ? a, DATE_ADD(?, INTERVAL 1 DAY) b', [new Date(0), '2024-02-28'])));
  await reportFailure('prepare of a wrong statement', () => c.prepare('SELECT FROM'), failure);
  await reportFailure('execute that fails', () => c.execute('INSERT INTO items (name) VALUES (?)', ['kept']), failure);
  await reportFailure(
    'too few values',
    () => c.execute('SELECT ?, ?', [1]),
    ({ errno }) => errno,
  );
}

/** The type of the column is known only when the statement runs: each of the two clients' statements has to learn it. */
async function statementsOfTheSameText() {
  const c = await connect({ prepareCacheLength: 0 });
  await c.beginTransaction();
  const [first, second] = [await c.prepare('SELECT ? AS n'), await c.prepare('SELECT ? AS n')];
  report('one text prepared twice', [Array.from(await first.execute([1])), Array.from(await second.execute([2]))]);
  await c.rollback();
  await c.end();
}

async function streaming(c) {
  let [sum, server, count] = [0, 0, 0];
  const stream = c.queryStream('SELECT n, text, @@server_id here FROM numbers ORDER BY n');
  for await (const row of stream) {
    sum += row.n + row.text.length;
    count += 1;
    server = row.here;
  }
  reportRead('streamed', [sum, count], server);
  await reportFailure(
    'stream of a wrong statement',
    async () => {
      for await (const _ of c.queryStream('SELECT * FROM nowhere')) report('never', true);
    },
    failure,
  );
  report('after the stream', await rows(c, 'SELECT 1 one'));
}

async function batches(c) {
  const values = Array.from({ length: 500 }, (_, n) => [n + 10_000, n % 7 === 0 ? 'seven' : `number ${n} ü`]);
  const total = (results) => [results].flat().reduce((sum, each) => sum + each.affectedRows, 0);
  report('batch', total(await c.batch('INSERT INTO numbers VALUES (?, ?)', values)));
  const ids = await c.batch('INSERT INTO items (name, server) VALUES (?, @@server_id)', [['batch a'], ['batch b'], ['batch c']]);
  report('ids of a batch', [ids].flat().map(outcome));
  const mixed = [
    [20_000, 'x'],
    [20_001, 'y'.repeat(60)],
    [20_002, 'z'],
  ];
  report('batch of texts of different length', total(await c.batch('INSERT INTO numbers VALUES (?, ?)', mixed)));
  await reportFailure(
    'batch that fails',
    () =>
      c.batch('INSERT INTO numbers VALUES (?, ?)', [
        [30_000, 'a'],
        [10_000, 'b'],
      ]),
    failure,
  );
  const [written] = await rows(c, "SELECT COUNT(*) n, MAX(server) server FROM items WHERE name LIKE 'batch%' FOR UPDATE");
  reportWrite('written by the batch', written.n, written.server);
  report('rows of the batches', await rows(c, 'SELECT COUNT(*) n, SUM(n) s, SUM(LENGTH(text)) l FROM numbers WHERE n >= 10000 FOR UPDATE'));
  await c.query('DELETE FROM numbers WHERE n >= 10000');
}

async function errors(c) {
  const statements = [
    'SELEKT 1',
    'SELECT * FROM nowhere',
    'SELECT nothing FROM items',
    "INSERT INTO items (name) VALUES ('kept')",
    'INSERT INTO items (name) VALUES (NULL)',
    'SET nothing_like_it = 1',
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'wäs'",
    'USE missing_schema_1',
  ];
  for (const statement of statements) await reportFailure(statement, () => c.query(statement), failure);
  const ofLogin = ({ errno, sqlState, sqlMessage }) => ({ errno, sqlState, sqlMessage });
  await reportFailure('wrong password', () => connect({ password: 'wrong' }), ofLogin);
  await reportFailure('unknown database', () => connect({ database: 'missing_schema_1' }), ofLogin);
  await reportFailure('query that takes too long', () => c.query({ sql: 'SELECT SLEEP(1)', timeout: 0 }), failure);
}

/** The connector sends the next command without waiting for the reply to the one before. */
async function pipelines(c) {
  const sent = Array.from({ length: 30 }, (_, n) =>
    n % 3 === 0
      ? c.query(`INSERT INTO items (name) VALUES ('pipe ${n}')`).then(outcome)
      : c.execute('SELECT CAST(? AS SIGNED) AS n', [n]).then(([row]) => Number(row.n)),
  );
  report('pipelined', await Promise.all(sent));
  const mixed = [
    c.query('SET @piped = 3'),
    c.query('SELECT @piped AS p').then((r) => Array.from(r)),
    c.query('SELECT * FROM nowhere').catch(failure),
    c.execute('SELECT CAST(@piped + ? AS SIGNED) AS p', [1]).then(([row]) => Number(row.p)),
  ];
  report('pipelined with an error', (await Promise.all(mixed)).slice(1));
  await c.reset();
  const moved = [
    c.query('SET SESSION group_concat_max_len = 5'),
    c.query('SELECT GROUP_CONCAT(d) g, @@server_id here FROM digits'),
    c.query('SELECT 1 AS one'),
  ];
  const [, [{ g, here }]] = await Promise.all(moved);
  reportRead('pipelined read after SET', g, here);
}

async function pool() {
  const pool = mariadb.createPool({ ...login, connectionLimit: 2, resetAfterUse: true, acquireTimeout: 5000 });
  const first = await pool.getConnection();
  await first.query("SET @left = 'over', time_zone = '+03:00', sql_mode = 'ANSI'");
  await first.beginTransaction();
  await first.query("INSERT INTO items (name) VALUES ('left open')");
  await first.release();
  const [second, third] = await Promise.all([pool.getConnection(), pool.getConnection()]);
  // Which of the two the pool hands out first is up to it.
  const left = [];
  for (const each of [second, third]) left.push(...(await rows(each, 'SELECT @left l, @@time_zone z, @@sql_mode m')));
  report(
    'left in the pool',
    left.sort((a, b) => a.z.localeCompare(b.z)),
  );
  report('left open transaction', await rows(second, "SELECT COUNT(*) n FROM items WHERE name = 'left open' FOR UPDATE"));
  await second.release();
  await third.release();
  await pool.end();
  // What the first connection left pins its session where the driver does not reset (it does not on MySQL).
  const fresh = mariadb.createPool({ ...login, connectionLimit: 2 });
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, n) => fresh.execute('SELECT CAST(? AS SIGNED) AS n, @@server_id AS here', [n])),
  );
  for (const [{ n, here }] of many) reportRead('one of many', Number(n), here);
  await fresh.query("INSERT INTO items (name, server) VALUES ('by pool', @@server_id)");
  const [{ server }] = await fresh.query("SELECT server FROM items WHERE name = 'by pool' FOR UPDATE");
  reportWrite('write of the pool', null, server);
  await fresh.end();
}

async function severalAndInfile() {
  const several = await connect({ multipleStatements: true, permitLocalInfile: true });
  const [one, inserted, two] = await several.query("SELECT 1 AS a; INSERT INTO items (name) VALUES ('multi'); SELECT 2 AS b, 3 AS c");
  report('several statements', [Array.from(one), inserted.affectedRows, Array.from(two)]);
  await reportFailure('the second fails', () => several.query('SELECT 1 AS a; SELECT * FROM nowhere; SELECT 2 AS b'), failure);
  const { file } = infile(2000);
  const sql = `LOAD DATA LOCAL INFILE '${file}' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id`;
  report('LOAD DATA LOCAL', outcome(await several.query(sql)));
  const [loaded] = await rows(several, 'SELECT COUNT(*) n, MAX(name) name, MAX(server) server FROM loaded FOR UPDATE');
  reportWrite('loaded', [loaded.n, loaded.name], loaded.server);
  await reportFailure(
    'a file that is missing',
    () => several.query(sql.replace(file, '/missing/file')),
    ({ errno, code }) => ({ errno, code }),
  );
  report('after the missing file', await rows(several, 'SELECT 1 AS one'));
  rmSync(path.dirname(file), { recursive: true });
  await several.end();
}
