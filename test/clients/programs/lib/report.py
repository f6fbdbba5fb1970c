"""One result a line, as JSON, on standard output; described in test/clients/support/run-program.ts."""
import datetime
import decimal
import json
import os
import sys

HOST = os.environ["DB_HOST"]
PORT = int(os.environ["DB_PORT"])
USER = os.environ["DB_USER"]
PASSWORD = os.environ["DB_PASSWORD"]
DATABASE = os.environ["DB_NAME"]
FLAVOUR = os.environ["DB_FLAVOUR"]

UTF8 = "naïve – 漢字 – 🐬 – \"quotes\" 'single' \\ back"
LONG = "wöird 🌊 " * 20_000
BYTES = bytes(index * 7 % 256 for index in range(70_000))

TABLES = [
    "DROP TABLE IF EXISTS items",
    """CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, server INT NOT NULL DEFAULT 0)
       CHARACTER SET utf8mb4""",
    "DROP TABLE IF EXISTS kinds",
    """CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE, day DATE,
       moment DATETIME(6), clock TIME(3), stamp TIMESTAMP NULL, made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB, bits BIT(10),
       choice ENUM('red','green'), many SET('a','b','c'), document JSON) CHARACTER SET utf8mb4""",
    "DROP TABLE IF EXISTS digits",
    "CREATE TABLE digits (d INT PRIMARY KEY)",
    "INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
    "DROP TABLE IF EXISTS numbers",
    "CREATE TABLE numbers (n INT PRIMARY KEY, text VARCHAR(100) NOT NULL)",
    """INSERT INTO numbers SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d, REPEAT(CHAR(65 + a.d), 20 + b.d)
       FROM digits a, digits b, digits c, digits e WHERE e.d < 5""",
    "DROP TABLE IF EXISTS loaded",
    "CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)",
]

KIND_COLUMNS = "id, big, huge, exact, approximate, day, moment, clock, stamp, made, name, story, bytes, bits, choice, many, document"
KIND = [
    1, -(2**63), 2**64 - 1, decimal.Decimal("12345678901234567890.0123456789"), 1.5e-300, datetime.date(2024, 2, 29),
    datetime.datetime(2024, 2, 29, 23, 59, 59, 123456), datetime.timedelta(hours=-100, seconds=5), datetime.datetime(2024, 2, 29, 12), 2024,
    UTF8, LONG, BYTES, b"\x02\xaa", "green", "a,c", '{"key": ["välue", 1, null]}',
]


def report(check, value):
    """A result that must not depend on who answers."""
    _print({"check": check, "value": _plain(value)})


def report_read(check, value, server):
    """A result of a read that a replica may answer; `server` is its @@server_id."""
    _print({"check": check, "value": _plain(value), "reader": int(server)})


def report_write(check, value, server):
    """A result that only the primary may give."""
    _print({"check": check, "value": _plain(value), "writer": int(server)})


def report_failure(check, work):
    """Runs `work` and reports how it fails."""
    try:
        report(check, {"unexpected": str(work())})
    except Exception as error:  # whatever the driver makes of it is the result
        report(check, [type(error).__name__, *error.args])


def in_sync():
    """Waits until the replicas have everything that was written."""
    _print({"sync": True})
    sys.stdin.readline()


def end():
    report("end", True)


def _print(line):
    print(json.dumps(line), flush=True)


def _plain(value):
    if isinstance(value, (bytes, bytearray)):
        return f"bytes {len(value)} {bytes(value[:40]).hex()}"
    if isinstance(value, str) and len(value) > 200:
        return f"text {len(value)} {value[:20]}…{value[-20:]}"
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(each) for each in value]
    if isinstance(value, int) and abs(value) > 2**53:
        return f"int {value}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return f"{type(value).__name__} {value}"
