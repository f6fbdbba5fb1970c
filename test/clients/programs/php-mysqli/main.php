<?php
require __DIR__ . '/../lib/report.php';

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function connect(array $options = [], string $password = PASSWORD, string $database = DATABASE, string $prefix = '', int $flags = 0): mysqli
{
    $c = mysqli_init();
    foreach ($options as $name => $value) {
        $c->options($name, $value);
    }
    $c->real_connect($prefix . HOST, USER, $password, $database, PORT, null, $flags);
    return $c;
}

function rows(mysqli $c, string $sql): array
{
    return $c->query($sql)->fetch_all(MYSQLI_ASSOC);
}

/** The rows without the server that gave them, and that server. */
function placed(array $rows): array
{
    $server = $rows[0]['here'];
    return [array_map(fn ($row) => array_diff_key($row, ['here' => 0]), $rows), $server];
}

function connection_options(): void
{
    $c = connect([MYSQLI_INIT_COMMAND => "SET time_zone = '+05:30', sql_mode = 'ANSI_QUOTES', @init = 7", MYSQLI_OPT_INT_AND_FLOAT_NATIVE => 1,
        MYSQLI_OPT_CONNECT_TIMEOUT => 10], flags: MYSQLI_CLIENT_FOUND_ROWS);
    $c->set_charset('latin1');
    report('connection options', rows($c, 'SELECT @@character_set_client c, @@time_zone z, @@sql_mode m, @init i, DATABASE() d, 1.5e0 f'));
    report('latin1', rows($c, "SELECT HEX('é') h, LENGTH('é') l"));
    $c->query('UPDATE digits SET d = d');
    report('found rows', [$c->affected_rows, $c->info]);
    $c->select_db('app');
    report('select_db', rows($c, 'SELECT DATABASE() d'));
    report('change_user', [$c->change_user(USER, PASSWORD, DATABASE), rows($c, 'SELECT @init i, @@time_zone z, @@sql_mode m, DATABASE() d')]);
    report('ping and version', [$c->ping(), $c->server_info === rows($c, 'SELECT VERSION() v')[0]['v']]);
    $c->close();
}

function transactions(mysqli $c): void
{
    $c->begin_transaction();
    $c->query("INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)");
    [$row] = rows($c, 'SELECT COUNT(*) n, @@server_id here FROM items');
    report_write('inside', $row['n'], $row['here']);
    $c->rollback();
    $c->begin_transaction(MYSQLI_TRANS_START_READ_WRITE, 'named');
    $c->query("INSERT INTO items (name, server) VALUES ('kept', @@server_id)");
    report_failure('error inside', fn () => $c->query("INSERT INTO items (name) VALUES ('kept')"));
    $c->savepoint('one');
    $c->query("INSERT INTO items (name) VALUES ('not kept')");
    $c->query('ROLLBACK TO one');
    $c->release_savepoint('one');
    $c->commit();
    in_sync();
    [$row] = rows($c, 'SELECT COUNT(*) n, MAX(server) server, @@server_id here FROM items');
    report_write('written', null, $row['server']);
    report_read('after commit', $row['n'], $row['here']);
    $c->autocommit(false);
    $c->query("INSERT INTO items (name) VALUES ('no autocommit')");
    [$row] = rows($c, 'SELECT COUNT(*) n, @@server_id here FROM items');
    report_write('without autocommit', $row['n'], $row['here']);
    $c->rollback();
    $c->autocommit(true);
    $c->begin_transaction(MYSQLI_TRANS_START_READ_ONLY | MYSQLI_TRANS_START_WITH_CONSISTENT_SNAPSHOT);
    report('read only', rows($c, 'SELECT COUNT(*) n FROM items'));
    report_failure('write in a read only transaction', fn () => $c->query('DELETE FROM items'));
    $c->commit(MYSQLI_TRANS_COR_AND_CHAIN);
    report_failure('chained, read only too', fn () => $c->query('DELETE FROM items'));
    $c->rollback(MYSQLI_TRANS_COR_AND_NO_CHAIN);
}

function prepared_statements(mysqli $c): void
{
    $insert = $c->prepare('INSERT INTO kinds (' . COLUMNS . ') VALUES (?' . str_repeat(', ?', 13) . ')');
    $values = kind();
    $insert->bind_param('iissdsssissbss', ...$values);
    foreach (str_split(bytes(), 8000) as $piece) {
        $insert->send_long_data(11, $piece);
    }
    $insert->execute();
    report('insert', [$insert->affected_rows, $insert->insert_id, $insert->param_count]);
    $insert->execute([2, ...array_fill(0, 13, null)]);
    $insert->close();
    in_sync();
    $select = $c->prepare('SELECT ' . COLUMNS . ', @@server_id AS here FROM kinds WHERE id = ?');
    foreach ([1, 2, '1', 3] as $turn => $id) {
        $select->execute([$id]);
        foreach ($select->get_result()->fetch_all(MYSQLI_ASSOC) as $row) {
            [[$values], $server] = placed([$row]);
            report_read("select $turn", $values, $server);
        }
    }
    $fields = array_map(fn ($field) => [$field->name, $field->table, $field->type, $field->flags, $field->charsetnr], $select->result_metadata()->fetch_fields());
    report('columns', $fields);
    $select->reset();
    $select->close();
    report('the same as text', rows($c, 'SELECT ' . COLUMNS . ' FROM kinds ORDER BY id'));
    $unbuffered = $c->prepare('SELECT d, ? AS p FROM digits WHERE d < ?');
    [$text, $limit] = ['ü', 4];
    $unbuffered->bind_param('si', $text, $limit);
    $unbuffered->execute();
    $unbuffered->bind_result($d, $p);
    $seen = [];
    while ($unbuffered->fetch()) {
        $seen[] = [$d, $p];
    }
    report('bound results', $seen);
    $unbuffered->close();
    $cursor = $c->prepare('SELECT d FROM digits ORDER BY d');
    $cursor->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
    $cursor->execute();
    $cursor->bind_result($d);
    $seen = [];
    while ($cursor->fetch()) {
        $seen[] = $d;
    }
    report('by a cursor', $seen);
    $cursor->close();
    report_failure('wrong statement', fn () => $c->prepare('SELECT FROM'));
    report_failure('failing execute', fn () => $c->execute_query('INSERT INTO items (name) VALUES (?)', ['kept']));
    $call = $c->prepare('CALL twice(?)');
    $call->execute([21]);
    $results = [];
    do {
        $result = $call->get_result();
        $results[] = $result ? $result->fetch_all() : null;
    } while ($call->next_result());
    report('call', $results);
    $call->close();
}

function results(mysqli $c): void
{
    $result = $c->query(NUMBERS, MYSQLI_USE_RESULT);
    $sum = 0;
    while ($row = $result->fetch_row()) {
        $sum += $row[0];
    }
    $result->free();
    report('unbuffered', $sum);
    $half = $c->query(NUMBERS, MYSQLI_USE_RESULT);
    report('beginning', [$half->fetch_row(), $half->fetch_row()]);
    report_failure('out of order', fn () => $c->query('SELECT 1'));
    $half->free();
    $c->multi_query("SELECT 1 AS a; INSERT INTO items (name) VALUES ('multi'); SELECT name FROM items WHERE name = 'multi'; SELECT * FROM nowhere; SELECT 2");
    $results = [];
    try {
        do {
            $result = $c->store_result();
            $results[] = $result ? $result->fetch_all() : $c->affected_rows;
        } while ($c->next_result());
    } catch (mysqli_sql_exception $error) {
        $results[] = [$error->getCode(), $error->getMessage()];
    }
    report('several statements', $results);
    $c->query('SELECT @@server_id here', MYSQLI_ASYNC);
    $links = $errors = $rejects = [$c];
    report('asynchronous', [mysqli_poll($links, $errors, $rejects, 5), count($c->reap_async_query()->fetch_all())]);
}

function session_state(mysqli $c): void
{
    $c->query("INSERT IGNORE INTO items (name) VALUES ('kept'), ('fresh')");
    report('warnings', [$c->warning_count, $c->info, $c->get_warnings()->message, rows($c, 'SHOW WARNINGS')]);
    $c->query("INSERT INTO items (name) VALUES ('id 1'), ('id 2')");
    report('insert id', [rows($c, 'SELECT LAST_INSERT_ID() = ' . $c->insert_id . ' AS same'), rows($c, 'SELECT ROW_COUNT() n')]);
    rows($c, 'SELECT SQL_CALC_FOUND_ROWS d FROM digits LIMIT 2');
    report('found rows', rows($c, 'SELECT FOUND_ROWS() n'));
    $c->query('SET @a = 5, @b := @a + 1');
    report('user variables', rows($c, 'SELECT @a a, @b b, @c c'));
    $c->query('CREATE TEMPORARY TABLE passing SELECT d FROM digits');
    report('temporary table', rows($c, 'SELECT SUM(d) s FROM passing'));
    report('lock', rows($c, "SELECT GET_LOCK('php', 1) g, IS_FREE_LOCK('php') f, RELEASE_LOCK('php') r"));
    report('thread id', rows($c, 'SELECT CONNECTION_ID() id')[0]['id'] == $c->thread_id);
}

function errors(mysqli $c): void
{
    foreach (['SELEKT 1', 'SELECT * FROM nowhere', 'SELECT nothing FROM items', 'INSERT INTO items (name) VALUES (NULL)', 'SET nothing = 1', ''] as $sql) {
        try {
            report_failure("error of $sql", fn () => $c->query($sql));
        } catch (ValueError $error) {
            report("error of $sql", $error->getMessage());
        }
    }
    report_failure('wrong password', fn () => connect(password: 'wrong'));
    report_failure('unknown database', fn () => connect(database: 'missing_schema_1'));
}

/** Connections of a pool are given back with COM_CHANGE_USER. */
function persistent(): void
{
    $c = connect(prefix: 'p:');
    $c->query("SET @left = 'over', time_zone = '+03:00'");
    $c->query('BEGIN');
    $c->query("INSERT INTO items (name) VALUES ('left open')");
    $c->close();
    $again = connect(prefix: 'p:');
    report('left in the pool', rows($again, "SELECT @left l, @@time_zone z, (SELECT COUNT(*) FROM items WHERE name = 'left open') n FOR UPDATE"));
    in_sync();
    for ($turn = 0; $turn < 5; $turn++) {
        $fresh = connect();
        [$row] = rows($fresh, 'SELECT COUNT(*) n, @@server_id here FROM digits');
        report_read("new connection $turn", $row['n'], $row['here']);
        $fresh->close();
    }
}

function load_data(): void
{
    $c = connect([MYSQLI_OPT_LOCAL_INFILE => true]);
    $file = infile(3000);
    $c->query("LOAD DATA LOCAL INFILE '$file' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id");
    report('LOAD DATA LOCAL', [$c->affected_rows, $c->info]);
    unlink($file);
    [$row] = rows($c, 'SELECT COUNT(*) n, MAX(name) name, MAX(server) server FROM loaded FOR UPDATE');
    report_write('loaded', [$row['n'], $row['name']], $row['server']);
    report_failure('missing file', fn () => $c->query("LOAD DATA LOCAL INFILE '/missing/file' INTO TABLE loaded"));
    report('after the missing file', rows($c, 'SELECT 1'));
    $c->close();
}

$connection = connect();
$connection->set_charset('utf8mb4');
array_map([$connection, 'query'], TABLES);
array_map([connect(), 'query'], PROCEDURE);
in_sync();
connection_options();
transactions($connection);
prepared_statements($connection);
results($connection);
errors($connection);
persistent();
load_data();
session_state($connection);
$connection->close();
finish();
