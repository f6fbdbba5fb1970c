import { DataSource, EntitySchema, In } from 'typeorm';
import { end, inSync, report, reportFailure, reportRead, reportWrite, target } from '../lib/report.mjs';
import { BYTES, LONG, UTF8 } from '../lib/tables.mjs';

const Author = new EntitySchema({
  name: 'Author',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String, length: 80, unique: true } },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author' } },
});
const Book = new EntitySchema({
  name: 'Book',
  columns: {
    id: { type: 'bigint', unsigned: true, primary: true, generated: true },
    title: { type: String },
    price: { type: 'decimal', precision: 20, scale: 8, nullable: true },
    printed: { type: 'datetime', precision: 6, nullable: true },
    day: { type: 'date', nullable: true },
    story: { type: 'longtext', nullable: true },
    picture: { type: 'longblob', nullable: true },
    more: { type: 'json', nullable: true },
    isSold: { type: Boolean, default: false },
    version: { type: Number, version: true },
    server: { type: Number, nullable: true },
  },
  relations: { author: { type: 'many-to-one', target: 'Author', joinColumn: true, inverseSide: 'books' } },
});

const { user: username, flavour, ...place } = target;
const options = {
  type: flavour,
  username,
  ...place,
  entities: [Author, Book],
  charset: 'utf8mb4',
  timezone: 'Z',
  supportBigNumbers: true,
  poolSize: 3,
};
const failure = ({ name, driverError }) => ({
  name,
  errno: driverError?.errno,
  state: driverError?.sqlState,
  text: driverError?.sqlMessage,
});

// The schema is made by one connection, which reads at once what it has made.
const schema = await new DataSource({ ...options, poolSize: 1 }).initialize();
await schema.synchronize(true);
await schema.synchronize();
await schema.destroy();
await inSync();
const source = await new DataSource(options).initialize();
const [authors, books] = [source.getRepository('Author'), source.getRepository('Book')];

await repositories();
await transactions();
await builders();
await errors();
await sideBySide();
await source.destroy();
end();

async function repositories() {
  const author = await authors.save({ name: UTF8 });
  const values = { price: '123456789012.12345678', printed: new Date(1.7e12), day: '2024-02-29', more: { ü: [1, null] } };
  const book = await books.save({
    title: 'one',
    ...values,
    story: LONG,
    picture: BYTES,
    isSold: true,
    author,
    server: () => '@@server_id',
  });
  report('saved', [author.id, book.id, book.version]);
  await books.insert(Array.from({ length: 20 }, (_, n) => ({ title: `bulk ${n}`, price: `${n}`, author, server: () => '@@server_id' })));
  await inSync();
  report('found', await books.findOne({ where: { title: 'one' }, relations: { author: true } }));
  report('page', await books.findAndCount({ where: { title: In(['bulk 1', 'bulk 2', 'bulk 3']) }, order: { id: 'DESC' }, take: 2 }));
  report('sum', await books.sum('price'));
  book.title = 'first';
  report('version', (await books.save(book)).version);
  report('update', (await books.update({ title: 'bulk 4' }, { price: '44' })).affected);
  report('delete', (await books.delete({ title: 'bulk 5' })).affected);
  await authors.upsert({ id: author.id, name: 'renamed' }, ['id']);
  await inSync();
  report('upserted', await authors.findOneBy({ id: author.id }));
}

async function transactions() {
  await source.transaction(async (manager) => {
    await manager.save('Author', { name: 'in a transaction' });
    const [{ here }] = await manager.query('SELECT @@server_id AS here');
    reportWrite('inside', await manager.count('Author'), here);
    await manager
      .transaction(async (inner) => {
        await inner.save('Author', { name: 'behind a savepoint' });
        throw new Error('goes back');
      })
      .catch((error) => report('inner', error.message));
    report('locked', await manager.findOne('Author', { where: { name: 'in a transaction' }, lock: { mode: 'pessimistic_write' } }));
  });
  const never = source.transaction('SERIALIZABLE', async (manager) => {
    await manager.save('Author', { name: 'never' });
    await manager.save('Author', { name: 'renamed' });
  });
  await reportFailure('rolled back', () => never, failure);
  const runner = source.createQueryRunner();
  await runner.connect();
  await runner.startTransaction('READ COMMITTED');
  await runner.manager.save('Author', { name: 'by the runner' });
  const [{ server }] = await runner.query('SELECT @@server_id AS server');
  reportWrite('runner', null, server);
  await runner.rollbackTransaction();
  await runner.release();
  await inSync();
  report(
    'authors',
    (await authors.find({ order: { id: 'ASC' } })).map(({ name }) => name),
  );
}

async function builders() {
  const found = await books
    .createQueryBuilder('book')
    .leftJoinAndSelect('book.author', 'author')
    .where('book.price > :price', { price: 15 })
    .orderBy('book.id')
    .skip(1)
    .take(3)
    .getManyAndCount();
  report('builder', found);
  const raw = await books.createQueryBuilder('book').select('COUNT(*)', 'n').addSelect('@@server_id', 'here').getRawOne();
  reportRead('raw', raw.n, raw.here);
  let [count, here] = [0, 0];
  for await (const row of await books.createQueryBuilder('book').select('book.title').addSelect('@@server_id', 'here').stream()) {
    count += 1;
    here = row.here;
  }
  reportRead('streamed', count, here);
  const done = await source
    .createQueryBuilder()
    .update('Book')
    .set({ price: () => 'price + 1' })
    .where('title = :title', { title: 'bulk 6' })
    .execute();
  report('update by builder', done.affected);
  const [{ server }] = await source.query('SELECT MAX(server) AS server FROM book FOR UPDATE');
  reportWrite('written', null, server);
}

async function errors() {
  await reportFailure('unique', () => authors.insert({ name: 'renamed' }), failure);
  await reportFailure('foreign key', () => books.insert({ title: 'x', author: { id: 4711 } }), failure);
  await reportFailure('no table', () => source.query('SELECT * FROM nowhere'), failure);
  await reportFailure('not null', () => authors.insert({ name: null }), failure);
  const wrong = new DataSource({ ...options, password: 'wrong' });
  await reportFailure(
    'wrong password',
    () => wrong.initialize(),
    ({ errno, sqlState, sqlMessage }) => ({ errno, sqlState, sqlMessage }),
  );
}

async function sideBySide() {
  const all = await Promise.all(Array.from({ length: 12 }, (_, n) => source.query('SELECT ? AS n, @@server_id AS here', [n])));
  for (const [{ n, here }] of all) reportRead('one of many', Number(n), here);
  await Promise.all(Array.from({ length: 6 }, (_, n) => authors.save({ name: `many ${n}` })));
  const [row] = await source.query("SELECT COUNT(*) AS n, @@server_id AS here FROM author WHERE name LIKE 'many%' FOR UPDATE");
  reportWrite('saved side by side', row.n, row.here);
}
