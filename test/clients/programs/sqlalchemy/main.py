import datetime
import decimal
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from sqlalchemy import JSON, BigInteger, Column, Date, DateTime, ForeignKey, Integer, LargeBinary, MetaData, Numeric, String, Text
from sqlalchemy import create_engine, event, exc, func, inspect, select, text
from sqlalchemy.dialects.mysql import BIGINT, DATETIME, LONGBLOB, LONGTEXT, insert
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship

from lib.report import BYTES, DATABASE, HOST, LONG, PASSWORD, PORT, USER, UTF8, end, in_sync, report, report_failure, report_read, report_write

URL = f"mysql+pymysql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}?charset=utf8mb4"
TLS = {"ssl": {"check_hostname": False}}
HERE = text("@@server_id")
Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False, unique=True)
    server = Column(Integer, default=HERE)
    books = relationship("Book", back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id = Column(BIGINT(unsigned=True), primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    title = Column(String(200))
    price = Column(Numeric(20, 8))
    huge = Column(BigInteger)
    printed = Column(DATETIME(fsp=6))
    day = Column(Date)
    story = Column(LONGTEXT)
    picture = Column(LONGBLOB)
    more = Column(JSON)
    version = Column(Integer, nullable=False)
    author = relationship(Author, back_populates="books")
    __mapper_args__ = {"version_id_col": version}


def failure(error):
    return [type(error).__name__, *getattr(error, "orig", error).args]


def expect_failure(check, work):
    try:
        work()
        report(check, "no error")
    except exc.SQLAlchemyError as error:
        report(check, failure(error))


def make_schema():
    # Made by one connection that reads at once what it has made.
    schema = create_engine(URL, connect_args=TLS, future=True, pool_size=1)
    with schema.connect() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
        connection.commit()
    schema.dispose()
    in_sync()


def mapped(engine):
    with Session(engine) as session:
        author = Author(name=UTF8)
        author.books = [Book(title=f"book {n}", price=decimal.Decimal(n) / 8) for n in range(20)]
        author.books[0].price = decimal.Decimal("123456789012.12345678")
        author.books[0].huge = 2**63 - 1
        author.books[0].printed = datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)
        author.books[0].day = datetime.date(2024, 2, 29)
        author.books[0].story, author.books[0].picture, author.books[0].more = LONG, BYTES, {"ü": [1, None]}
        session.add(author)
        session.flush()
        report("ids", [author.id, author.books[0].id, author.books[19].id])
        report_write("inside", *session.execute(select(func.count(), HERE).select_from(Book)).one())
        session.commit()
        found = session.execute(select(Author).options(joinedload(Author.books))).unique().scalar_one()
        book = found.books[0]
        report("found", [found.name, book.price, book.huge, book.printed, book.day, book.story, book.picture, book.more, book.version])
        book.title = "renamed"
        session.commit()
        report("version", book.version)
        nested = session.begin_nested()
        session.add(Author(name="behind a savepoint"))
        session.flush()
        nested.rollback()
        session.add(Author(name="kept"))
        session.commit()
        report_write("written", *session.execute(select(func.count(), func.max(Author.server))).one())
        session.rollback()
        names = [author.name for author in session.execute(select(Author).order_by(Author.id).with_for_update()).scalars()]
        report("names", names)

    def duplicate():
        with Session(engine) as session:
            session.add(Author(name="never"))
            session.add(Author(name="kept"))
            session.commit()

    expect_failure("duplicate", duplicate)
    with Session(engine) as one, Session(engine) as two:
        a, b = one.get(Book, 1), two.get(Book, 1)
        a.title = "by one"
        one.commit()
        b.title = "by two"
        expect_failure("stale version", two.commit)
    with Session(engine) as session:
        report("bulk update", session.query(Book).filter(Book.price < 1).update({"title": "cheap"}, synchronize_session=False))
        report("delete", session.query(Book).filter_by(title="book 19").delete())
        session.commit()


def autocommit_reads(engine):
    in_sync()
    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    for turn in range(4):
        with reading.connect() as connection:
            count, server = connection.execute(select(func.count(), HERE).select_from(Author)).one()
            report_read(f"read {turn}", count, server)
    with reading.connect() as connection:
        statement = select(Book.title, HERE).join(Author).where(Author.name == UTF8).order_by(Book.id).limit(2)
        for title, server in connection.execute(statement):
            report_read("join", title, server)
        connection.execute(text("INSERT INTO authors (name, server) VALUES ('autocommitted', @@server_id)"))
        count, server = connection.execute(text("SELECT COUNT(*), MAX(server) FROM authors WHERE name = 'autocommitted' FOR UPDATE")).one()
        report_write("autocommitted", count, server)
        upsert = insert(Author.__table__).values(id=1, name="upserted").on_duplicate_key_update(name="upserted")
        result = connection.execute(upsert)
        report("upsert", [result.rowcount, result.lastrowid])


def isolation(engine):
    for level in ("SERIALIZABLE", "READ COMMITTED", "REPEATABLE READ"):
        with engine.connect().execution_options(isolation_level=level) as connection:
            report(level, [connection.get_isolation_level(), connection.default_isolation_level])
            with connection.begin():
                report_write("in it", *connection.execute(text("SELECT COUNT(*), @@server_id FROM authors")).one())
    with engine.connect() as connection:
        report("default again", connection.get_isolation_level())


def streaming(engine):
    with engine.connect().execution_options(stream_results=True, max_row_buffer=50) as connection:
        result = connection.execute(text("SELECT a.id FROM books a, books b, books c ORDER BY a.id"))
        report("streamed", sum(row.id for row in result))
        partial = connection.execute(text("SELECT a.id FROM books a, books b, books c ORDER BY a.id"))
        report("beginning", [tuple(row) for row in partial.fetchmany(2)])
        partial.close()
        report("after it", connection.execute(text("SELECT 1")).scalar())


def two_phase(engine):
    with engine.connect() as connection:
        transaction = connection.begin_twophase(f"weir-{DATABASE}")
        connection.execute(text("INSERT INTO authors (name, server) VALUES ('two phase', @@server_id)"))
        transaction.prepare()
        transaction.commit()
    with engine.connect() as connection:
        report_write("two phase", *connection.execute(text("SELECT COUNT(*), MAX(server) FROM authors WHERE name = 'two phase'")).one())


def errors(engine):
    with engine.connect() as connection:
        for statement in ("SELEKT 1", "SELECT * FROM nowhere", "SELECT nothing FROM books", "INSERT INTO books (author_id, version) VALUES (4711, 1)"):
            expect_failure(statement, lambda: connection.execute(text(statement)))
            connection.rollback()
    wrong = create_engine(URL.replace(f":{PASSWORD}@", ":wrong@"), connect_args=TLS, future=True)
    expect_failure("wrong password", wrong.connect)


def pool():
    engine = create_engine(URL, connect_args=TLS, future=True, pool_size=2, max_overflow=0, pool_pre_ping=True, pool_recycle=3600)

    @event.listens_for(engine, "connect")
    def settings(raw, _record):
        with raw.cursor() as cursor:
            cursor.execute("SET time_zone = '+03:00', sql_mode = 'TRADITIONAL'")

    for turn in range(4):
        with engine.connect() as a, engine.connect() as b:
            ask = text("SELECT @@time_zone, @@sql_mode, @left")
            report(f"settings {turn}", [tuple(each.execute(ask).one()) for each in (a, b)])
            a.execute(text("INSERT INTO authors (name) VALUES ('left open')"))
    with engine.connect() as connection:
        report("left open", connection.execute(text("SELECT COUNT(*) FROM authors WHERE name = 'left open'")).scalar())
    engine.dispose()


def reflection(engine):
    with engine.connect() as connection:
        connection.execute(text("SET autocommit = 0"))
        seen = inspect(connection)
        report("tables", sorted(seen.get_table_names()))
        report("columns", [[column["name"], str(column["type"]), column["nullable"]] for column in seen.get_columns("books")])
        report("foreign keys", seen.get_foreign_keys("books"))
        report("unique", seen.get_unique_constraints("authors"))
        metadata = MetaData()
        metadata.reflect(connection)
        report("reflected", sorted(metadata.tables))


make_schema()
engine = create_engine(URL, connect_args=TLS, future=True, pool_size=3)
mapped(engine)
autocommit_reads(engine)
isolation(engine)
streaming(engine)
two_phase(engine)
errors(engine)
pool()
reflection(engine)
engine.dispose()
end()
