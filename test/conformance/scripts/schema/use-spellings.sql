-- USE in every spelling, and what is refused
CREATE DATABASE `conformance two`
USE `conformance two`
2> SELECT 1
SELECT DATABASE()
USE/* c */conformance
2> SELECT DATABASE()
SELECT DATABASE()
/* before */ USE app
SELECT DATABASE(), SCHEMA()
-- text before
use `conformance`;
SELECT DATABASE()
USE mysql
SELECT DATABASE()
USE nowhere
2> SELECT DATABASE()
SELECT DATABASE()
COM_INIT_DB mysql
COM_INIT_DB nowhere
SELECT DATABASE()
COM_INIT_DB app
2> SELECT DATABASE()
SELECT DATABASE()
USE
USE `unclosed
USE conformance extra
SELECT DATABASE()
DROP DATABASE `conformance two`
