-- The first id of several rows
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SELECT LAST_INSERT_ID(), @@identity
INSERT INTO t (a) SELECT a FROM t
SELECT LAST_INSERT_ID()
SELECT COUNT(*) FROM t
