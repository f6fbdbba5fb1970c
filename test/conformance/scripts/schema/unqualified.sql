-- Unqualified names follow the schema
CREATE TABLE here (a INT)
INSERT INTO here VALUES (1)
USE app
SELECT * FROM here
SELECT * FROM conformance.here
2> SELECT * FROM here
USE conformance
SELECT * FROM here
