-- Another session drops the schema of one that keeps its connection, which is to be chosen anew for what counts with it
CREATE DATABASE conformance2
2> USE conformance2
2> SET @a = 1
2> CREATE TEMPORARY TABLE conformance.tmp (a INT)
2> SHOW VARIABLES LIKE 'collation_database'
DROP DATABASE conformance2
2> SHOW VARIABLES LIKE 'div_precision_increment'
2> CREATE TABLE conformance.other (a INT)
2> SELECT @a
2> SELECT * FROM conformance.tmp
2> CREATE TABLE here (a INT)
2> SELECT @a
2> USE conformance
2> SELECT DATABASE(), @a
