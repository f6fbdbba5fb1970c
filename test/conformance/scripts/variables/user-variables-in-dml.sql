-- User variables in INSERT and UPDATE
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET @n = 0
UPDATE t SET a = (@n := @n + 1) ORDER BY id DESC
SELECT id, a, @n FROM t ORDER BY id
INSERT INTO t (a) VALUES (@n), (@n + 1)
SELECT MAX(a) INTO @max FROM t
SELECT @max
DELETE FROM t WHERE a = @max
SELECT COUNT(*), @max FROM t
