-- schemas whose names are not ASCII, in the character sets of several sessions
COM_CHANGE_USER root conformance
2> COM_CHANGE_USER root conformance
3> COM_CHANGE_USER root conformance
SET NAMES cp1251
CREATE DATABASE `conformanceж`
USE `conformanceж`
SELECT DATABASE(), HEX(DATABASE())
CREATE TABLE t (a INT)
SHOW TABLES
INSERT INTO t VALUES (1)
2> SELECT DATABASE(), @@character_set_client
SELECT a FROM t
SET NAMES utf8mb4
SELECT DATABASE(), HEX(DATABASE())
SELECT a FROM t
SET character_set_client = latin1
SELECT COUNT(*) FROM t
2> SET NAMES gbk
2> SELECT DATABASE()
SELECT HEX(DATABASE()), @@character_set_client, @@character_set_results, @@collation_connection
SET CHARACTER SET latin1
SELECT COUNT(*) FROM t
USE app
SELECT DATABASE()
SET NAMES cp1251
COM_INIT_DB conformanceж
SELECT HEX(DATABASE())
SELECT a FROM t
3> SELECT DATABASE(), @@character_set_client
DROP DATABASE `conformanceж`
SELECT DATABASE()
