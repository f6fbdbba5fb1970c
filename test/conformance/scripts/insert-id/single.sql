-- LAST_INSERT_ID() after one row, in each spelling
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a) VALUES (1)
SELECT LAST_INSERT_ID()
SELECT last_insert_id ( )
SELECT @@last_insert_id
SELECT @@identity
SELECT @@session.last_insert_id, @@SESSION.identity
SELECT a FROM t WHERE id = LAST_INSERT_ID()
