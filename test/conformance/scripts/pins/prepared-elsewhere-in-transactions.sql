-- Reads that were prepared in another schema keep no connection behind the transaction
COM_CHANGE_USER root conformance
CREATE TABLE t (id INT PRIMARY KEY)
INSERT INTO t VALUES (1), (2)
CREATE DATABASE conformance2
2> COM_CHANGE_USER root conformance
3> COM_CHANGE_USER root conformance
4> COM_CHANGE_USER root conformance
COM_STMT_PREPARE s SELECT id FROM t WHERE id > ?
COM_INIT_DB conformance2
BEGIN
COM_STMT_EXECUTE s [0]
SELECT DATABASE()
COMMIT
SET autocommit = 0
COM_STMT_EXECUTE s [1]
COMMIT
SET autocommit = 1
2> COM_STMT_PREPARE s SELECT id FROM t WHERE id > ?
2> COM_INIT_DB conformance2
2> BEGIN
2> COM_STMT_EXECUTE s [0]
2> SELECT DATABASE()
2> COMMIT
2> SET autocommit = 0
2> COM_STMT_EXECUTE s [1]
2> COMMIT
2> SET autocommit = 1
3> COM_STMT_PREPARE s SELECT id FROM t WHERE id > ?
3> COM_INIT_DB conformance2
3> BEGIN
3> COM_STMT_EXECUTE s [0]
3> SELECT DATABASE()
3> COMMIT
3> SET autocommit = 0
3> COM_STMT_EXECUTE s [1]
3> COMMIT
3> SET autocommit = 1
4> COM_STMT_PREPARE s SELECT id FROM t WHERE id > ?
4> COM_INIT_DB conformance2
4> BEGIN
4> COM_STMT_EXECUTE s [0]
4> SELECT DATABASE()
4> COMMIT
4> SET autocommit = 0
4> COM_STMT_EXECUTE s [1]
4> COMMIT
4> SET autocommit = 1
SELECT 1
DROP DATABASE conformance2
