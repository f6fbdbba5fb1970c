import knexOf from 'knex';
import { end, inSync, report, reportFailure, reportRead, reportWrite, target } from '../lib/report.mjs';
import { TABLES, UTF8 } from '../lib/tables.mjs';

const { flavour: _flavour, ...connection } = target;
const failure = ({ code, errno, sqlState, sqlMessage }) => ({ code, errno, sqlState, sqlMessage });
const knex = knexOf({
  client: 'mysql2',
  log: { warn() {}, error() {} },
  connection: { ...connection, charset: 'utf8mb4', timezone: 'Z', decimalNumbers: false },
  pool: {
    min: 0,
    max: 3,
    afterCreate: (raw, done) => raw.query("SET time_zone = '+00:00', sql_mode = 'TRADITIONAL'", done),
  },
});
const here = knex.raw('@@server_id AS here');
for (const statement of TABLES) await knex.raw(statement);
await inSync();
await schema();
await queries();
await transactions();
await streaming();
await errors();
await pool();
await knex.destroy();
end();

async function schema() {
  await knex.schema.dropTableIfExists('books');
  await knex.schema.dropTableIfExists('authors');
  await knex.schema.createTable('authors', (table) => {
    table.increments('id');
    table.string('name', 80).notNullable().unique();
  });
  await knex.schema.createTable('books', (table) => {
    table.increments('id');
    table.integer('author').unsigned().references('authors.id');
    table.string('title');
    table.decimal('price', 12, 4);
    table.datetime('printed', { precision: 3 });
    table.json('more');
    table.integer('server');
  });
  await inSync();
  report('has table', await knex.schema.hasTable('books'));
  report('column info', await knex('books').columnInfo());
  report('afterCreate', await knex.select(knex.raw('@@time_zone z, @@sql_mode m')));
}

async function queries() {
  const [author] = await knex('authors').insert({ name: UTF8 });
  const book = (title, price) => ({
    author,
    title,
    price,
    printed: new Date(1e12),
    more: JSON.stringify({ title }),
    server: knex.raw('@@server_id'),
  });
  report('inserted ids', [author, await knex('books').insert([book('one', '1.5'), book('two', '99999999.9999'), book('three', null)])]);
  await inSync();
  const [joined] = await knex('books')
    .join('authors', 'books.author', 'authors.id')
    .where('title', 'two')
    .select('authors.name', 'books.*', here);
  reportRead('join', { ...joined, here: undefined }, joined.here);
  const [grouped] = await knex('books').groupBy('author').select('author', here).sum({ total: 'price' }).count({ books: '*' });
  reportRead('group', { ...grouped, here: undefined }, grouped.here);
  const nested = await knex('books')
    .whereIn('author', knex('authors').select('id'))
    .orderBy('id', 'desc')
    .limit(2)
    .offset(1)
    .pluck('title');
  report('subquery, order and limit', nested);
  report('update', await knex('books').where({ title: 'one' }).update({ price: 2 }).increment('server', 0));
  report('upsert', await knex('authors').insert({ id: author, name: 'new name' }).onConflict('id').merge());
  report('ignore', await knex('authors').insert({ id: author, name: 'ignored' }).onConflict('id').ignore());
  const [written] = await knex('books').max({ server: 'server' }).forUpdate();
  reportWrite('written', null, written.server);
  const union = await knex.union([knex.select(knex.raw('1 AS n')), knex.select(knex.raw('2'))]).orderBy('n');
  report('union', union);
  report(
    'with',
    await knex
      .with('few', knex('digits').where('d', '<', 3))
      .select('d')
      .from('few')
      .orderBy('d'),
  );
}

async function transactions() {
  const names = async (on = knex) => (await on('items').orderBy('id').select('name', here)).map((row) => row);
  await knex.transaction(async (outer) => {
    await outer('items').insert({ name: 'outer', server: knex.raw('@@server_id') });
    await outer
      .transaction(async (inner) => {
        await inner('items').insert({ name: 'inner' });
        throw new Error('inner goes back');
      })
      .catch((error) => report('inner', error.message));
    for (const { name, here: server } of await names(outer)) reportWrite('inside', name, server);
  });
  await knex
    .transaction(async (all) => {
      await all('items').insert({ name: 'never' });
      await all('items').insert({ name: 'outer' });
    })
    .catch((error) => report('rolled back by an error', failure(error)));
  const open = await knex.transactionProvider({ isolationLevel: 'read committed' })();
  await open('items').insert({ name: 'second' });
  await open.commit();
  report('completed', open.isCompleted());
  await inSync();
  for (const { name, here: server } of await names()) reportRead('after', name, server);
  const readOnly = await knex.transaction(undefined, { readOnly: true });
  await reportFailure('write in a read only transaction', () => readOnly('items').insert({ name: 'no' }), failure);
  await readOnly.rollback();
}

async function streaming() {
  let [sum, server] = [0, 0];
  for await (const row of knex('numbers').orderBy('n').select('n', here).stream()) {
    sum += row.n;
    server = row.here;
  }
  reportRead('streamed', sum, server);
}

async function errors() {
  await reportFailure('no table', () => knex('nowhere').select(), failure);
  await reportFailure('no column', () => knex('items').select('nothing'), failure);
  await reportFailure('duplicate', () => knex('items').insert({ name: 'outer' }), failure);
  await reportFailure('foreign key', () => knex('books').insert({ author: 4711 }), failure);
  await reportFailure('too long', () => knex('items').insert({ name: 'x'.repeat(51) }), failure);
  await reportFailure(
    'timeout of knex',
    () => knex.raw('SELECT SLEEP(1)').timeout(100),
    ({ name }) => name,
  );
}

async function pool() {
  const all = await Promise.all(Array.from({ length: 12 }, (_, n) => knex.select(knex.raw('? AS n', [n]), here)));
  for (const [{ n, here: server }] of all) reportRead('one of many', n, server);
  const writes = await Promise.all(
    Array.from({ length: 5 }, (_, n) => knex('items').insert({ name: `many ${n}`, server: knex.raw('@@server_id') })),
  );
  report('writes side by side', writes.length);
  const [{ server }] = await knex('items').where('name', 'like', 'many%').max({ server: 'server' }).forUpdate();
  reportWrite('their server', null, server);
  const kept = await knex.client.acquireConnection();
  report('one connection', (await knex.raw('SELECT DATABASE() d').connection(kept))[0]);
  await knex.client.releaseConnection(kept);
}
