-- sql_big_selects, max_join_size
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET max_join_size = 2, sql_big_selects = 0
SELECT COUNT(*) FROM t x, t y, t z
2> SELECT COUNT(*) FROM t x, t y, t z
SET sql_big_selects = 1
SELECT COUNT(*) FROM t x, t y, t z
SET max_join_size = DEFAULT
SELECT @@sql_big_selects
SET sql_big_selects = 1, max_join_size = 5
SELECT @@sql_big_selects, @@max_join_size
SET max_join_size = 4, sql_big_selects = 1
2> SELECT @@sql_big_selects, @@max_join_size
SELECT @@sql_big_selects, @@max_join_size
SET max_join_size = 4
SELECT @@sql_big_selects, @@max_join_size
SELECT COUNT(*) FROM t x, t y, t z
SET @@max_join_size = 3, sql_big_selects = 1
SELECT @@sql_big_selects, @@max_join_size
SET @@sql_big_selects = 0, @@max_join_size = DEFAULT
SELECT @@sql_big_selects, @@max_join_size
SET sql_big_selects = 0
2> SET max_join_size = 7
SELECT @@sql_big_selects, @@max_join_size
2> SELECT @@sql_big_selects, @@max_join_size
2> SET sql_big_selects = DEFAULT
2> SELECT @@sql_big_selects, @@max_join_size
COM_RESET_CONNECTION
SELECT @@sql_big_selects, @@max_join_size
