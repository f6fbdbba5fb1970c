<?php
require __DIR__ . '/../lib/report.php';

function connect(array $options = [], string $password = PASSWORD, string $more = ';charset=utf8mb4', string $database = DATABASE): PDO
{
    $source = 'mysql:host=' . HOST . ';port=' . PORT . ";dbname=$database$more";
    return new PDO($source, USER, $password, $options + [PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
}

function rows(PDO $c, string $sql): array
{
    return $c->query($sql)->fetchAll();
}

function connection_options(): void
{
    $options = [PDO::MYSQL_ATTR_INIT_COMMAND => "SET time_zone = '+05:30', sql_mode = 'ANSI_QUOTES', @init = 7", PDO::MYSQL_ATTR_FOUND_ROWS => true,
        PDO::ATTR_CASE => PDO::CASE_UPPER, PDO::ATTR_STRINGIFY_FETCHES => true];
    $c = connect($options, more: ';charset=latin1');
    report('connection options', rows($c, 'SELECT @@character_set_client c, @@time_zone z, @@sql_mode m, @init i, DATABASE() d, 1.5e0 f'));
    report('latin1', rows($c, "SELECT HEX('é') h, LENGTH('é') l"));
    report('found rows', $c->exec('UPDATE digits SET d = d'));
    $version = $c->getAttribute(PDO::ATTR_SERVER_VERSION);
    report('attributes', [$version === rows($c, 'SELECT VERSION() v')[0]['V'], strlen($c->getAttribute(PDO::ATTR_SERVER_INFO)) > 0]);
}

function transactions(PDO $c): void
{
    $c->beginTransaction();
    $c->exec("INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)");
    [$row] = rows($c, 'SELECT COUNT(*) n, @@server_id here FROM items');
    report_write('inside', $row['n'], $row['here']);
    $c->rollBack();
    $c->beginTransaction();
    $c->exec("INSERT INTO items (name, server) VALUES ('kept', @@server_id)");
    report_failure('error inside', fn () => $c->exec("INSERT INTO items (name) VALUES ('kept')"));
    $c->exec('SAVEPOINT s');
    $c->exec("INSERT INTO items (name) VALUES ('not kept')");
    $c->exec('ROLLBACK TO s');
    report('in a transaction', $c->inTransaction());
    $c->commit();
    in_sync();
    [$row] = rows($c, 'SELECT COUNT(*) n, MAX(server) server, @@server_id here FROM items');
    report_write('written', null, $row['server']);
    report_read('after commit', $row['n'], $row['here']);
    $c->setAttribute(PDO::ATTR_AUTOCOMMIT, 0);
    $c->exec("INSERT INTO items (name) VALUES ('no autocommit')");
    [$row] = rows($c, 'SELECT COUNT(*) n, @@server_id here FROM items');
    report_write('without autocommit', $row['n'], $row['here']);
    $c->exec('ROLLBACK');
    $c->setAttribute(PDO::ATTR_AUTOCOMMIT, 1);
    $c->beginTransaction();
    $c->exec("INSERT INTO items (name) VALUES ('implicit commit')");
    $c->exec('CREATE TABLE IF NOT EXISTS made_inside (id INT)');
    report('in a transaction after DDL', $c->inTransaction());
    report_failure('commit after DDL', fn () => $c->commit());
    report('committed by DDL', rows($c, "SELECT COUNT(*) n FROM items WHERE name = 'implicit commit' FOR UPDATE"));
}

function statements(PDO $c, string $kind): void
{
    $c->exec('DELETE FROM kinds');
    $insert = $c->prepare('INSERT INTO kinds (' . COLUMNS . ') VALUES (?' . str_repeat(', ?', 13) . ')');
    $types = [0 => PDO::PARAM_INT, 1 => PDO::PARAM_INT, 8 => PDO::PARAM_INT, 11 => PDO::PARAM_LOB];
    foreach (kind() as $index => $value) {
        $insert->bindValue($index + 1, $value, $types[$index] ?? PDO::PARAM_STR);
    }
    $insert->execute();
    report("$kind insert", $insert->rowCount());
    $insert->execute([2, ...array_fill(0, 13, null)]);
    in_sync();
    $select = $c->prepare('SELECT ' . COLUMNS . ', @@server_id AS here FROM kinds WHERE id = :id OR name = :name');
    foreach ([1, 2, 3] as $id) {
        $select->execute(['id' => $id, 'name' => "it's"]);
        foreach ($select->fetchAll() as $row) {
            $server = $row['here'];
            report_read("$kind select $id", array_diff_key($row, ['here' => 0]), $server);
        }
    }
    $meta = fn ($index) => array_diff_key($select->getColumnMeta($index), ['len' => 0]);
    report("$kind columns", array_map($meta, range(0, 13)));
    $limited = $c->prepare('SELECT d FROM digits ORDER BY d LIMIT :count');
    $limited->bindValue('count', 3, PDO::PARAM_INT);
    $limited->execute();
    report("$kind limit", $limited->fetchAll(PDO::FETCH_COLUMN));
    $fetched = $c->query('SELECT d, d * 2 AS twice FROM digits ORDER BY d')->fetchAll(PDO::FETCH_KEY_PAIR);
    report("$kind pairs", $fetched);
    report_failure("$kind wrong statement", fn () => $c->prepare('SELECT FROM')->execute());
    $duplicate = $c->prepare("INSERT INTO items (name) VALUES (?)");
    report_failure("$kind duplicate", fn () => $duplicate->execute(['kept']));
    $duplicate->execute(["$kind fresh"]);
    report("$kind last insert id", (int) $c->lastInsertId() === (int) rows($c, 'SELECT LAST_INSERT_ID() id')[0]['id']);
    $call = $c->prepare('CALL twice(?)');
    $call->execute([21]);
    $results = [$call->fetchAll()];
    while ($call->nextRowset()) {
        $results[] = $call->columnCount() === 0 ? null : $call->fetchAll();
    }
    report("$kind call", $results);
}

function unbuffered(): void
{
    $c = connect([PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
    $sum = 0;
    foreach ($c->query(NUMBERS) as $row) {
        $sum += $row['n'];
    }
    report('unbuffered', $sum);
    $half = $c->query(NUMBERS);
    report('beginning', [$half->fetch(), $half->fetch()]);
    report_failure('out of order', fn () => $c->query('SELECT 1'));
    $half->closeCursor();
    $several = $c->query("SELECT 1 AS a; INSERT INTO items (name) VALUES ('multi'); SELECT 2 AS b");
    $results = [$several->fetchAll()];
    while ($several->nextRowset()) {
        $results[] = $several->columnCount() === 0 ? $several->rowCount() : $several->fetchAll();
    }
    report('several statements', $results);
}

function errors(PDO $c): void
{
    foreach (['SELEKT 1', 'SELECT * FROM nowhere', 'SELECT nothing FROM items', 'INSERT INTO items (name) VALUES (NULL)', 'SET nothing = 1'] as $sql) {
        report_failure("error of $sql", fn () => $c->query($sql));
    }
    $c->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_SILENT);
    report('silent', [$c->query('SELECT * FROM nowhere'), $c->errorInfo()]);
    $c->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
    report_failure('wrong password', fn () => connect(password: 'wrong'));
    report_failure('unknown database', fn () => connect(database: 'missing_schema_1'));
}

function persistent(): void
{
    $c = connect([PDO::ATTR_PERSISTENT => true]);
    $c->exec("SET @left = 'over'");
    $c = null;
    $again = connect([PDO::ATTR_PERSISTENT => true]);
    report('left in a persistent connection', rows($again, 'SELECT @left l'));
    for ($turn = 0; $turn < 5; $turn++) {
        [$row] = rows(connect(), 'SELECT COUNT(*) n, @@server_id here FROM digits');
        report_read("new connection $turn", $row['n'], $row['here']);
    }
}

function load_data(): void
{
    $c = connect([PDO::MYSQL_ATTR_LOCAL_INFILE => true]);
    $file = infile(2000);
    report('LOAD DATA LOCAL', $c->exec("LOAD DATA LOCAL INFILE '$file' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id"));
    unlink($file);
    [$row] = rows($c, 'SELECT COUNT(*) n, MAX(name) name, MAX(server) server FROM loaded FOR UPDATE');
    report_write('loaded', [$row['n'], $row['name']], $row['server']);
}

$connection = connect();
array_map([$connection, 'exec'], TABLES);
array_map([connect(), 'exec'], PROCEDURE);
in_sync();
connection_options();
transactions($connection);
errors(connect());
unbuffered();
in_sync();
persistent();
load_data();
statements($connection, 'emulated');
$native = connect([PDO::ATTR_EMULATE_PREPARES => false]);
$native->exec('DELETE FROM items WHERE name LIKE "%fresh"');
statements($native, 'native');
finish();
