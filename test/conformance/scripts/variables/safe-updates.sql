-- sql_safe_updates
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET sql_safe_updates = 1
UPDATE t SET a = 0
2> UPDATE t SET a = 5
DELETE FROM t WHERE a = 5
UPDATE t SET a = 6 WHERE id = 1
SET sql_safe_updates = 0
UPDATE t SET a = 0
