/** One statement a line; `?` lines with values run as prepared statements. `#` is a comment. */
const TEXT = String.raw`
CREATE TABLE conf (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), amount DECIMAL(10,2), made DATETIME, data BLOB, flag TINYINT(1), ratio DOUBLE)
CREATE TABLE conf (id INT)
INSERT INTO conf (name, amount, made, data, flag, ratio) VALUES ('a', 1.50, '2024-01-02 03:04:05', x'00ff10', 1, 0.5)
INSERT INTO conf (name, amount, made) VALUES ('b', 2.50, '2024-02-03'), ('c', NULL, NULL), ('d', -3.75, '2023-12-31 23:59:59')
SELECT LAST_INSERT_ID()
SELECT ROW_COUNT()
INSERT INTO conf (name) VALUES ('e')
SELECT LAST_INSERT_ID(), ROW_COUNT()
SELECT * FROM conf ORDER BY id
SELECT COUNT(*) FROM conf
SELECT name, amount FROM conf WHERE id = 2
SELECT * FROM conf WHERE id = 999
SELECT * FROM conf WHERE
SELECT * FROM missing
SELECT nothing FROM conf
SELECT 1
SELECT 1, 'two', 3.0, NULL, 4e0, x'05', DATE '2024-01-01', TIME '10:11:12', TRUE
SELECT 'ü', _utf8mb4'日本', _latin1'x'
SELECT NULL
SELECT ''
SELECT REPEAT('x', 300)
SELECT REPEAT('y', 70000)
SELECT -1, 18446744073709551615, 9223372036854775807
SELECT 1/0
SHOW WARNINGS
SELECT CAST('abc' AS SIGNED)
SHOW WARNINGS
SHOW COUNT(*) WARNINGS
SELECT CAST('abc' AS SIGNED), CAST('1x' AS DECIMAL(4,1))
SELECT @@warning_count
UPDATE conf SET amount = amount + 1 WHERE id <= 2
UPDATE conf SET amount = amount WHERE id <= 2
UPDATE conf SET nope = 1
SELECT ROW_COUNT()
DELETE FROM conf WHERE id = 5
DELETE FROM conf WHERE id = 5
SELECT SQL_CALC_FOUND_ROWS id FROM conf ORDER BY id LIMIT 1
SELECT FOUND_ROWS()
REPLACE INTO conf (id, name) VALUES (4, 'D')
INSERT IGNORE INTO conf (id, name) VALUES (1, 'dup')
SHOW WARNINGS
INSERT INTO conf (id, name) VALUES (1, 'dup')
SHOW ERRORS
INSERT INTO conf (id, name) VALUES (1, 'dup') ON DUPLICATE KEY UPDATE name = 'A'
SELECT id, name FROM conf ORDER BY id
BEGIN
INSERT INTO conf (name) VALUES ('in transaction')
SELECT name FROM conf WHERE name = 'in transaction'
SAVEPOINT one
DELETE FROM conf
SELECT COUNT(*) FROM conf
ROLLBACK TO SAVEPOINT one
SELECT COUNT(*) FROM conf
RELEASE SAVEPOINT one
RELEASE SAVEPOINT one
ROLLBACK
SELECT COUNT(*) FROM conf
START TRANSACTION READ ONLY
SELECT COUNT(*) FROM conf
INSERT INTO conf (name) VALUES ('x')
COMMIT
START TRANSACTION WITH CONSISTENT SNAPSHOT
SELECT id FROM conf ORDER BY id LIMIT 2
COMMIT
SET autocommit = 0
SELECT @@autocommit
INSERT INTO conf (name) VALUES ('not committed')
ROLLBACK
SELECT COUNT(*) FROM conf
COMMIT
SET autocommit = 1
SELECT id FROM conf WHERE id = 1 FOR UPDATE
SELECT id FROM conf WHERE id = 1 LOCK IN SHARE MODE
SET @a = 5
SELECT @a, @b
SELECT @a := @a + 1
SELECT @a
SET @a = NULL, @c = 'text'
SELECT @a, @c
SET NAMES utf8mb4
SELECT @@character_set_client, @@collation_connection
SET NAMES latin1
SELECT @@character_set_client, @@collation_connection
SELECT 'x', CHARSET('x'), COLLATION('x')
SET NAMES utf8mb4 COLLATE utf8mb4_bin
SELECT COLLATION('x')
SET NAMES nonsense
SET NAMES utf8mb4
SET CHARACTER SET utf8mb4
SELECT @@character_set_results
SET NAMES utf8mb4
SET sql_mode = 'ANSI_QUOTES'
SELECT "id" FROM conf ORDER BY id LIMIT 1
SET sql_mode = 'STRICT_TRANS_TABLES'
SELECT "id"
SELECT @@sql_mode
SET sql_mode = 'NO_BACKSLASH_ESCAPES'
SELECT 'a\b'
SET sql_mode = DEFAULT
SELECT 'a\nb'
SET sql_mode = 'NONSENSE'
SET time_zone = '+05:30'
SELECT @@time_zone, FROM_UNIXTIME(0)
SET time_zone = '+00:00'
SELECT FROM_UNIXTIME(0)
SET SESSION group_concat_max_len = 8
SELECT GROUP_CONCAT(name ORDER BY id) FROM conf
SET SESSION group_concat_max_len = 1024
SELECT GROUP_CONCAT(name ORDER BY id) FROM conf WHERE id < 4
SET SESSION no_such_variable = 1
SELECT @@no_such_variable
USE sbtest
SELECT DATABASE()
SHOW TABLES
SELECT COUNT(*) FROM app.conf
USE nowhere
SELECT DATABASE()
USE app
SHOW TABLES LIKE 'conf'
CREATE TEMPORARY TABLE temp_conf (a INT)
INSERT INTO temp_conf VALUES (1), (2)
SELECT SUM(a) FROM temp_conf
DROP TEMPORARY TABLE temp_conf
SELECT * FROM temp_conf
LOCK TABLES conf WRITE
SELECT COUNT(*) FROM conf
SELECT * FROM other_table
UNLOCK TABLES
SELECT GET_LOCK('conformance', 1)
SELECT IS_FREE_LOCK('conformance')
SELECT RELEASE_LOCK('conformance')
SELECT RELEASE_LOCK('conformance')
PREPARE p FROM 'SELECT ? + 1'
SET @x = 41
EXECUTE p USING @x
DEALLOCATE PREPARE p
EXECUTE p USING @x
CREATE PROCEDURE conf_two() BEGIN SELECT 1; SELECT 2, 3; END
CALL conf_two()
CREATE PROCEDURE conf_fail() BEGIN SELECT 1; SELECT * FROM missing; END
CALL conf_fail()
CALL missing_procedure()
CREATE FUNCTION conf_double(a INT) RETURNS INT DETERMINISTIC RETURN a * 2
SELECT conf_double(21)
DROP FUNCTION conf_double
DROP PROCEDURE conf_two
DROP PROCEDURE conf_fail
DROP PROCEDURE IF EXISTS conf_fail
SHOW WARNINGS
CREATE VIEW conf_view AS SELECT id, name FROM conf
SELECT * FROM conf_view ORDER BY id LIMIT 2
DROP VIEW conf_view
(SELECT 1) UNION (SELECT 2) ORDER BY 1
WITH c AS (SELECT 1 AS one) SELECT one FROM c
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n
SELECT /* comment */ 1 -- rest
SELECT 1 # rest
/* weir:writer */ SELECT 1
SELECT /*!40000 7 */ AS seven
SELECT 1;
;
-- nothing
DESCRIBE conf
SHOW COLUMNS FROM conf
SHOW INDEX FROM conf WHERE Key_name = 'none'
SHOW CREATE TABLE conf
SHOW DATABASES LIKE 'app'
SHOW VARIABLES LIKE 'sql_mode'
EXPLAIN SELECT * FROM conf WHERE id = 1
DO 1
DO SLEEP(0)
ANALYZE TABLE conf
CHECK TABLE conf
TRUNCATE TABLE conf
SELECT COUNT(*) FROM conf
INSERT INTO conf (id, name) VALUES (4000000000, 'too large')
INSERT INTO conf (id, name) VALUES (-1, 'negative')
ALTER TABLE conf ADD COLUMN extra INT DEFAULT 7
SELECT id, name, extra FROM conf
INSERT INTO conf (id, name, extra) SELECT 10, 'selected', 8
ALTER TABLE conf DROP COLUMN nonsense
CREATE INDEX conf_name ON conf (name)
DROP INDEX conf_name ON conf
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'own text'
KILL 4294967000
SELECT SLEEP(0.01)
SELECT 1 FROM DUAL WHERE FALSE
INSERT INTO conf VALUES (1)
GRANT NONSENSE
DROP TABLE IF EXISTS no_such_table
DROP TABLE no_such_table
RENAME TABLE conf TO conf2
SELECT COUNT(*) FROM conf2
DROP TABLE conf2
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED
SELECT 2
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
SELECT 3
`;

export const textScript: readonly string[] = TEXT.split('\n').filter((line) => line !== '');

/** Prepared statements and what they are executed with, each in turn. */
export const preparedScript: readonly { readonly sql: string; readonly runs: readonly (readonly (number | string | null)[])[] }[] = [
  {
    sql: 'CREATE TABLE conf_prepared (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), amount BIGINT, ratio DOUBLE, made DATETIME(3))',
    runs: [[], []],
  },
  {
    sql: 'INSERT INTO conf_prepared (name, amount, ratio) VALUES (?, ?, 1.5)',
    runs: [
      ['a', 1],
      ['b', null],
      [null, -7],
      ['ü', 3],
    ],
  },
  { sql: 'SELECT LAST_INSERT_ID()', runs: [[]] },
  { sql: 'SELECT * FROM conf_prepared ORDER BY id', runs: [[], []] },
  { sql: 'SELECT * FROM conf_prepared WHERE id = ?', runs: [[1], [2], [99], ['3'], [null]] },
  {
    sql: 'SELECT ?, ?',
    runs: [
      [1, 'x'],
      ['y', 2],
      [null, null],
    ],
  },
  { sql: 'SELECT ? + 1 AS sum', runs: [[1], ['2']] },
  {
    sql: 'UPDATE conf_prepared SET amount = amount + ? WHERE id = ?',
    runs: [
      [5, 1],
      [0, 1],
      [5, 99],
    ],
  },
  { sql: 'SELECT amount FROM conf_prepared WHERE id = ? FOR UPDATE', runs: [[1]] },
  { sql: 'INSERT INTO conf_prepared (id) VALUES (?)', runs: [[1], [50]] },
  { sql: 'SELECT * FROM missing WHERE id = ?', runs: [[1]] },
  { sql: 'SELECT FROM', runs: [[]] },
  { sql: 'SET @p = ?', runs: [[7]] },
  { sql: 'SELECT @p', runs: [[]] },
  { sql: "SELECT 1, 'two', 3.25, NULL, DATE '2024-01-02', TIME '03:04:05', TIMESTAMP '2024-01-02 03:04:05.678'", runs: [[]] },
  { sql: "SELECT CAST('abc' AS SIGNED)", runs: [[]] },
  { sql: 'SHOW WARNINGS', runs: [[]] },
  { sql: 'SHOW TABLES LIKE ?', runs: [['conf%']] },
  { sql: "SHOW TABLES LIKE 'conf%'", runs: [[]] },
  { sql: 'BEGIN', runs: [[]] },
  { sql: 'DELETE FROM conf_prepared WHERE id = ?', runs: [[2], [2]] },
  { sql: 'SELECT COUNT(*) FROM conf_prepared', runs: [[]] },
  { sql: 'ROLLBACK', runs: [[]] },
  { sql: 'SELECT COUNT(*) FROM conf_prepared', runs: [[]] },
  { sql: 'DO ?', runs: [[1]] },
  { sql: 'SET sql_mode = ?', runs: [['ANSI_QUOTES'], ['']] },
  { sql: 'SET NAMES latin1', runs: [[]] },
  { sql: "SELECT 'x', @@character_set_client", runs: [[]] },
  { sql: 'SET NAMES utf8mb4', runs: [[]] },
  { sql: 'DROP TABLE conf_prepared', runs: [[]] },
];
