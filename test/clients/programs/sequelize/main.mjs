import { DataTypes, literal, Op, QueryTypes, Sequelize, Transaction } from 'sequelize';
import { end, inSync, report, reportFailure, reportRead, reportWrite, target } from '../lib/report.mjs';
import { BYTES, LONG, UTF8 } from '../lib/tables.mjs';

const { user, password, database, host, port } = target;
const options = {
  host,
  port,
  dialect: 'mysql',
  logging: false,
  timezone: '+02:00',
  dialectOptions: { charset: 'utf8mb4', decimalNumbers: false },
  isolationLevel: Transaction.ISOLATION_LEVELS.READ_COMMITTED,
};
const failure = ({ name, errors, parent }) => ({
  name,
  fields: errors?.map((each) => [each.path, each.type]),
  parent: parent && [parent.errno, parent.sqlState, parent.sqlMessage],
});
const here = [literal('@@server_id'), 'here'];

// The schema is made by one connection, which reads at once what it has made.
const schema = new Sequelize(database, user, password, { ...options, pool: { max: 1 } });
define(schema);
await schema.sync({ force: true });
await schema.close();
await inSync();
const sequelize = new Sequelize(database, user, password, { ...options, pool: { max: 3, min: 0 } });
const { Author, Book } = define(sequelize);
await sequelize.authenticate();
await models();
await transactions();
await errors();
await pool();
await rawQueries();
await sequelize.close();
end();

function define(on) {
  const server = { type: DataTypes.INTEGER };
  const Author = on.define('author', { name: { type: DataTypes.STRING(80), unique: 'name' }, server }, { timestamps: false });
  const Book = on.define(
    'book',
    {
      title: DataTypes.STRING,
      price: DataTypes.DECIMAL(20, 8),
      huge: DataTypes.BIGINT.UNSIGNED,
      printed: DataTypes.DATE(3),
      day: DataTypes.DATEONLY,
      story: DataTypes.TEXT('long'),
      picture: DataTypes.BLOB('long'),
      more: DataTypes.JSON,
      kind: DataTypes.ENUM('new', 'old'),
      isSold: { type: DataTypes.BOOLEAN, defaultValue: false },
      server,
    },
    { timestamps: false, version: true },
  );
  Author.hasMany(Book, { onDelete: 'RESTRICT' });
  Book.belongsTo(Author);
  // MySQL takes no expression for the default of a column: the model fills it in.
  for (const model of [Author, Book]) {
    const fillIn = (row) => row.set('server', literal('@@server_id'));
    model.addHook('beforeValidate', fillIn);
    model.addHook('beforeBulkCreate', (rows) => {
      for (const row of rows) fillIn(row);
    });
  }
  return { Author, Book };
}

async function models() {
  const author = await Author.create({ name: UTF8 });
  const values = {
    price: '123456789012.12345678',
    huge: '18446744073709551615',
    printed: new Date(1.7e12),
    day: '2024-02-29',
    kind: 'old',
  };
  const book = await author.createBook({ title: 'one', ...values, story: LONG, picture: BYTES, more: { ü: [1, null] }, isSold: true });
  report('created', [author.id, book.id, book.version]);
  await Book.bulkCreate(Array.from({ length: 20 }, (_, n) => ({ title: `bulk ${n}`, price: n, authorId: author.id })));
  await inSync();
  const found = await Book.findOne({ where: { title: 'one' }, include: Author, attributes: { include: [here] } });
  const { here: reader, ...plain } = found.get({ plain: true });
  reportRead('found', plain, reader);
  const page = await Book.findAndCountAll({
    where: { title: { [Op.like]: 'bulk%' } },
    order: [['id', 'DESC']],
    limit: 3,
    attributes: ['title', here],
  });
  report('count', page.count);
  for (const row of page.rows) reportRead('page', row.title, row.get('here'));
  report('sums', [await Book.sum('price'), await Book.max('id'), await Book.count({ distinct: true, col: 'authorId' })]);
  report('update', await Book.update({ kind: 'new' }, { where: { title: ['bulk 1', 'bulk 2'] } }));
  await book.update({ title: 'first' });
  await inSync();
  report('version', [book.version, (await book.reload()).title]);
  report('upsert', (await Author.upsert({ id: author.id, name: 'renamed' }))[1]);
  const [again, wasCreated] = await Author.findOrCreate({ where: { name: 'renamed' } });
  report('find or create', [again.id === author.id, wasCreated]);
  report('destroy', await Book.destroy({ where: { title: 'bulk 3' } }));
  report('increment', (await Book.increment({ price: 5 }, { where: { title: 'bulk 4' } }))[0][1] ?? null);
  const written = await Book.max('server', { lock: true });
  reportWrite('written', null, written);
}

async function transactions() {
  await sequelize.transaction(async (transaction) => {
    const author = await Author.create({ name: 'in a transaction' }, { transaction });
    const inner = await sequelize.transaction({ transaction });
    await Author.create({ name: 'behind a savepoint' }, { transaction: inner });
    await inner.rollback();
    const [row] = await Author.findAll({
      where: { id: author.id },
      attributes: ['name', here],
      lock: transaction.LOCK.UPDATE,
      transaction,
    });
    reportWrite('locked', row.name, row.get('here'));
    const [plain] = await Author.findAll({ where: { id: author.id }, attributes: ['name', here], transaction });
    reportWrite('inside', plain.name, plain.get('here'));
  });
  await reportFailure(
    'rolled back',
    () =>
      sequelize.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.SERIALIZABLE }, async (transaction) => {
        await Author.create({ name: 'never' }, { transaction });
        await Author.create({ name: 'renamed' }, { transaction });
      }),
    failure,
  );
  await inSync();
  for (const row of await Author.findAll({ attributes: ['name', here], order: ['id'] })) reportRead('authors', row.name, row.get('here'));
  const [a, b] = await Promise.all([sequelize.transaction(), sequelize.transaction()]);
  await Author.create({ name: 'of a' }, { transaction: a });
  report('not seen by b', await Author.count({ where: { name: 'of a' }, transaction: b }));
  await a.commit();
  report('seen by b', await Author.count({ where: { name: 'of a' }, transaction: b }));
  await b.commit();
}

async function errors() {
  await reportFailure('unique', () => Author.create({ name: 'renamed' }), failure);
  await reportFailure('foreign key', () => Book.create({ authorId: 4711 }), failure);
  await reportFailure('restrict', () => Author.destroy({ where: {} }), failure);
  await reportFailure('no table', () => sequelize.query('SELECT * FROM nowhere'), failure);
  await reportFailure('too long', () => Author.create({ name: 'x'.repeat(81) }), failure);
  const other = new Sequelize(database, user, 'wrong', { host, port, dialect: 'mysql', logging: false });
  await reportFailure('wrong password', () => other.authenticate(), failure);
}

async function pool() {
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      sequelize.query('SELECT :n AS n, @@server_id AS here', { replacements: { n }, type: QueryTypes.SELECT }),
    ),
  );
  for (const [{ n, here: reader }] of all) reportRead('one of many', n, reader);
  const made = await Promise.all(Array.from({ length: 6 }, (_, n) => Author.create({ name: `many ${n}` })));
  report('side by side', made.length);
}

async function rawQueries() {
  const bound = await sequelize.query('SELECT $1 AS a, $2 AS b, @@time_zone AS z, @@server_id AS here', {
    bind: ['x', 7],
    type: QueryTypes.SELECT,
  });
  reportRead('bound', { ...bound[0], here: undefined }, bound[0].here);
  const [, inserted] = await sequelize.query("INSERT INTO authors (name, server) VALUES ('raw', @@server_id)");
  report('raw insert', inserted);
  const [[raw]] = await sequelize.query("SELECT server FROM authors WHERE name = 'raw' FOR UPDATE");
  reportWrite('raw', null, raw.server);
  report('tables', await sequelize.getQueryInterface().showAllTables());
  report(
    'indexes',
    (await sequelize.getQueryInterface().showIndex('authors')).map(({ name, unique }) => [name, unique]),
  );
  report('description', await sequelize.getQueryInterface().describeTable('authors'));
}
