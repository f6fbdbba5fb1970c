-- The schema of a session is dropped by another one while its connections are shared
CREATE DATABASE conformance2
2> USE conformance2
2> CREATE TABLE t (a INT)
3> USE conformance2
DROP DATABASE conformance2
3> SELECT 1
1> SELECT 'x'
2> SELECT 1, @@group_concat_max_len > 0
1> SELECT 'y'
2> SET group_concat_max_len = 77
3> SELECT 2
2> SELECT @@group_concat_max_len
1> SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'conformance2'
2> USE conformance
3> SELECT 3
2> SELECT DATABASE(), @@group_concat_max_len
3> COM_INIT_DB conformance
2> SELECT 4
3> SELECT DATABASE()
