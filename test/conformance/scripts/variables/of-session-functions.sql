-- Functions whose value is the session's: seeds, the time zone, names of days
CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL)
INSERT INTO t VALUES (1, FROM_UNIXTIME(1000000000)), (2, FROM_UNIXTIME(0 + 86400))
SELECT id, RAND(3), RAND(id) FROM t ORDER BY id
SET time_zone = '+09:00', lc_time_names = 'de_DE'
2> SET time_zone = '-05:00'
SELECT id, at, HOUR(at), DAYNAME(at), DATE_FORMAT(at, '%W %M') FROM t ORDER BY id
2> SELECT id, at FROM t ORDER BY id
SELECT UNIX_TIMESTAMP('2001-09-09 10:46:40'), CONVERT_TZ('2001-09-09 10:46:40', @@time_zone, '+00:00')
SELECT @@session.time_zone, @@lc_time_names, TIMEDIFF(NOW(), UTC_TIMESTAMP())
SELECT @@autocommit, @@session.autocommit, @@tx_isolation IS NULL
SELECT @@autocommit, @@session.autocommit, @@transaction_isolation IS NULL
SET autocommit = 0
SELECT @@autocommit, @@SESSION.autocommit, @@local.autocommit
COMMIT
SET autocommit = 1
SELECT @@pseudo_thread_id = CONNECTION_ID(), @@session.pseudo_thread_id = $ID AS own
COM_RESET_CONNECTION
SELECT id, at FROM t ORDER BY id
