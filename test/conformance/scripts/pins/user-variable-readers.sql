-- Reads that name no user variable while some are set
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET @keep = 'kept'
SELECT COUNT(*) FROM t
2> SELECT @keep
SELECT @keep
SELECT a FROM t WHERE id = 1
SELECT @keep
