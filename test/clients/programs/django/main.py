import datetime
import decimal
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import django
from django.conf import settings

from lib.report import BYTES, DATABASE, HOST, LONG, PASSWORD, PORT, USER, UTF8, end, in_sync, report, report_failure, report_read, report_write

DATABASE_OPTIONS = {
    "ENGINE": "django.db.backends.mysql",
    "NAME": DATABASE,
    "USER": USER,
    "PASSWORD": PASSWORD,
    "HOST": HOST,
    "PORT": str(PORT),
    "CONN_MAX_AGE": 60,
    "OPTIONS": {"charset": "utf8mb4", "init_command": "SET sql_mode = 'STRICT_ALL_TABLES'", "isolation_level": "read committed"},
}
# Migrations read at once the rows that they have written: without autocommit the primary answers.
SCHEMA_OPTIONS = {**DATABASE_OPTIONS, "AUTOCOMMIT": False}
settings.configure(
    DATABASES={"default": DATABASE_OPTIONS, "schema": SCHEMA_OPTIONS},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    TIME_ZONE="UTC",
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import Error, connection, connections, models, transaction
from django.db.models import Avg, Count, F, Q, Sum, Value
from django.db.models.functions import TruncDay


class Author(models.Model):
    name = models.CharField(max_length=80, unique=True)

    class Meta:
        app_label = "library"


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="books")
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    huge = models.BigIntegerField(null=True)
    printed = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    took = models.DurationField(null=True)
    story = models.TextField(null=True)
    picture = models.BinaryField(null=True)
    more = models.JSONField(null=True)
    is_sold = models.BooleanField(default=False)
    server = models.IntegerField(null=True)

    class Meta:
        app_label = "library"


def here(using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT @@server_id")
        return cursor.fetchone()[0]


def make_schema():
    schema = connections["schema"]
    with schema.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute("SHOW TABLES")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE `{name}`")
        cursor.execute("SET foreign_key_checks = 1")
    call_command("migrate", database="schema", verbosity=0, interactive=False)
    with schema.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
        rated = models.IntegerField(default=5)
        rated.set_attributes_from_name("rating")
        editor.add_field(Book, rated)
        editor.remove_field(Book, rated)
    tables = schema.introspection.table_names()
    report("migrated", sorted(tables))
    schema.commit()
    schema.close()
    in_sync()


def querysets():
    author = Author.objects.create(name=UTF8)
    moment = datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=datetime.timezone.utc)
    first = Book.objects.create(
        author=author, title="first", price=decimal.Decimal("123456789012.12345678"), huge=-(2**63), printed=moment, day=moment.date(),
        took=datetime.timedelta(days=3, microseconds=7), story=LONG, picture=BYTES, more={"ü": [1, None, {"deep": True}]},
    )
    made = Book.objects.bulk_create([Book(author=author, title=f"book {n}", price=n, printed=moment) for n in range(50)], batch_size=20)
    in_sync()
    report("ids", [author.pk, first.pk, len(made)])
    book = Book.objects.select_related("author").get(title="first")
    fields = ("price", "huge", "printed", "day", "took", "story", "picture", "more", "is_sold")
    report_read("found", [book.author.name, *(getattr(book, field) for field in fields)], here())
    page = Book.objects.filter(Q(title__startswith="book") & ~Q(price__gt=5)).order_by("-price").values_list("title", flat=True)[1:4]
    report_read("page", list(page), here())
    report("totals", Book.objects.aggregate(Sum("price"), Avg("price"), Count("author", distinct=True)))
    grouped = Book.objects.annotate(of=TruncDay("printed")).values("of").annotate(n=Count("id")).order_by("of")
    report_read("grouped by day", list(grouped), here())
    report("json", list(Book.objects.filter(more__ü__0=1).values_list("title", flat=True)))
    report("prefetched", [len(each.books.all()) for each in Author.objects.prefetch_related("books")])
    report("update", Book.objects.filter(price__lt=3).update(price=F("price") + 1, title=Value("cheap")))
    in_sync()
    report("after update", Book.objects.filter(title="cheap").count())
    report("get or create", [created for _, created in (Author.objects.get_or_create(name=name) for name in (UTF8, "second"))])
    report("update or create", Author.objects.update_or_create(name="third", defaults={"name": "3rd"})[1])
    report("delete", Book.objects.filter(title="book 49").delete())
    in_sync()
    report("iterator", sum(1 for _ in Book.objects.iterator(chunk_size=7)))
    report("user", [User.objects.create_user("someone", password=None).pk > 0])


def transactions():
    with transaction.atomic():
        Author.objects.create(name="outer")
        try:
            with transaction.atomic():
                Author.objects.create(name="inner")
                Author.objects.create(name="outer")
        except Error as error:
            report("inner", [type(error).__name__, *error.args])
        report_write("inside", list(Author.objects.filter(name__in=["outer", "inner"]).values_list("name", flat=True)), here())
        report("locked", [author.name for author in Author.objects.select_for_update().filter(name="outer")])

    class Stop(Exception):
        pass

    try:
        with transaction.atomic():
            Author.objects.create(name="never")
            transaction.on_commit(lambda: report("never", True))
            raise Stop
    except Stop:
        report("stopped", None)
    with transaction.atomic():
        Author.objects.create(name="on commit")
        transaction.on_commit(lambda: report("on commit", True))
        Book.objects.filter(title="first").update(server=here())
    with transaction.atomic():
        report_write("written", sorted(Author.objects.values_list("name", flat=True)), Book.objects.get(title="first").server)
        point = transaction.savepoint()
        Author.objects.all().update(name=F("id"))
        transaction.savepoint_rollback(point)
    in_sync()
    report_read("after all", sorted(Author.objects.values_list("name", flat=True)), here())
    transaction.set_autocommit(False)
    Author.objects.create(name="not kept")
    report_write("without autocommit", Author.objects.count(), here())
    transaction.rollback()
    transaction.set_autocommit(True)
    report_read("with autocommit", Author.objects.count(), here())


def raw():
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@sql_mode, @@transaction_isolation, @@time_zone" if connection.mysql_is_mariadb is False else
                       "SELECT @@sql_mode, @@tx_isolation, @@time_zone")
        report("settings", cursor.fetchone())
        cursor.execute("INSERT INTO library_author (name) VALUES (%s), (%s)", ["raw 1", "raw 2"])
        report("raw insert", [cursor.rowcount, cursor.lastrowid > 0])
        cursor.executemany("INSERT INTO library_author (name) VALUES (%s)", [[f"many {n}"] for n in range(10)])
        report("raw inserts", cursor.rowcount)
    in_sync()
    report("raw models", [author.name for author in Author.objects.raw("SELECT * FROM library_author WHERE name LIKE %s ORDER BY id", ["raw%"])])
    report("explain", len(Author.objects.filter(name="raw 1").explain()) > 0)


def procedure():
    with connection.cursor() as cursor:
        cursor.execute("DROP PROCEDURE IF EXISTS count_authors")
        cursor.execute("CREATE PROCEDURE count_authors() SELECT COUNT(*) FROM library_author")
        cursor.callproc("count_authors")
        report("procedure", cursor.fetchone())


def errors():
    report_failure("duplicate", lambda: Author.objects.create(name="outer"))
    report_failure("protected", lambda: Author.objects.filter(name=UTF8).delete()[0])
    report_failure("foreign key", lambda: Book.objects.create(author_id=4711, title="x"))
    report_failure("too long", lambda: Author.objects.create(name="x" * 81))
    report_failure("no table", lambda: Author.objects.raw("SELECT * FROM nowhere")[0])


def threads():
    def work(n):
        Author.objects.create(name=f"thread {n}")
        with transaction.atomic():
            Author.objects.filter(name=f"thread {n}").update(name=f"done {n}")
        connection.close()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    in_sync()
    report_read("threads", sorted(Author.objects.filter(name__startswith="done").values_list("name", flat=True)), here())
    connection.close_if_unusable_or_obsolete()
    report("usable", connection.is_usable())
    connection.close()
    report("connected again", Author.objects.filter(name="outer").exists())


make_schema()
querysets()
transactions()
raw()
errors()
threads()
procedure()
connections.close_all()
end()
