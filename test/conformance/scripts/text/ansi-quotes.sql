-- ANSI_QUOTES
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET sql_mode = 'ANSI_QUOTES'
SELECT "a" FROM "t" WHERE "id" = 1
SELECT "nope" FROM t
2> SELECT "a" FROM t WHERE id = 1
UPDATE "t" SET "b" = 'x"y' WHERE "id" = 1
SELECT "b" FROM t WHERE id = 1
SET sql_mode = DEFAULT
SELECT "a" FROM t WHERE id = 1
