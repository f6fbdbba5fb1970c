-- Tables change between two executions of a statement
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SELECT * FROM t WHERE id = ? <- [[1], [2]]
ALTER TABLE t ADD COLUMN c INT DEFAULT 7
SELECT * FROM t WHERE id = ? <- [[1], [1]]
ALTER TABLE t DROP COLUMN b
SELECT * FROM t WHERE id = ? <- [[1], [2]]
2> SELECT * FROM t WHERE id = ? <- [[1], [2]]
RENAME TABLE t TO u
SELECT * FROM t WHERE id = ? <- [[1]]
CREATE VIEW t AS SELECT a FROM u
SELECT * FROM t WHERE a = ? <- [[1]]
DROP VIEW t
DROP TABLE u
SELECT * FROM t WHERE id = ? <- [[1]]
