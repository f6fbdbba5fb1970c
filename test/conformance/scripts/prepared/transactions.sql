-- Transactions by prepared statements
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
START TRANSACTION <- [[]]
INSERT INTO t (a) VALUES (?) <- [[1], [2]]
SELECT COUNT(*) FROM t <- [[]]
ROLLBACK <- [[]]
SELECT COUNT(*) FROM t <- [[]]
SET autocommit = ? <- [[0]]
INSERT INTO t (a) VALUES (?) <- [[3]]
2> SELECT COUNT(*) FROM t
COMMIT
SET autocommit = 1
