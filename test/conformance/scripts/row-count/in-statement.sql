-- ROW_COUNT() and FOUND_ROWS() as part of other statements
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
UPDATE t SET a = a + 1
INSERT INTO t (a) VALUES (ROW_COUNT())
SELECT a FROM t ORDER BY id
SELECT id FROM t
SET @n = FOUND_ROWS()
SELECT @n
UPDATE t SET b = 'x' WHERE id <= 2
SELECT ROW_COUNT() AS r, FOUND_ROWS() AS f
