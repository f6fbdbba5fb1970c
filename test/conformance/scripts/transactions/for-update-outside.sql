-- Locking reads outside of transactions
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SELECT a FROM t WHERE id = 1 FOR UPDATE
SELECT a FROM t WHERE id = 1 LOCK IN SHARE MODE
SELECT a FROM t WHERE id = 1 FOR SHARE
2> UPDATE t SET a = 5 WHERE id = 1
SELECT a FROM t WHERE id = 1
