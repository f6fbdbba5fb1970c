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
