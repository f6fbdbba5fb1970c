-- Traces and profiles of statements that fail in a function
COM_CHANGE_USER root conformance
CREATE TABLE t (a INT)
INSERT INTO t VALUES (1), (2)
CREATE FUNCTION f(x INT) RETURNS INT READS SQL DATA RETURN (SELECT a FROM t)
SET optimizer_trace = 'enabled=on'
SELECT f(1)
SELECT QUERY, TRACE LIKE '%"steps"%' FROM information_schema.OPTIMIZER_TRACE
UPDATE t SET a = f(2)
SELECT QUERY FROM information_schema.OPTIMIZER_TRACE
SET optimizer_trace = 'enabled=off', profiling = 1
SELECT f(3)
SELECT COUNT(*) FROM t
SELECT QUERY_ID, SEQ FROM information_schema.PROFILING WHERE SEQ = 2
DROP FUNCTION f
