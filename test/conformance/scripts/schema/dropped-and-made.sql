-- The own schema is dropped and made again
CREATE DATABASE conformance_two
USE conformance_two
CREATE TABLE t (a INT)
2> SELECT DATABASE()
DROP DATABASE conformance_two
2> SELECT DATABASE()
SELECT DATABASE()
2> SELECT 1
CREATE DATABASE conformance_two
SELECT DATABASE()
CREATE TABLE t (a INT)
2> SELECT DATABASE()
USE conformance_two
SELECT DATABASE()
SHOW TABLES
USE conformance
DROP DATABASE conformance_two
SELECT DATABASE()
