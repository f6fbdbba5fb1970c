-- Everything at once, in two sessions
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET NAMES latin1, sql_mode = 'ANSI_QUOTES', time_zone = '+04:00', @v = 'one'
2> SET NAMES utf8mb4 COLLATE utf8mb4_bin, sql_mode = '', time_zone = '-04:00', @v = 'two'
SELECT "a", @v, FROM_UNIXTIME(0), @@character_set_client FROM t WHERE id = 1
2> SELECT "a", @v, FROM_UNIXTIME(0), @@collation_connection FROM t WHERE id = 1
USE app
2> SELECT DATABASE(), @@sql_mode
SELECT DATABASE(), @@sql_mode, @v
2> SELECT COUNT(*) FROM t
SELECT COUNT(*) FROM conformance.t
