-- ONLY_FULL_GROUP_BY
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two'), (3, 'three')
SET sql_mode = 'ONLY_FULL_GROUP_BY'
SELECT b, COUNT(*) FROM t GROUP BY a
SET sql_mode = ''
SELECT COUNT(*) FROM t GROUP BY a
SET sql_mode = DEFAULT
SELECT @@sql_mode = @@global.sql_mode
