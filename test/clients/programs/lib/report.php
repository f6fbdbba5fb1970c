<?php
// One result a line, as JSON, on standard output; described in test/clients/support/run-program.ts.

const UTF8 = "naïve – 漢字 – 🐬 – \"quotes\" 'single' \\ back";
const NUMBERS = 'SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e WHERE e.d < 3 ORDER BY n';
const TABLES = [
    'DROP TABLE IF EXISTS items',
    'CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, server INT NOT NULL DEFAULT 0) CHARACTER SET utf8mb4',
    'DROP TABLE IF EXISTS kinds',
    "CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE, day DATE,
       moment DATETIME(6), clock TIME(3), made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB, choice ENUM('red','green'), document JSON)
       CHARACTER SET utf8mb4",
    'DROP TABLE IF EXISTS digits',
    'CREATE TABLE digits (d INT PRIMARY KEY)',
    'INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)',
    'DROP TABLE IF EXISTS loaded',
    'CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)',
];
// Made by a connection of its own: a body of several statements keeps a session that may send several on the primary.
const PROCEDURE = ['DROP PROCEDURE IF EXISTS twice', "CREATE PROCEDURE twice(n INT) BEGIN SELECT n; SELECT n * 2 AS m, 'x' AS x; END"];
const COLUMNS = 'id, big, huge, exact, approximate, day, moment, clock, made, name, story, bytes, choice, document';

define('HOST', getenv('DB_HOST'));
define('PORT', (int) getenv('DB_PORT'));
define('USER', getenv('DB_USER'));
define('PASSWORD', getenv('DB_PASSWORD'));
define('DATABASE', getenv('DB_NAME'));

function story(): string
{
    return str_repeat('wöird 🌊 ', 20000);
}

function bytes(): string
{
    return implode('', array_map(fn ($index) => chr($index * 7 % 256), range(0, 69999)));
}

function kind(): array
{
    return [1, PHP_INT_MIN, '18446744073709551615', '12345678901234567890.0123456789', 1.5e-300, '2024-02-29', '2024-02-29 23:59:59.123456',
        '-100:00:05.000', 2024, UTF8, story(), bytes(), 'green', '{"key": ["välue", 1, null]}'];
}

/** A file of rows for LOAD DATA LOCAL INFILE. */
function infile(int $count): string
{
    $file = tempnam(sys_get_temp_dir(), 'weir-infile-');
    file_put_contents($file, implode('', array_map(fn ($n) => "$n\tname $n ñ\n", range(0, $count - 1))));
    return $file;
}

/** A result that must not depend on who answers. */
function report(string $check, mixed $value): void
{
    print_line(['check' => $check, 'value' => plain($value)]);
}

/** A result of a read that a replica may answer; the server is its @@server_id. */
function report_read(string $check, mixed $value, int|string $server): void
{
    print_line(['check' => $check, 'value' => plain($value), 'reader' => (int) $server]);
}

/** A result that only the primary may give. */
function report_write(string $check, mixed $value, int|string $server): void
{
    print_line(['check' => $check, 'value' => plain($value), 'writer' => (int) $server]);
}

/** Runs the work and reports how it fails. */
function report_failure(string $check, callable $work): void
{
    try {
        report($check, ['unexpected' => $work()]);
    } catch (mysqli_sql_exception $error) {
        report($check, [$error->getCode(), $error->getSqlState(), $error->getMessage()]);
    } catch (PDOException $error) {
        report($check, [$error->getCode(), $error->errorInfo, $error->getMessage()]);
    }
}

/** Waits until the replicas have everything that was written. */
function in_sync(): void
{
    print_line(['sync' => true]);
    fgets(STDIN);
}

function finish(): void
{
    report('end', true);
}

function print_line(array $line): void
{
    fwrite(STDOUT, json_encode($line, JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR) . "\n");
}

function plain(mixed $value): mixed
{
    if (is_array($value)) {
        return array_map('plain', $value);
    }
    if (is_object($value)) {
        return plain(get_object_vars($value));
    }
    if (is_int($value) && abs($value) > 2 ** 53) {
        return "int $value";
    }
    if (!is_string($value)) {
        return $value;
    }
    if (!mb_check_encoding_utf8($value)) {
        return 'bytes ' . strlen($value) . ' ' . bin2hex(substr($value, 0, 40));
    }
    return strlen($value) > 200 ? 'text ' . strlen($value) . ' ' . md5($value) : $value;
}

function mb_check_encoding_utf8(string $value): bool
{
    return preg_match('//u', $value) === 1;
}
