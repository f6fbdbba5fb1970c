-- The schema of a session is dropped by another one, and made again
COM_CHANGE_USER root conformance
2> COM_CHANGE_USER root conformance
3> COM_CHANGE_USER root conformance
CREATE DATABASE conformance2
2> USE conformance2
2> CREATE TABLE t (a INT)
3> USE conformance2
DROP DATABASE conformance2
2> SELECT DATABASE()
3> SELECT DATABASE(), SCHEMA() AS s, 2
2> SELECT 1
2> SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
2> USE conformance2
3> COM_INIT_DB conformance2
3> SELECT CONCAT('in ', DATABASE()), LENGTH(SCHEMA())
2> SET group_concat_max_len = 77
2> SELECT DATABASE(), @@group_concat_max_len
CREATE DATABASE conformance2
2> SHOW TABLES
2> CREATE TABLE t (a INT)
3> INSERT INTO t VALUES (7)
3> SELECT a, DATABASE(), @@group_concat_max_len FROM t
2> SELECT a, DATABASE(), @@group_concat_max_len FROM t
DROP DATABASE conformance2
3> SELECT DATABASE()
3> USE conformance
3> SELECT DATABASE()
2> SELECT DATABASE()
2> COM_INIT_DB conformance
2> SELECT DATABASE()
