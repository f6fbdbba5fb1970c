-- SET last_insert_id, @@identity and insert_id
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)
SET last_insert_id = 77
SELECT LAST_INSERT_ID()
SET @@identity = 78
SELECT LAST_INSERT_ID(), @@identity, @@last_insert_id
SET @@session.last_insert_id = 2 + 3, sql_select_limit = 10
SELECT LAST_INSERT_ID()
SET insert_id = 500
INSERT INTO t (a) VALUES (1)
SELECT id FROM t
INSERT INTO t (a) VALUES (2)
SELECT id, LAST_INSERT_ID() FROM t ORDER BY id
