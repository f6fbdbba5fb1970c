-- Lock wait timeout
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
BEGIN
UPDATE t SET a = 10 WHERE id = 1
2> SET innodb_lock_wait_timeout = 1
2> BEGIN
2> UPDATE t SET a = 20 WHERE id = 2
2> UPDATE t SET a = 20 WHERE id = 1
2> SELECT a FROM t ORDER BY id
2> COMMIT
COMMIT
SELECT a FROM t ORDER BY id
