-- With an increment of its own
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
SET SESSION auto_increment_increment = 10, SESSION auto_increment_offset = 5
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SELECT id FROM t ORDER BY id
SELECT LAST_INSERT_ID(), @@auto_increment_increment
SET auto_increment_increment = DEFAULT, auto_increment_offset = DEFAULT
INSERT INTO t (a) VALUES (4)
SELECT LAST_INSERT_ID()
