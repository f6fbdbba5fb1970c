import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import pymysql
import pymysql.cursors
from pymysql.constants import CLIENT

from lib.dbapi import errors, insert_ids, load_data, lock_wait, make_tables, rows, run, session_state, streaming, transactions, types
from lib.report import DATABASE, HOST, PASSWORD, PORT, USER, end, in_sync, report, report_failure, report_read


def connect(**options):
    # TLS where the server offers it: caching_sha2_password asks for it, and this driver has RSA only with a further package.
    login = {"host": HOST, "port": PORT, "user": USER, "password": PASSWORD, "database": DATABASE, "ssl": {"check_hostname": False}}
    return pymysql.connect(**{**login, **options})


def connection_options():
    c = connect(
        charset="latin1",
        init_command="SET time_zone = '+05:30', @init = 7",
        sql_mode="ANSI_QUOTES",
        autocommit=True,
        cursorclass=pymysql.cursors.DictCursor,
        program_name="weir-clients",
        read_timeout=30,
    )
    sql = "SELECT @@character_set_client cs, @@character_set_results rs, @@time_zone z, @@sql_mode m, @@autocommit a, @init i, DATABASE() d"
    report("connection options", rows(c, sql))
    report("latin1", rows(c, "SELECT HEX('é') h, 'é' t, LENGTH('é') AS \"l\""))
    c.select_db("app")
    report("select_db", rows(c, "SELECT DATABASE() d"))
    c.ping(reconnect=False)
    report("server version", c.get_server_info() == rows(c, "SELECT VERSION() v")[0]["v"])
    c.close()
    found = connect(client_flag=CLIENT.FOUND_ROWS)
    report("affected with FOUND_ROWS", run(found, "UPDATE digits SET d = d"))
    found.close()


def several_results():
    c = connect(client_flag=CLIENT.MULTI_STATEMENTS, autocommit=True)
    with c.cursor() as cursor:
        cursor.execute("SELECT 1, 2; INSERT INTO items (name) VALUES ('multi'); SELECT name FROM items WHERE name = 'multi'")
        results = [cursor.fetchall()]
        while cursor.nextset():
            results.append([cursor.fetchall(), cursor.rowcount])
    report("several statements", results)

    def second_fails():
        with c.cursor() as cursor:
            cursor.execute("SELECT 1; SELECT * FROM nowhere; SELECT 2")
            cursor.nextset()

    report_failure("the second fails", second_fails)
    run(c, "DROP PROCEDURE IF EXISTS twice")
    run(c, "CREATE PROCEDURE twice(IN n INT, OUT m INT) BEGIN SELECT n; SET m = n * 2; SELECT m, 'x'; END")
    with c.cursor() as cursor:
        cursor.callproc("twice", (4, 0))
        results = [cursor.fetchall()]
        while cursor.nextset():
            results.append(cursor.fetchall())
        cursor.execute("SELECT @_twice_0, @_twice_1")
        report("procedure", [results, cursor.fetchall()])
    c.close()


def reconnecting():
    c = connect(autocommit=True)
    run(c, "SET @left = 'over'")
    c.close()
    report_failure("closed", lambda: rows(c, "SELECT 1"))
    c.ping(reconnect=True)
    [(left, server)] = rows(c, "SELECT @left, @@server_id")
    report("after reconnect", left)
    in_sync()
    for turn in range(6):
        other = connect(autocommit=True)
        [(count, server)] = rows(other, "SELECT COUNT(*), @@server_id FROM digits")
        report_read(f"new connection {turn}", count, server)
        other.close()
    c.close()


connection = connect()
make_tables(connection)
in_sync()
connection_options()
transactions(connection)
types(connection)
streaming(connection, pymysql.cursors.SSCursor)
insert_ids(connection)
errors(connection, connect)
several_results()
lock_wait(connect)
load_data(connect)
reconnecting()
session_state(connection)
connection.close()
end()
