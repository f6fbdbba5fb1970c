-- The trace of the last statement, with optimizer_trace
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))
INSERT INTO t (a, b) VALUES (1, 'one'), (2, 'two')
SET optimizer_trace = 'enabled=on'
SELECT COUNT(*) FROM t WHERE a = 2
SELECT QUERY, TRACE <> '' FROM information_schema.OPTIMIZER_TRACE
SELECT b FROM t WHERE a = 1
SELECT COUNT(*) FROM information_schema.OPTIMIZER_TRACE
SET optimizer_trace = 'enabled=off'
SELECT QUERY FROM information_schema.OPTIMIZER_TRACE
