-- DATABASE() after the schema was dropped
CREATE DATABASE conformance2
USE conformance2
CREATE TABLE x (a INT)
DROP DATABASE conformance2
SELECT DATABASE()
SELECT * FROM x
CREATE TABLE y (a INT)
USE conformance
SELECT DATABASE()
