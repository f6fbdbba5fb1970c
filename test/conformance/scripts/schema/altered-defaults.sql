-- The character set of a schema that sessions have chosen before it was changed
CREATE DATABASE conformance2 CHARACTER SET latin1
USE conformance2
2> USE conformance2
3> USE conformance2
CREATE TABLE t (a INT)
2> INSERT INTO t VALUES (1)
3> INSERT INTO t VALUES (2)
SELECT COUNT(*) FROM t
2> SELECT COUNT(*) FROM t
3> SELECT COUNT(*) FROM t
SELECT @@character_set_database, @@collation_database
2> SELECT @@collation_database
ALTER DATABASE conformance2 CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
SELECT @@character_set_database, @@collation_database
SHOW VARIABLES LIKE 'collation_database'
2> USE conformance
2> USE conformance2
3> USE conformance
3> USE conformance2
2> SELECT @@character_set_database, @@session.collation_database
3> SELECT @@character_set_database, @@collation_database
2> SHOW VARIABLES LIKE '%_database'
3> SHOW VARIABLES LIKE 'collation_database'
2> SELECT @@collation_database, DATABASE()
3> BEGIN
3> SELECT @@collation_database
2> ALTER DATABASE conformance2 COLLATE utf8mb4_unicode_ci
2> SELECT @@collation_database
3> COMMIT
3> USE conformance
3> USE conformance2
USE conformance
USE conformance2
SELECT @@collation_database
3> SELECT @@collation_database
SELECT @@collation_database
2> USE conformance
3> USE conformance
DROP DATABASE conformance2
SELECT @@collation_database = 'utf8mb4_unicode_ci', DATABASE()
