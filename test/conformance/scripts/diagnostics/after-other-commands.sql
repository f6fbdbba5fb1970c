-- They survive commands that clear nothing
SELECT CAST('a' AS SIGNED)
COM_PING
SHOW WARNINGS
SELECT @@version > ''
SHOW WARNINGS
SELECT CAST('a' AS SIGNED)
USE conformance
SHOW WARNINGS
