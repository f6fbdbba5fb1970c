-- Counters of the session, from FLUSH STATUS on
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)
INSERT INTO t (a) VALUES (1), (2), (3)
FLUSH STATUS
SELECT COUNT(*) FROM t WHERE a > 1
SELECT a FROM t WHERE id = 2
SHOW STATUS LIKE 'Handler_read_key'
SHOW STATUS LIKE 'Handler_read_rnd_next'
