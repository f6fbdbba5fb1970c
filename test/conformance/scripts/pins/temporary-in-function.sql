-- A temporary table that a function has made, in a statement that failed
COM_CHANGE_USER root conformance
CREATE FUNCTION making() RETURNS INT DETERMINISTIC BEGIN CREATE TEMPORARY TABLE made (a INT); INSERT INTO made VALUES (1), (2); RETURN 1; END
CREATE TEMPORARY TABLE made AS SELECT making()
SELECT a FROM made
SELECT COUNT(*) FROM made
2> COM_CHANGE_USER root conformance
2> SELECT COUNT(*) FROM made
SELECT COUNT(*) FROM made
