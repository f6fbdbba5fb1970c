import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import MySQLdb
import MySQLdb.cursors
from MySQLdb.constants import CLIENT

from lib.dbapi import errors, insert_ids, load_data, lock_wait, make_tables, rows, run, session_state, streaming, transactions, types
from lib.report import DATABASE, HOST, PASSWORD, PORT, USER, end, in_sync, report, report_failure, report_read


def connect(**options):
    login = {"host": HOST, "port": PORT, "user": USER, "password": PASSWORD, "database": DATABASE, "charset": "utf8mb4"}
    c = MySQLdb.connect(**{**login, **options})
    c.begin = lambda: c.query("BEGIN")
    return c


def connection_options():
    c = connect(
        charset="latin1",
        init_command="SET time_zone = '+05:30', @init = 7",
        sql_mode="ANSI_QUOTES",
        autocommit=True,
        cursorclass=MySQLdb.cursors.DictCursor,
        client_flag=CLIENT.FOUND_ROWS,
        connect_timeout=10,
    )
    sql = "SELECT @@character_set_client cs, @@character_set_results rs, @@time_zone z, @@sql_mode m, @@autocommit a, @init i, DATABASE() d"
    report("connection options", rows(c, sql))
    report("latin1", rows(c, "SELECT HEX('é') h, 'é' t, LENGTH('é') AS \"l\""))
    report("affected with FOUND_ROWS", run(c, "UPDATE digits SET d = d"))
    c.select_db("app")
    report("select_db", rows(c, "SELECT DATABASE() d"))
    c.set_character_set("utf8mb4")
    report("set_character_set", rows(c, "SELECT @@collation_connection c, 'é' e, LENGTH('é') l"))
    c.ping()
    c.change_user(USER, PASSWORD, DATABASE)
    report("change_user", rows(c, "SELECT @@time_zone z, @@sql_mode m, @init i, DATABASE() d"))
    report("server version", c.get_server_info() == rows(c, "SELECT VERSION() v")[0]["v"])
    c.close()


def several_results():
    c = connect(autocommit=True, client_flag=CLIENT.MULTI_STATEMENTS)
    c.query("SELECT 1, 2; INSERT INTO items (name) VALUES ('multi'); SELECT name FROM items WHERE name = 'multi'")
    results = []
    while True:
        result = c.store_result()
        results.append(result.fetch_row(0) if result else c.affected_rows())
        if c.next_result() == -1:
            break
    report("several statements", results)
    c.query("SELECT 1; SELECT * FROM nowhere; SELECT 2")
    c.store_result()
    report_failure("the second fails", c.next_result)
    run(c, "DROP PROCEDURE IF EXISTS twice")
    run(c, "CREATE PROCEDURE twice(IN n INT, OUT m INT) BEGIN SELECT n; SET m = n * 2; SELECT m, 'x'; END")
    with c.cursor() as cursor:
        cursor.callproc("twice", (4, 0))
        results = [cursor.fetchall()]
        while cursor.nextset():
            results.append(cursor.fetchall())
        cursor.execute("SELECT @_twice_0, @_twice_1")
        report("procedure", [results, cursor.fetchall()])
    report("info", [c.info(), c.warning_count()])
    c.close()


def server_side_use():
    c = connect(autocommit=True)
    c.query("SELECT n FROM numbers ORDER BY n LIMIT 1000")
    result = c.use_result()
    report("use_result", [len(result.fetch_row(10)), sum(n for (n,) in result.fetch_row(0))])
    c.close()
    in_sync()
    for turn in range(6):
        other = connect(autocommit=True)
        [(count, server)] = rows(other, "SELECT COUNT(*), @@server_id FROM digits")
        report_read(f"new connection {turn}", count, server)
        other.close()


connection = connect()
make_tables(connection)
in_sync()
connection_options()
transactions(connection)
types(connection)
streaming(connection, MySQLdb.cursors.SSCursor)
insert_ids(connection)
errors(connection, connect)
several_results()
server_side_use()
lock_wait(connect)
load_data(connect)
session_state(connection)
connection.close()
end()
