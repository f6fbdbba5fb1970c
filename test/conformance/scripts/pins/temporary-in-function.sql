-- A temporary table that a function has made, in a statement that failed
CREATE FUNCTION making() RETURNS INT DETERMINISTIC BEGIN CREATE TEMPORARY TABLE made (a INT); INSERT INTO made VALUES (1), (2); RETURN 1; END
CREATE TEMPORARY TABLE made AS SELECT making()
SELECT a FROM made
SELECT COUNT(*) FROM made
2> SELECT COUNT(*) FROM made
SELECT COUNT(*) FROM made
