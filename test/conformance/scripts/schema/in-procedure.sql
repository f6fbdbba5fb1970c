-- USE is refused in a procedure; names are those of its schema
CREATE TABLE x (a INT)
CREATE PROCEDURE p() SELECT COUNT(*) FROM x
USE app
CALL conformance.p()
SELECT DATABASE()
CREATE PROCEDURE q() USE app
USE conformance
