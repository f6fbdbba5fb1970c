-- Schemas in character sets of four and two bytes, where MariaDB reports what has changed behind zeros
CREATE DATABASE conformance2 CHARACTER SET utf32 COLLATE utf32_swedish_ci
USE conformance2
SELECT DATABASE(), @@collation_database
CREATE TABLE t (a CHAR(2))
INSERT INTO t VALUES ('x')
SHOW CREATE TABLE t
SELECT a, HEX(a) FROM t
SET sql_mode = 'ANSI_QUOTES'
SELECT "a" FROM t
SET sql_mode = DEFAULT
SELECT "a" FROM t
SET @@div_precision_increment = 7
SELECT 1 / 3, DATABASE()
2> USE conformance2
2> SELECT DATABASE()
2> SET group_concat_max_len = 4
2> SELECT GROUP_CONCAT(a, a, a, a, a) FROM t
2> USE conformance
2> SELECT DATABASE(), @@group_concat_max_len
SET @charset = 'utf16'
SET character_set_server = @charset
ALTER DATABASE conformance2 CHARACTER SET utf16
USE conformance
SELECT DATABASE(), @@character_set_server
3> USE conformance2
3> SELECT DATABASE(), @@collation_database
3> SET SESSION sql_mode = 'PIPES_AS_CONCAT'
3> SELECT 'a' || 'b'
3> DROP DATABASE conformance2
3> SELECT DATABASE()
3> USE conformance
3> SELECT DATABASE()
SELECT DATABASE(), @@div_precision_increment
