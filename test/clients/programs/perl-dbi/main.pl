# For both drivers of DBI: DBI_DRIVER is mysql or MariaDB. Prints one result a line; described in test/clients/support/run-program.ts.
use strict;
use warnings;
use utf8;
use DBI;
use Digest::MD5 qw(md5_hex);
use Encode qw(encode_utf8);
use File::Temp;
use JSON::PP;

my $driver = $ENV{DBI_DRIVER};
my $prefix = lc $driver;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
$| = 1;

sub print_line { print $json->encode({@_}), "\n" }
sub report { my ($check, $value) = @_; print_line(check => $check, value => plain($value)) }
sub report_read { my ($check, $value, $server) = @_; print_line(check => $check, value => plain($value), reader => $server + 0) }
sub report_write { my ($check, $value, $server) = @_; print_line(check => $check, value => plain($value), writer => $server + 0) }
sub in_sync { print_line(sync => JSON::PP::true); scalar <STDIN> }

sub plain {
    my ($value) = @_;
    return [map { plain($_) } @$value] if ref $value eq 'ARRAY';
    return { map { $_ => plain($value->{$_}) } keys %$value } if ref $value eq 'HASH';
    return $value if !defined $value || ref $value;
    return length $value > 200 ? sprintf 'text %d %s', length $value, md5_hex(encode_utf8($value)) : "$value";
}

sub report_failure {
    my ($check, $work) = @_;
    my $done = eval { $work->(); 1 };
    report($check, $done ? 'no error' : [$DBI::err, $DBI::state, $DBI::errstr]);
}

sub connect_to {
    my (%more) = @_;
    my $password = delete $more{password} // $ENV{DB_PASSWORD};
    my $options = delete $more{options} // '';
    my $schema = delete $more{schema} // $ENV{DB_NAME};
    my %attributes = (RaiseError => 1, PrintError => 0, AutoCommit => 1, $driver eq 'mysql' ? (mysql_enable_utf8mb4 => 1) : (), %more);
    return DBI->connect("dbi:$driver:database=$schema;host=$ENV{DB_HOST};port=$ENV{DB_PORT}$options", $ENV{DB_USER}, $password, \%attributes);
}

my $story = 'wöird 🌊 ' x 20000;
my $bytes = join '', map { chr($_ * 7 % 256) } 0 .. 69999;
my $columns = 'id, big, huge, exact, approximate, day, moment, clock, made, name, story, bytes, choice, document';

sub make_tables {
    my ($c) = @_;
    $c->do($_) for (
        'DROP TABLE IF EXISTS items',
        'CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, server INT NOT NULL DEFAULT 0) CHARACTER SET utf8mb4',
        'DROP TABLE IF EXISTS kinds',
        "CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE, day DATE,
           moment DATETIME(6), clock TIME(3), made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB, choice ENUM('red','green'),
           document JSON) CHARACTER SET utf8mb4",
        'DROP TABLE IF EXISTS digits',
        'CREATE TABLE digits (d INT PRIMARY KEY)',
        'INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)',
        'DROP TABLE IF EXISTS loaded',
        'CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)',
    );
    in_sync();
}

sub connection_options {
    my $init = "SET time_zone = '+05:30', sql_mode = 'ANSI_QUOTES'";
    my $c = connect_to("${prefix}_init_command" => $init, options => ";${prefix}_client_found_rows=0;${prefix}_connect_timeout=10");
    report('connection options', $c->selectall_arrayref('SELECT @@time_zone, @@sql_mode, @@character_set_client, DATABASE()'));
    report('affected', $c->do('UPDATE digits SET d = d'));
    report('ping', $c->ping ? 1 : 0);
    report('server version', $c->{"${prefix}_serverinfo"} eq $c->selectrow_array('SELECT VERSION()') ? 1 : 0);
    report('tables', [sort grep { !/made_by/ } map { s/.*\.//r } $c->tables(undef, $ENV{DB_NAME}, '%', 'TABLE')]);
    $c->disconnect;
}

sub transactions {
    my ($c) = @_;
    $c->begin_work;
    $c->do("INSERT INTO items (name, server) VALUES ('rolled back', \@\@server_id)");
    report_write('inside', $c->selectrow_array('SELECT COUNT(*), @@server_id FROM items'));
    $c->rollback;
    $c->begin_work;
    $c->do("INSERT INTO items (name, server) VALUES ('kept', \@\@server_id)");
    report_failure('error inside', sub { $c->do("INSERT INTO items (name) VALUES ('kept')") });
    $c->do('SAVEPOINT s');
    $c->do("INSERT INTO items (name) VALUES ('not kept')");
    $c->do('ROLLBACK TO SAVEPOINT s');
    $c->commit;
    in_sync();
    report_write('written', $c->selectrow_array('SELECT GROUP_CONCAT(name), MAX(server) FROM items'));
    report_read('after commit', $c->selectrow_array('SELECT COUNT(*), @@server_id FROM items'));
    $c->{AutoCommit} = 0;
    $c->do("INSERT INTO items (name) VALUES ('no autocommit')");
    report_write('without autocommit', $c->selectrow_array('SELECT COUNT(*), @@server_id FROM items'));
    $c->rollback;
    $c->{AutoCommit} = 1;
    report_read('with autocommit', $c->selectrow_array('SELECT COUNT(*), @@server_id FROM items'));
}

sub statements {
    my ($c, $kind) = @_;
    $c->do('DELETE FROM kinds');
    my $insert = $c->prepare("INSERT INTO kinds ($columns) VALUES (" . join(', ', ('?') x 14) . ')');
    my @values = (
        1, '-9223372036854775808', '18446744073709551615', '12345678901234567890.0123456789', 1.5e-30, '2024-02-29', '2024-02-29 23:59:59.123456',
        '-100:00:05.000', 2024, 'naïve – 漢字 – 🐬 – "quotes" \'single\' \\ back', $story, $bytes, 'green', '{"key": ["välue", 1, null]}',
    );
    $insert->bind_param($_ + 1, $values[$_], $_ == 11 ? DBI::SQL_BLOB() : ()) for 0 .. 13;
    report("$kind insert", $insert->execute);
    $insert->execute(2, (undef) x 13);
    in_sync();
    my $select = $c->prepare("SELECT $columns, \@\@server_id FROM kinds WHERE id >= ? ORDER BY id");
    for my $from (1, 2, 1) {
        $select->execute($from);
        for my $row (@{ $select->fetchall_arrayref }) {
            my $server = pop @$row;
            report_read("$kind select from $from", $row, $server);
        }
    }
    $select->execute(1);
    report("$kind columns", [$select->{NAME}, $select->{TYPE}, $select->{NULLABLE}, $select->{PRECISION}]);
    $select->finish;
    my $limited = $c->prepare('SELECT d FROM digits ORDER BY d LIMIT ?');
    $limited->bind_param(1, 3, DBI::SQL_INTEGER());
    $limited->execute;
    report("$kind limit", $limited->fetchall_arrayref);
    report_failure("$kind wrong statement", sub { $c->prepare('SELECT FROM')->execute });
    my $duplicate = $c->prepare('INSERT INTO items (name) VALUES (?)');
    report_failure("$kind duplicate", sub { $duplicate->execute('kept') });
    $duplicate->execute("$kind fresh");
    my $id = $c->last_insert_id(undef, undef, 'items', 'id');
    report("$kind last insert id", $id == $c->selectrow_array('SELECT LAST_INSERT_ID()') ? 1 : 0);
    my $many = $c->prepare('INSERT INTO items (name, server) VALUES (?, @@server_id)');
    report("$kind many", $many->execute_array({}, [map {"$kind $_"} 1 .. 20]));
    report_write("$kind many written", $c->selectrow_array("SELECT COUNT(*), MAX(server) FROM items WHERE name LIKE '$kind %' AND server > 0 FOR UPDATE"));
}

sub results {
    my ($c) = @_;
    my $numbers = 'SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e WHERE e.d < 3 ORDER BY n';
    my $streamed = $c->prepare($numbers, { "${prefix}_use_result" => 1 });
    $streamed->execute;
    my $sum = 0;
    while (my ($n) = $streamed->fetchrow_array) { $sum += $n }
    report('unbuffered', $sum);
    $streamed->execute;
    report('beginning', [$streamed->fetchrow_array, $streamed->fetchrow_array]);
    # The driver reads the rest when the statement goes.
    undef $streamed;
    report('after it', $c->selectall_arrayref('SELECT 1'));
    my $several = connect_to("${prefix}_multi_statements" => 1);
    my $statement = $several->prepare("SELECT 1, 2; INSERT INTO items (name) VALUES ('multi'); SELECT 3");
    $statement->execute;
    my @results;
    do { push @results, $statement->{NUM_OF_FIELDS} ? $statement->fetchall_arrayref : $statement->rows } while ($statement->more_results);
    report('several statements', \@results);
    $several->disconnect;
}

sub errors {
    my $c = connect_to();
    for my $sql ('SELEKT 1', 'SELECT * FROM nowhere', 'SELECT nothing FROM items', 'INSERT INTO items (name) VALUES (NULL)', 'SET nothing = 1') {
        report_failure("error of $sql", sub { $c->do($sql) });
    }
    report_failure('wrong password', sub { connect_to(password => 'wrong') });
    report_failure('unknown database', sub { connect_to(schema => 'missing_schema_1') });
    $c->disconnect;
}

sub session_state {
    my ($c) = @_;
    $c->do("INSERT IGNORE INTO items (name) VALUES ('kept'), ('fresh')");
    report('warnings', [$c->{"${prefix}_info"}, $c->selectall_arrayref('SHOW WARNINGS')]);
    $c->selectall_arrayref('SELECT SQL_CALC_FOUND_ROWS d FROM digits LIMIT 2');
    report('found rows', $c->selectall_arrayref('SELECT FOUND_ROWS()'));
    $c->do('SET @a = 5, @b := @a + 1');
    report('user variables', $c->selectall_arrayref('SELECT @a, @b, @c'));
    $c->do('CREATE TEMPORARY TABLE passing SELECT d FROM digits');
    report('temporary table', $c->selectall_arrayref('SELECT SUM(d) FROM passing'));
    report('thread id', $c->{"${prefix}_thread_id"} == $c->selectrow_array('SELECT CONNECTION_ID()') ? 1 : 0);
}

sub load_data {
    my $c = connect_to(options => ";${prefix}_local_infile=1");
    my $file = File::Temp->new(SUFFIX => '.tsv');
    binmode $file, ':utf8';
    print $file "$_\tname $_ ñ\n" for 0 .. 1999;
    $file->close;
    report('LOAD DATA LOCAL', $c->do("LOAD DATA LOCAL INFILE '$file' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = \@\@server_id"));
    report_write('loaded', $c->selectrow_array('SELECT CONCAT(COUNT(*), MAX(name)), MAX(server) FROM loaded FOR UPDATE'));
    $c->disconnect;
}

sub cached {
    in_sync();
    for my $turn (0 .. 4) {
        my $c = connect_to();
        report_read("new connection $turn", $c->selectrow_array('SELECT COUNT(*), @@server_id FROM digits'));
        $c->disconnect;
    }
}

my $connection = connect_to();
make_tables($connection);
connection_options();
transactions($connection);
statements($connection, 'emulated');
my $native = connect_to("${prefix}_server_prepare" => 1);
statements($native, 'native');
$native->disconnect;
results($connection);
errors();
load_data();
cached();
session_state($connection);
$connection->disconnect;
report('end', JSON::PP::true);
