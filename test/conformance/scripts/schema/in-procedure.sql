-- USE is refused in a procedure; names are those of its schema
CREATE TABLE x (a INT)
CREATE PROCEDURE p() SELECT COUNT(*) FROM x
USE app
CALL conformance.p()
SELECT 1
CALL app.none()
SELECT DATABASE()
CREATE PROCEDURE q() USE app
USE conformance
CALL p()
CALL conformance.p()
CALL `conformance`.`p`()
