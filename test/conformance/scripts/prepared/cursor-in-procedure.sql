-- Results that a procedure shows while it has a cursor of its own open, which servers tell of as of a cursor of the client
COM_CHANGE_USER root conformance
CREATE TABLE t (a INT)
INSERT INTO t VALUES (1), (2)
CREATE PROCEDURE p() BEGIN DECLARE v INT; DECLARE c CURSOR FOR SELECT a FROM t; OPEN c; FETCH c INTO v; SELECT v, a FROM t; FETCH c INTO v; SELECT v; CLOSE c; SELECT 'end'; END
CALL p()
SELECT 1
CALL p()
2> CALL p()
2> SELECT 2
