-- DATABASE() after the schema was dropped
CREATE DATABASE conformance_two
USE conformance_two
CREATE TABLE x (a INT)
DROP DATABASE conformance_two
SELECT DATABASE()
SELECT * FROM x
CREATE TABLE y (a INT)
USE conformance
SELECT DATABASE()
