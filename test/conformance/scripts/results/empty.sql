-- Empty results and odd columns
SELECT NULL
SELECT ''
SELECT 1 WHERE FALSE
SELECT 1 AS a, 2 AS a
SELECT NULL AS `NULL`, 'x' AS `very long column name that goes on and on and on for a while`
SHOW TABLES LIKE 'none'
SELECT * FROM (SELECT 1 AS x) AS y WHERE x = 2
DO 1
VALUES ROW(1, 2), ROW(3, 4)
