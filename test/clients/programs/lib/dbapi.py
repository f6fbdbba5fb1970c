"""What the two drivers of Python's DB-API have in common. `connect` takes the driver's own options and gives a connection."""
import os
import tempfile

from lib.report import BYTES, KIND, KIND_COLUMNS, TABLES, in_sync, report, report_failure, report_read, report_write


def rows(connection, sql, values=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def run(connection, sql, values=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [cursor.rowcount, cursor.lastrowid]


def make_tables(connection):
    for statement in TABLES:
        run(connection, statement)
    connection.commit()


def transactions(c):
    """Without autocommit, as the DB-API wants it: every read is inside a transaction."""
    run(c, "INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)")
    [(count, server)] = rows(c, "SELECT COUNT(*), @@server_id FROM items")
    report_write("inside a transaction", count, server)
    c.rollback()
    run(c, "INSERT INTO items (name, server) VALUES ('kept', @@server_id)")
    report_failure("error inside", lambda: run(c, "INSERT INTO items (name) VALUES ('kept')"))
    run(c, "SAVEPOINT s")
    run(c, "INSERT INTO items (name, server) VALUES ('not kept', @@server_id)")
    run(c, "ROLLBACK TO SAVEPOINT s")
    run(c, "INSERT INTO items (name, server) VALUES ('kept too', @@server_id)")
    c.commit()
    [(names, server)] = rows(c, "SELECT GROUP_CONCAT(name ORDER BY id), MAX(server) FROM items")
    report_write("kept", names, server)
    c.commit()
    in_sync()
    c.autocommit(True)
    [(count, server)] = rows(c, "SELECT COUNT(*), @@server_id FROM items")
    report_read("with autocommit", count, server)
    c.begin()
    run(c, "INSERT INTO items (name) VALUES ('gone')")
    c.rollback()
    run(c, "START TRANSACTION READ ONLY")
    report("read only transaction", rows(c, "SELECT COUNT(*) FROM items"))
    report_failure("write in a read only transaction", lambda: run(c, "INSERT INTO items (name) VALUES ('no')"))
    c.commit()
    run(c, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    report("isolation", rows(c, "SHOW VARIABLES LIKE 't%%\\_isolation'")[0][1])
    run(c, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def types(c):
    marks = ", ".join(["%s"] * len(KIND))
    sql = f"INSERT INTO kinds ({KIND_COLUMNS}) VALUES ({marks})"
    report("insert", run(c, sql, KIND))
    report("insert of nulls", run(c, sql, [2] + [None] * (len(KIND) - 1)))
    c.commit()
    in_sync()
    for row in rows(c, f"SELECT {KIND_COLUMNS}, @@server_id FROM kinds ORDER BY id"):
        report_read("types", row[:-1], row[-1])
    with c.cursor() as cursor:
        cursor.execute(f"SELECT {KIND_COLUMNS}, @@server_id FROM kinds")
        report("columns", [column[:2] + tuple(column[3:]) for column in cursor.description])
        cursor.fetchall()
    with c.cursor() as cursor:
        many = [(f"many {n}",) for n in range(300)]
        report("many at once", [cursor.executemany("INSERT INTO items (name, server) VALUES (%s, @@server_id)", many), cursor.rowcount])
    c.commit()
    [(count, server)] = rows(c, "SELECT COUNT(*), MAX(server) FROM items WHERE name LIKE 'many%%' FOR UPDATE")
    report_write("many were written", count, server)
    c.commit()
    report("comparison", rows(c, "SELECT id FROM kinds WHERE name = %s AND bytes = %s FOR UPDATE", (KIND[10], BYTES)))
    c.commit()


def streaming(c, unbuffered):
    with c.cursor(unbuffered) as cursor:
        cursor.execute("SELECT n, text, @@server_id FROM numbers ORDER BY n")
        first, some = cursor.fetchone(), cursor.fetchmany(10)
        total = sum(n + len(text) for n, text, _ in cursor)
        report_read("streamed", [first[:2], len(some), total], first[2])
    cursor = c.cursor(unbuffered)
    cursor.execute("SELECT a.n FROM numbers a, digits b")
    report("beginning", cursor.fetchmany(3))
    cursor.close()
    report("after a closed cursor", rows(c, "SELECT 1"))


def insert_ids(c):
    ask = "SELECT LAST_INSERT_ID(), @@last_insert_id, @@identity"
    run(c, "DROP TABLE IF EXISTS counted")
    run(c, "CREATE TABLE counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE)")
    report("insert of one", run(c, "INSERT INTO counted (name) VALUES ('a')") + list(rows(c, ask)))
    report("insert of three", run(c, "INSERT INTO counted (name) VALUES ('b'), ('c'), ('d')") + list(rows(c, ask)))
    duplicate = "INSERT INTO counted (name) VALUES ('a') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)"
    report("duplicate", run(c, duplicate) + list(rows(c, ask)))
    report_failure("failing insert", lambda: run(c, "INSERT INTO counted (name) VALUES ('a')"))
    report("after the failing insert", rows(c, ask))
    c.commit()


def session_state(c):
    run(c, "INSERT IGNORE INTO items (name) VALUES ('kept'), ('fresh')")
    report("warnings", rows(c, "SHOW WARNINGS"))
    run(c, "UPDATE items SET server = server + 1 WHERE name IN ('kept', 'fresh')")
    report("row count", rows(c, "SELECT ROW_COUNT()"))
    rows(c, "SELECT SQL_CALC_FOUND_ROWS n FROM numbers LIMIT 3")
    report("found rows", rows(c, "SELECT FOUND_ROWS()"))
    run(c, "SET @a = 5, @b = 'tëxt'")
    report("user variables", rows(c, "SELECT @a, @b, @c"))
    run(c, "CREATE TEMPORARY TABLE passing SELECT d FROM digits")
    report("temporary table", rows(c, "SELECT SUM(d) FROM passing"))
    run(c, "DROP TEMPORARY TABLE passing")
    run(c, "SET time_zone = '-07:00', sql_mode = 'NO_BACKSLASH_ESCAPES', lc_time_names = 'fr_FR'")
    report("session variables", rows(c, r"SELECT FROM_UNIXTIME(0), 'a\b', DATE_FORMAT('2024-02-29', '%%W')"))
    run(c, "SET time_zone = DEFAULT, sql_mode = DEFAULT, lc_time_names = DEFAULT")
    report("default again", rows(c, "SELECT @@time_zone = @@global.time_zone, @@sql_mode = @@global.sql_mode"))


def errors(c, connect):
    statements = [
        "SELEKT 1",
        "SELECT nothing FROM items",
        "SELECT * FROM nowhere",
        "INSERT INTO items (name) VALUES ('kept')",
        "INSERT INTO items (name) VALUES (NULL)",
        f"INSERT INTO items (name) VALUES ('{'x' * 51}')",
        "INSERT INTO kinds (id, big) VALUES (3, 99999999999999999999)",
        "SELECT (SELECT d FROM digits)",
        "SET nothing_like_it = 1",
        "CALL nothing_like_it()",
        "SELECT 1; SELECT 2",
        "",
    ]
    for statement in statements:
        report_failure(statement[:60], lambda: run(c, statement))
        c.rollback()
    report_failure("wrong password", lambda: connect(password="wrong"))
    report_failure("unknown database", lambda: connect(database="missing_schema_1"))


def lock_wait(connect):
    a, b = connect(), connect()
    run(a, "SET SESSION innodb_lock_wait_timeout = 1")
    a.begin()
    b.begin()
    run(b, "UPDATE digits SET d = d WHERE d = 2")
    run(a, "INSERT INTO items (name) VALUES ('waiting')")
    report_failure("waiting for a lock", lambda: run(a, "UPDATE digits SET d = d WHERE d = 2"))
    report("still in its transaction", rows(a, "SELECT COUNT(*) FROM items WHERE name = 'waiting'"))
    a.close()
    b.rollback()
    report("gone with its session", rows(b, "SELECT COUNT(*) FROM items WHERE name = 'waiting' FOR UPDATE"))
    b.close()


def load_data(connect):
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf8") as file:
        file.writelines(f"{n}\tname {n} ñ\n" for n in range(3000))
        file.flush()
        os.chmod(file.name, 0o644)
        c = connect(local_infile=True)
        sql = f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id"
        report("LOAD DATA LOCAL", run(c, sql)[0])
        c.commit()
        [(count, name, server)] = rows(c, "SELECT COUNT(*), MAX(name), MAX(server) FROM loaded FOR UPDATE")
        report_write("loaded", [count, name], server)
        c.rollback()
        c.close()
