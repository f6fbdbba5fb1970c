-- Variables that a session may set to NULL, which servers report as an empty text
COM_CHANGE_USER root conformance
CREATE TABLE t (a INT)
SET enforce_storage_engine = NULL
SELECT COUNT(*) FROM t
2> SELECT 1
INSERT INTO t VALUES (1)
SELECT COUNT(*) FROM t
2> SELECT COUNT(*) FROM t
INSERT INTO t VALUES (2)
SET default_tmp_storage_engine = NULL
SELECT COUNT(*) FROM t
2> SELECT 1
INSERT INTO t VALUES (1)
SELECT COUNT(*) FROM t
2> SELECT COUNT(*) FROM t
INSERT INTO t VALUES (2)
SET innodb_tmpdir = NULL
SELECT COUNT(*) FROM t
2> SELECT 1
INSERT INTO t VALUES (1)
SELECT COUNT(*) FROM t
2> SELECT COUNT(*) FROM t
INSERT INTO t VALUES (2)
SET innodb_ft_user_stopword_table = NULL
SELECT COUNT(*) FROM t
2> SELECT 1
INSERT INTO t VALUES (1)
SELECT COUNT(*) FROM t
2> SELECT COUNT(*) FROM t
INSERT INTO t VALUES (2)
SET @a = 1
SELECT COUNT(*) FROM t
SELECT @@innodb_tmpdir, @@innodb_ft_user_stopword_table
