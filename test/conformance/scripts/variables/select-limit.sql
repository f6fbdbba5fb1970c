-- sql_select_limit changes results
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET sql_select_limit = 2
SELECT id FROM t ORDER BY id
SELECT id FROM t ORDER BY id LIMIT 3
2> SELECT id FROM t ORDER BY id
SET sql_select_limit = 18446744073709551615
SELECT id FROM t ORDER BY id
