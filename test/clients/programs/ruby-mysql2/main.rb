# Prints one result a line, as JSON; described in test/clients/support/run-program.ts.
require 'json'
require 'mysql2'
require 'tempfile'
require 'time'
require 'bigdecimal'
require 'date'

$stdout.sync = true
LOGIN = {
  host: ENV['DB_HOST'], port: ENV['DB_PORT'].to_i, username: ENV['DB_USER'], password: ENV['DB_PASSWORD'], database: ENV['DB_NAME'], encoding: 'utf8mb4'
}.freeze
COLUMNS = 'id, big, huge, exact, approximate, day, moment, clock, made, name, story, bytes, choice, document'.freeze
STORY = ('wöird 🌊 ' * 20_000).freeze
BYTES = (0...70_000).map { |index| index * 7 % 256 }.pack('C*').freeze

def plain(value)
  case value
  when Array then value.map { |each| plain(each) }
  when Hash then value.to_h { |key, each| [key.to_s, plain(each)] }
  when Integer then value.abs > 2**53 ? "int #{value}" : value
  when Float, nil, true, false then value
  when String
    return "bytes #{value.bytesize} #{value.byteslice(0, 40).unpack1('H*')}" if value.encoding == Encoding::BINARY || !value.valid_encoding?

    value.size > 200 ? "text #{value.size} #{value[0, 20]}…#{value[-20, 20]}" : value
  when Time then "time #{value.utc.iso8601(6)}"
  else "#{value.class} #{value}"
  end
end

def print_line(line) = puts(JSON.generate(line))
def report(check, value) = print_line(check: check, value: plain(value))
def report_read(check, value, server) = print_line(check: check, value: plain(value), reader: server)
def report_write(check, value, server) = print_line(check: check, value: plain(value), writer: server)

def report_failure(check)
  report(check, "no error: #{yield}")
rescue Mysql2::Error => error
  report(check, [error.class.name, error.errno, error.sql_state, error.message])
end

def in_sync
  print_line(sync: true)
  $stdin.gets
end

def connect(**options) = Mysql2::Client.new(**LOGIN, **options)
def rows(client, sql, **options) = client.query(sql, **options).to_a

def make_tables(client)
  [
    'DROP TABLE IF EXISTS items',
    'CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, server INT NOT NULL DEFAULT 0) CHARACTER SET utf8mb4',
    'DROP TABLE IF EXISTS kinds',
    "CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE, day DATE,
       moment DATETIME(6), clock TIME, made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB, choice ENUM('red','green'), document JSON)
       CHARACTER SET utf8mb4",
    'DROP TABLE IF EXISTS digits',
    'CREATE TABLE digits (d INT PRIMARY KEY)',
    'INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)',
    'DROP TABLE IF EXISTS loaded',
    'CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)'
  ].each { |statement| client.query(statement) }
  in_sync
end

def connection_options
  client = connect(
    encoding: 'latin1', init_command: "SET time_zone = '+05:30', sql_mode = 'ANSI_QUOTES', @init = 7", connect_timeout: 10,
    database_timezone: :utc, application_timezone: :utc, flags: %w[-FOUND_ROWS]
  )
  report('connection options', rows(client, 'SELECT @@character_set_client c, @@time_zone z, @@sql_mode m, @init i, DATABASE() d'))
  client.query('UPDATE digits SET d = d')
  report('affected', [client.affected_rows, client.query_info])
  client.select_db('app')
  report('select_db', rows(client, 'SELECT DATABASE() d'))
  report('ping and version', [client.ping, client.server_info[:version] == rows(client, 'SELECT VERSION() v')[0]['v']])
  client.close
end

def transactions(client)
  client.query('BEGIN')
  client.query("INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)")
  row = rows(client, 'SELECT COUNT(*) n, @@server_id here FROM items')[0]
  report_write('inside', row['n'], row['here'])
  client.query('ROLLBACK')
  client.query('START TRANSACTION')
  client.query("INSERT INTO items (name, server) VALUES ('kept', @@server_id)")
  report_failure('error inside') { client.query("INSERT INTO items (name) VALUES ('kept')") }
  client.query('SAVEPOINT s')
  client.query("INSERT INTO items (name) VALUES ('not kept')")
  client.query('ROLLBACK TO s')
  client.query('COMMIT')
  in_sync
  row = rows(client, 'SELECT COUNT(*) n, MAX(server) server, @@server_id here FROM items')[0]
  report_write('written', nil, row['server'])
  report_read('after commit', row['n'], row['here'])
  client.query('SET autocommit = 0')
  client.query("INSERT INTO items (name) VALUES ('no autocommit')")
  row = rows(client, 'SELECT COUNT(*) n, @@server_id here FROM items')[0]
  report_write('without autocommit', row['n'], row['here'])
  client.query('ROLLBACK')
  client.query('SET autocommit = 1')
end

def prepared_statements(client)
  insert = client.prepare("INSERT INTO kinds (#{COLUMNS}) VALUES (#{(['?'] * 14).join(', ')})")
  insert.execute(
    1, -2**63, 2**64 - 1, BigDecimal('12345678901234567890.0123456789'), 1.5e-300, Date.new(2024, 2, 29), Time.utc(2024, 2, 29, 23, 59, 59, 123_456),
    '12:34:56', 2024, "naïve – 漢字 – 🐬 – \"quotes\" 'single' \\ back", STORY, BYTES, 'green', '{"key": ["välue", 1, null]}'
  )
  report('insert', [insert.affected_rows, insert.last_id, insert.param_count])
  insert.execute(2, *([nil] * 13))
  insert.close
  in_sync
  select = client.prepare("SELECT #{COLUMNS}, @@server_id AS here FROM kinds WHERE id = ?")
  [1, 2, 1, 3].each do |id|
    select.execute(id, database_timezone: :utc, cast_booleans: true).each do |row|
      report_read("select #{id}", row.reject { |name, _| name == 'here' }, row['here'])
    end
  end
  report('columns', select.fields)
  select.close
  report('the same as text', rows(client, "SELECT #{COLUMNS} FROM kinds ORDER BY id", database_timezone: :utc))
  streamed = client.prepare('SELECT d, d + ? AS p FROM digits ORDER BY d').execute(7, stream: true, cache_rows: false, as: :array)
  report('streamed statement', streamed.each.to_a)
  report_failure('wrong statement') { client.prepare('SELECT FROM') }
  report_failure('failing execute') { client.prepare('INSERT INTO items (name) VALUES (?)').execute('kept') }
end

def results(client)
  numbers = 'SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e WHERE e.d < 3 ORDER BY n'
  report('unbuffered', client.query(numbers, stream: true, cache_rows: false).sum { |row| row['n'] })
  report('after it', rows(client, 'SELECT 1'))
  several = connect(flags: Mysql2::Client::MULTI_STATEMENTS)
  found = [several.query("SELECT 1 AS a; INSERT INTO items (name) VALUES ('multi'); SELECT 2 AS b").to_a]
  found << several.store_result&.to_a while several.next_result
  report('several statements', found)
  several.query('SELECT 1; SELECT * FROM nowhere; SELECT 2')
  report_failure('the second fails') { several.next_result }
  several.close
  client.query('SELECT @@server_id AS here, COUNT(*) AS n FROM digits', async: true)
  row = client.async_result.to_a[0]
  report_read('asynchronous', row['n'], row['here'])
end

def errors
  client = connect
  ['SELEKT 1', 'SELECT * FROM nowhere', 'SELECT nothing FROM items', 'INSERT INTO items (name) VALUES (NULL)', 'SET nothing = 1', ''].each do |sql|
    report_failure("error of #{sql}") { client.query(sql) }
  end
  report_failure('wrong password') { connect(password: 'wrong') }
  report_failure('unknown database') { connect(database: 'missing_schema_1') }
  client.query('SET SESSION innodb_lock_wait_timeout = 1')
  other = connect
  other.query('BEGIN')
  other.query('UPDATE digits SET d = d WHERE d = 1')
  client.query('BEGIN')
  report_failure('waiting for a lock') { client.query('UPDATE digits SET d = d WHERE d = 1') }
  other.close
  client.query('UPDATE digits SET d = d WHERE d = 1')
  report('free when the other is gone', client.affected_rows)
  client.close
end

def session_state(client)
  client.query("INSERT IGNORE INTO items (name) VALUES ('kept'), ('fresh')")
  report('warnings', [client.warning_count, rows(client, 'SHOW WARNINGS')])
  client.query("INSERT INTO items (name) VALUES ('id 1'), ('id 2')")
  report('insert id', rows(client, 'SELECT LAST_INSERT_ID() id')[0]['id'] == client.last_id)
  rows(client, 'SELECT SQL_CALC_FOUND_ROWS d FROM digits LIMIT 2')
  report('found rows', rows(client, 'SELECT FOUND_ROWS() n'))
  client.query('SET @a = 5, @b := @a + 1')
  report('user variables', rows(client, 'SELECT @a a, @b b, @c c'))
  client.query('CREATE TEMPORARY TABLE passing SELECT d FROM digits')
  report('temporary table', rows(client, 'SELECT SUM(d) s FROM passing'))
  report('thread id', rows(client, 'SELECT CONNECTION_ID() id')[0]['id'] == client.thread_id)
end

def load_data
  client = connect(local_infile: true)
  Tempfile.create('rows') do |file|
    2000.times { |n| file.write("#{n}\tname #{n} ñ\n") }
    file.flush
    client.query("LOAD DATA LOCAL INFILE '#{file.path}' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id")
  end
  report('LOAD DATA LOCAL', [client.affected_rows, client.query_info])
  row = rows(client, 'SELECT COUNT(*) n, MAX(name) name, MAX(server) server FROM loaded FOR UPDATE')[0]
  report_write('loaded', [row['n'], row['name']], row['server'])
  client.close
end

def new_connections
  in_sync
  threads = (0...6).map do |turn|
    Thread.new do
      client = connect(reconnect: true)
      [turn, rows(client, 'SELECT COUNT(*) n, @@server_id here FROM digits')[0]]
    end
  end
  threads.map(&:value).each { |turn, row| report_read("new connection #{turn}", row['n'], row['here']) }
end

client = connect
make_tables(client)
connection_options
transactions(client)
prepared_statements(client)
results(client)
errors
load_data
new_connections
session_state(client)
client.close
report('end', true)
