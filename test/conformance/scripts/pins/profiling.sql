-- profiling and its rows, whose times differ
SET profiling = 1
SELECT 1
SELECT @@profiling
SELECT COUNT(*) > 2 FROM information_schema.PROFILING
SET profiling = 0
2> SELECT @@profiling
SELECT COUNT(*) > 2 FROM information_schema.PROFILING
