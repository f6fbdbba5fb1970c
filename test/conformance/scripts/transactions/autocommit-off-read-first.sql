-- autocommit = 0 with a read first: its snapshot stays
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET autocommit = 0
SELECT COUNT(*) FROM t
2> DELETE FROM t
SELECT COUNT(*) FROM t
COMMIT
SELECT COUNT(*) FROM t
SET autocommit = 1
