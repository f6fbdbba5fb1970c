-- profiling and its rows
SET profiling = 1
SELECT 1
SELECT @@profiling
SET profiling = 0
2> SELECT @@profiling
